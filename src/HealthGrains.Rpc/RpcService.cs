using Google.Protobuf;
using Google.Protobuf.Reflection;
using HealthGrains.Rpc.Server;

namespace HealthGrains.Rpc;

/// <summary>One service of a proto file, its methods bound to handlers.</summary>
/// <remarks>Binding checks each name, shape and message type against the descriptor, so that a slip is seen when the server
/// starts and not by its first caller. Methods left unbound answer UNIMPLEMENTED.</remarks>
public sealed class RpcService
{
    private readonly Dictionary<string, RpcMethod> _methods = new(StringComparer.Ordinal);

    public RpcService(ServiceDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        Descriptor = descriptor;
    }

    public ServiceDescriptor Descriptor { get; }

    /// <summary>Full name, "package.Service".</summary>
    public string Name => Descriptor.FullName;

    internal IEnumerable<RpcMethod> Methods => _methods.Values;

    /// <summary>One request, one reply.</summary>
    /// <exception cref="ArgumentException">The descriptor has no such method, or another shape or type for it.</exception>
    public RpcService Unary<TRequest, TReply>(
        string method, Func<TRequest, RpcCall, CancellationToken, Task<TReply>> handler, RpcMethodOptions? options = null)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply> =>
        Bind(new UnaryMethod<TRequest, TReply>(
            Find<TRequest, TReply>(method, false, false), handler, options ?? RpcMethodOptions.Default));

    /// <summary>One request, any number of replies.</summary>
    /// <exception cref="ArgumentException">The descriptor has no such method, or another shape or type for it.</exception>
    public RpcService ServerStreaming<TRequest, TReply>(
        string method,
        Func<TRequest, IRpcReplyStream<TReply>, RpcCall, CancellationToken, Task> handler,
        RpcMethodOptions? options = null)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply> =>
        Bind(new ServerStreamingMethod<TRequest, TReply>(
            Find<TRequest, TReply>(method, false, true), handler, options ?? RpcMethodOptions.Default));

    /// <summary>Any number of requests, one reply.</summary>
    /// <exception cref="ArgumentException">The descriptor has no such method, or another shape or type for it.</exception>
    public RpcService ClientStreaming<TRequest, TReply>(
        string method,
        Func<IRpcRequestStream<TRequest>, RpcCall, CancellationToken, Task<TReply>> handler,
        RpcMethodOptions? options = null)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply> =>
        Bind(new ClientStreamingMethod<TRequest, TReply>(
            Find<TRequest, TReply>(method, true, false), handler, options ?? RpcMethodOptions.Default));

    /// <summary>Any number of requests and of replies, independent of each other.</summary>
    /// <exception cref="ArgumentException">The descriptor has no such method, or another shape or type for it.</exception>
    public RpcService Duplex<TRequest, TReply>(
        string method,
        Func<IRpcRequestStream<TRequest>, IRpcReplyStream<TReply>, RpcCall, CancellationToken, Task> handler,
        RpcMethodOptions? options = null)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply> =>
        Bind(new DuplexMethod<TRequest, TReply>(
            Find<TRequest, TReply>(method, true, true), handler, options ?? RpcMethodOptions.Default));

    private RpcService Bind(RpcMethod method)
    {
        if (!_methods.TryAdd(method.Descriptor.Name, method))
            throw new ArgumentException($"{method.Descriptor.FullName} is bound already.", nameof(method));
        return this;
    }

    private MethodDescriptor Find<TRequest, TReply>(string name, bool clientStreams, bool serverStreams)
    {
        MethodDescriptor method = Descriptor.FindMethodByName(name)
            ?? throw new ArgumentException($"{Descriptor.FullName} has no method {name}.", nameof(name));
        if (method.IsClientStreaming != clientStreams || method.IsServerStreaming != serverStreams)
        {
            throw new ArgumentException(
                $"{method.FullName} takes {Shape(method.IsClientStreaming)} and returns {Shape(method.IsServerStreaming)}, "
                + $"but is bound as taking {Shape(clientStreams)} and returning {Shape(serverStreams)}.", nameof(name));
        }
        if (method.InputType.ClrType != typeof(TRequest))
            throw new ArgumentException($"{method.FullName} takes {method.InputType.FullName}, not {typeof(TRequest)}.", nameof(name));
        if (method.OutputType.ClrType != typeof(TReply))
            throw new ArgumentException($"{method.FullName} returns {method.OutputType.FullName}, not {typeof(TReply)}.", nameof(name));
        return method;
    }

    private static string Shape(bool stream) => stream ? "a stream" : "one message";
}
