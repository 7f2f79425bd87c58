using Google.Protobuf;
using Google.Protobuf.Reflection;
using HealthGrains.Rpc.Envelope;

namespace HealthGrains.Rpc.Server;

/// <summary>A method that can be called: one of the four shapes.</summary>
internal abstract class RpcMethod(MethodDescriptor descriptor, RpcMethodOptions options)
{
    public MethodDescriptor Descriptor { get; } = descriptor;

    public RpcMethodOptions Options { get; } = options;

    public string Path { get; } = $"/{descriptor.Service.FullName}/{descriptor.Name}";

    public bool IsUnary => !Descriptor.IsClientStreaming && !Descriptor.IsServerStreaming;

    /// <summary>Reads the request, runs the handler, writes its replies; returns when the call may be completed with OK.</summary>
    /// <exception cref="Exception">Whatever the handler throws: the endpoint makes a status of it.</exception>
    public abstract Task InvokeAsync(ServerExchange exchange);
}

internal sealed class UnaryMethod<TRequest, TReply>(
    MethodDescriptor descriptor,
    Func<TRequest, RpcCall, CancellationToken, Task<TReply>> handler,
    RpcMethodOptions options)
    : RpcMethod(descriptor, options)
    where TRequest : class, IMessage<TRequest>
    where TReply : class, IMessage<TReply>
{
    private readonly MessageCodec<TRequest> _codec = new(descriptor.InputType);

    public override async Task InvokeAsync(ServerExchange exchange)
    {
        TRequest request = await exchange.ReadSingleAsync(_codec);
        Task<TReply> running = handler(request, exchange.Call, exchange.Lifetime.Token);
        TReply reply = running.IsCompleted ? await running : await exchange.WaitAsync(running);
        exchange.CompleteWith(reply);
    }
}

internal sealed class ServerStreamingMethod<TRequest, TReply>(
    MethodDescriptor descriptor,
    Func<TRequest, IRpcReplyStream<TReply>, RpcCall, CancellationToken, Task> handler,
    RpcMethodOptions options)
    : RpcMethod(descriptor, options)
    where TRequest : class, IMessage<TRequest>
    where TReply : class, IMessage<TReply>
{
    private readonly MessageCodec<TRequest> _codec = new(descriptor.InputType);

    public override async Task InvokeAsync(ServerExchange exchange)
    {
        exchange.Lifetime.Arm();
        TRequest request = await exchange.ReadSingleAsync(_codec);
        await using var replies = new ReplyStream<TReply>(exchange);
        await handler(request, replies, exchange.Call, exchange.Lifetime.Token);
        exchange.Complete();
    }
}

internal sealed class ClientStreamingMethod<TRequest, TReply>(
    MethodDescriptor descriptor,
    Func<IRpcRequestStream<TRequest>, RpcCall, CancellationToken, Task<TReply>> handler,
    RpcMethodOptions options)
    : RpcMethod(descriptor, options)
    where TRequest : class, IMessage<TRequest>
    where TReply : class, IMessage<TReply>
{
    private readonly MessageCodec<TRequest> _codec = new(descriptor.InputType);

    public override async Task InvokeAsync(ServerExchange exchange)
    {
        exchange.Lifetime.Arm();
        await using var requests = new RequestStream<TRequest>(exchange, _codec);
        TReply reply = await handler(requests, exchange.Call, exchange.Lifetime.Token);
        exchange.CompleteWith(reply);
    }
}

internal sealed class DuplexMethod<TRequest, TReply>(
    MethodDescriptor descriptor,
    Func<IRpcRequestStream<TRequest>, IRpcReplyStream<TReply>, RpcCall, CancellationToken, Task> handler,
    RpcMethodOptions options)
    : RpcMethod(descriptor, options)
    where TRequest : class, IMessage<TRequest>
    where TReply : class, IMessage<TReply>
{
    private readonly MessageCodec<TRequest> _codec = new(descriptor.InputType);

    public override async Task InvokeAsync(ServerExchange exchange)
    {
        exchange.Lifetime.Arm();
        await using var requests = new RequestStream<TRequest>(exchange, _codec);
        await using var replies = new ReplyStream<TReply>(exchange);
        await handler(requests, replies, exchange.Call, exchange.Lifetime.Token);
        exchange.Complete();
    }
}
