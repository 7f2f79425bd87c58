using Google.Protobuf;
using Google.Protobuf.Reflection;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;

namespace HealthGrains.Services.Calls;

/// <summary>Binds handlers to a service: each call passes <see cref="MethodAccess"/> first, and what store or engine fail with
/// leaves as a status.</summary>
internal sealed class ServiceBinder(ServiceDescriptor descriptor)
{
    private static readonly Refusal Forbidden =
        new(RefusalCode.CallerKindForbidden, "This kind of caller may not call this method.");

    public RpcService Service { get; } = new(descriptor);

    public ServiceBinder Unary<TRequest, TReply>(
        string method, Func<TRequest, RpcCall, CancellationToken, Task<TReply>> handler)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply>
    {
        var allowed = Allowed(method);
        Service.Unary<TRequest, TReply>(method, async (request, call, ct) =>
        {
            Admit(call, allowed);
            try
            {
                return await handler(request, call, ct);
            }
            catch (Exception failure) when (RefusalStatus.RefusalOf(failure) is { } refusal)
            {
                throw RefusalStatus.Of(refusal);
            }
        });
        return this;
    }

    public ServiceBinder ServerStreaming<TRequest, TReply>(
        string method,
        Func<TRequest, IRpcReplyStream<TReply>, RpcCall, CancellationToken, Task> handler,
        RpcMethodOptions? options = null)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply>
    {
        var allowed = Allowed(method);
        Service.ServerStreaming<TRequest, TReply>(
            method,
            async (request, replies, call, ct) =>
            {
                Admit(call, allowed);
                try
                {
                    await handler(request, replies, call, ct);
                }
                catch (Exception failure) when (RefusalStatus.RefusalOf(failure) is { } refusal)
                {
                    throw RefusalStatus.Of(refusal);
                }
            },
            options);
        return this;
    }

    public ServiceBinder ClientStreaming<TRequest, TReply>(
        string method,
        Func<IRpcRequestStream<TRequest>, RpcCall, CancellationToken, Task<TReply>> handler,
        RpcMethodOptions? options = null)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply>
    {
        var allowed = Allowed(method);
        Service.ClientStreaming<TRequest, TReply>(
            method,
            async (requests, call, ct) =>
            {
                Admit(call, allowed);
                try
                {
                    return await handler(requests, call, ct);
                }
                catch (Exception failure) when (RefusalStatus.RefusalOf(failure) is { } refusal)
                {
                    throw RefusalStatus.Of(refusal);
                }
            },
            options);
        return this;
    }

    public ServiceBinder Duplex<TRequest, TReply>(
        string method,
        Func<IRpcRequestStream<TRequest>, IRpcReplyStream<TReply>, RpcCall, CancellationToken, Task> handler,
        RpcMethodOptions? options = null)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply>
    {
        var allowed = Allowed(method);
        Service.Duplex<TRequest, TReply>(
            method,
            async (requests, replies, call, ct) =>
            {
                Admit(call, allowed);
                try
                {
                    await handler(requests, replies, call, ct);
                }
                catch (Exception failure) when (RefusalStatus.RefusalOf(failure) is { } refusal)
                {
                    throw RefusalStatus.Of(refusal);
                }
            },
            options);
        return this;
    }

    private static void Admit(RpcCall call, CallerKinds allowed)
    {
        if ((MethodAccess.Set(CallerSession.Of(call).Caller.Kind) & allowed) == CallerKinds.None)
            throw RefusalStatus.Of(Forbidden);
    }

    private CallerKinds Allowed(string method) =>
        MethodAccess.Of($"{descriptor.FullName}.{method}")
        ?? throw new InvalidOperationException($"{descriptor.FullName}.{method} has no row in MethodAccess.");
}
