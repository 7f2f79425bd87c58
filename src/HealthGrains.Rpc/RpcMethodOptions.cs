namespace HealthGrains.Rpc;

/// <summary>What one method does differently. Null leaves the server's default.</summary>
public sealed record RpcMethodOptions
{
    /// <summary>Deadline where the caller names none. Streams have none by default.</summary>
    public TimeSpan? DefaultDeadline { get; init; }

    /// <summary>Longest deadline; a longer one is clipped. Streams have none by default.</summary>
    public TimeSpan? MaximumDeadline { get; init; }

    /// <summary>Longest silence of the caller of a client-streaming or bidirectional method, counted from one message
    /// to the next while the handler waits for it. Then DEADLINE_EXCEEDED.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>Longest time that the caller may take nothing of what is sent. Then UNAVAILABLE with RetryInfo.</summary>
    public TimeSpan? ReplyNotTakenTimeout { get; init; }

    /// <summary>Whether replies are compressed by default (see <see cref="RpcCall.CompressReplies"/>).</summary>
    public bool? CompressReplies { get; init; }

    /// <summary>True for a stream without an end of its own: it ends with UNAVAILABLE and RetryInfo as soon as the server
    /// begins to stop. Others may finish within <see cref="RpcServerOptions.DrainTimeout"/>.</summary>
    public bool EndsOnDrain { get; init; }

    /// <summary>True for methods that anybody may call; health and reflection are.</summary>
    public bool Anonymous { get; init; }

    internal static readonly RpcMethodOptions Default = new();
}
