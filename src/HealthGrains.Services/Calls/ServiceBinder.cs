using Google.Protobuf;
using Google.Protobuf.Reflection;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Admission;
using HealthGrains.Services.Authentication;

namespace HealthGrains.Services.Calls;

/// <summary>Binds handlers to a service: each call passes <see cref="MethodAccess"/> and
/// <see cref="AdmissionDesk"/> first, and what store or engine fail with
/// leaves as a status.</summary>
internal sealed class ServiceBinder(ServiceDescriptor descriptor, AdmissionDesk admission)
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
        var urgency = UrgencyOf(method);
        Service.Unary<TRequest, TReply>(method, async (request, call, ct) =>
        {
            using var visit = admission.Enter(Admit(call, allowed), urgency, request);
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
        var urgency = UrgencyOf(method);
        Service.ServerStreaming<TRequest, TReply>(
            method,
            async (request, replies, call, ct) =>
            {
                // A stream that is open waits most of the time: its places are counted apart.
                admission.Enter(Admit(call, allowed), urgency, request).Dispose();
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
        var urgency = UrgencyOf(method);
        Service.ClientStreaming<TRequest, TReply>(
            method,
            async (requests, call, ct) =>
            {
                // The call counts once; how much of it may be open at once is bounded by what it opens.
                admission.Enter(Admit(call, allowed), urgency, null).Dispose();
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
                // Each request of the stream is counted by itself, by its handler.
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

    private static Caller Admit(RpcCall call, CallerKinds allowed)
    {
        var caller = CallerSession.Of(call).Caller;
        return (MethodAccess.Set(caller.Kind) & allowed) == CallerKinds.None ? throw RefusalStatus.Of(Forbidden) : caller;
    }

    private CallUrgency UrgencyOf(string method) =>
        new(descriptor.Name, method, descriptor.FindMethodByName(method)?.InputType
            ?? throw new InvalidOperationException($"{descriptor.FullName} has no method {method}."));

    private CallerKinds Allowed(string method) =>
        MethodAccess.Of($"{descriptor.FullName}.{method}")
        ?? throw new InvalidOperationException($"{descriptor.FullName}.{method} has no row in MethodAccess.");
}
