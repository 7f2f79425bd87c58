using HealthGrains.Rpc.Envelope;

namespace HealthGrains.Rpc;

/// <summary>What a server answers, and within which limits.</summary>
public sealed class RpcServerOptions
{
    /// <summary>The services; health and reflection are added by the server.</summary>
    public IList<RpcService> Services { get; } = [];

    /// <summary>Runs before the handler and before the body is read; puts who calls into <see cref="RpcCall.Caller"/>, or
    /// throws <see cref="RpcException"/>. Not asked for methods that are anonymous, as health and reflection are.</summary>
    public Func<RpcCall, CancellationToken, ValueTask>? Authenticate { get; set; }

    /// <summary>Turns an exception of a handler into a status; null means that it does not know it. What nobody knows is
    /// logged and answered with INTERNAL, without any of its text.</summary>
    public Func<Exception, RpcException?>? MapException { get; set; }

    /// <summary>What the health service says.</summary>
    public RpcHealth Health { get; } = new();

    /// <summary>Whether server reflection is answered; UNIMPLEMENTED otherwise.</summary>
    public bool Reflection { get; set; } = true;

    /// <summary>Bytes, as received.</summary>
    public int MessageBytesMax { get; set; } = Limits.MessageBytesMax;

    /// <summary>Bytes, inflated.</summary>
    public int InflatedBytesMax { get; set; } = Limits.InflatedBytesMax;

    /// <summary>Bytes of a reply before compression.</summary>
    public int ReplyBytesMax { get; set; } = Limits.ReplyBytesMax;

    /// <summary>Bytes, counted as in <see cref="Limits.MetadataBytesMax"/>.</summary>
    public int MetadataBytesMax { get; set; } = Limits.MetadataBytesMax;

    /// <summary>Deadline of unary calls without one.</summary>
    public TimeSpan UnaryDeadlineDefault { get; set; } = Limits.UnaryDeadlineDefault;

    /// <summary>Longest deadline of unary calls.</summary>
    public TimeSpan UnaryDeadlineMax { get; set; } = Limits.UnaryDeadlineMax;

    /// <summary>See <see cref="RpcMethodOptions.ReplyNotTakenTimeout"/>.</summary>
    public TimeSpan ReplyNotTakenTimeout { get; set; } = Limits.ReplyNotTakenTimeout;

    /// <summary>How long a status may wait to be taken once its call was stopped; then the stream is reset.</summary>
    public TimeSpan StatusNotTakenTimeout { get; set; } = Limits.StatusNotTakenTimeout;

    /// <summary>How long streams may go on once the server stops. Keep the host's own shutdown timeout above it.</summary>
    public TimeSpan DrainTimeout { get; set; } = Limits.DrainTimeout;

    /// <summary>Whether replies are compressed for callers that accept gzip.</summary>
    public bool CompressReplies { get; set; } = true;

    /// <summary>Reflection questions a second on one connection.</summary>
    public int ReflectionPerSecond { get; set; } = Limits.ReflectionPerSecond;

    /// <summary>Reflection questions at once on one connection.</summary>
    public int ReflectionBurst { get; set; } = Limits.ReflectionBurst;

    /// <summary>Deadlines and timeouts run on it.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal InflateLimits Inflate => InflateLimits.Default with { BytesMax = InflatedBytesMax };
}
