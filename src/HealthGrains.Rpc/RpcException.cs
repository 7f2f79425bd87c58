using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace HealthGrains.Rpc;

/// <summary>The end of a call with a status other than OK.</summary>
/// <remarks>A handler throws it to answer; the client throws it with what the server answered. Its text reaches the
/// caller, so it holds no exception text, no SQL and nothing of a patient.</remarks>
public sealed class RpcException : Exception
{
    private readonly IReadOnlyList<Any> _received = [];

    /// <param name="code">Not <see cref="RpcStatusCode.Ok"/>.</param>
    /// <param name="message">For developers, in English; cut at <see cref="Limits.StatusMessageBytesMax"/> bytes.</param>
    /// <param name="details">Sent in "grpc-status-details-bin" as google.rpc.Status, in this order.</param>
    public RpcException(RpcStatusCode code, string message, params IReadOnlyList<IMessage> details)
        : base(message)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((int)code, (int)RpcStatusCode.Ok);
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(details);
        Code = code;
        Details = details;
    }

    internal RpcException(RpcStatusCode code, string message, IReadOnlyList<Any> received, Exception? inner)
        : base(message, inner)
    {
        Code = code;
        _received = received;
        Details = received.Select(Unpack).OfType<IMessage>().ToArray();
    }

    public RpcStatusCode Code { get; }

    /// <summary>The sentence that travels in "grpc-message".</summary>
    public string Detail => Message;

    /// <summary>Typed details. On the client: those of google.rpc; any other type is found by <see cref="FindDetail"/>.</summary>
    public IReadOnlyList<IMessage> Details { get; }

    /// <summary>The trailers that came with the status; empty where the exception was made by a handler.</summary>
    public RpcMetadata Trailers { get; init; } = new();

    /// <summary>The first detail of this type, or null.</summary>
    public T? FindDetail<T>()
        where T : class, IMessage<T>, new()
    {
        if (Details.OfType<T>().FirstOrDefault() is { } known)
            return known;
        foreach (Any any in _received)
        {
            if (any.TryUnpack(out T unpacked))
                return unpacked;
        }
        return null;
    }

    /// <summary>How the exception reads in a log: the code and the sentence.</summary>
    public override string ToString() => $"{Code}: {base.ToString()}";

    // A detail that cannot be parsed is kept out instead of hiding the status that it came with.
    private static IMessage? Unpack(Any any)
    {
        MessageDescriptor? descriptor = Google.Rpc.ErrorDetailsReflection.Descriptor.MessageTypes
            .FirstOrDefault(type => type.FullName == Any.GetTypeName(any.TypeUrl));
        try
        {
            return descriptor?.Parser.ParseFrom(any.Value);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
