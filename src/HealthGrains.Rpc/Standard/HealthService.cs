using Grpc.Health.V1;

namespace HealthGrains.Rpc.Standard;

/// <summary>grpc.health.v1, over <see cref="RpcHealth"/>.</summary>
internal static class HealthService
{
    private static readonly RpcMethodOptions s_anybody = new() { Anonymous = true };

    public static RpcService Create(RpcHealth health)
    {
        int watchers = 0;
        return new RpcService(HealthReflection.Descriptor.Services[0])
            .Unary<HealthCheckRequest, HealthCheckResponse>(
                nameof(Check), (request, _, _) => Task.FromResult(Check(health, request)), s_anybody)
            .Unary<HealthListRequest, HealthListResponse>(nameof(List), (_, _, _) => Task.FromResult(List(health)), s_anybody)
            .ServerStreaming<HealthCheckRequest, HealthCheckResponse>(nameof(Watch), async (request, replies, _, ct) =>
            {
                try
                {
                    if (Interlocked.Increment(ref watchers) > Limits.HealthWatchersMax)
                        throw new RpcException(RpcStatusCode.ResourceExhausted, "too many health watchers");
                    await Watch(health, request.Service, replies, ct);
                }
                finally
                {
                    Interlocked.Decrement(ref watchers);
                }
            }, s_anybody);
    }

    private static HealthCheckResponse Check(RpcHealth health, HealthCheckRequest request) =>
        health.Get(request.Service) is { } status
            ? Answer(status)
            : throw new RpcException(RpcStatusCode.NotFound, "this server has no such service");

    private static HealthListResponse List(RpcHealth health)
    {
        var list = new HealthListResponse();
        foreach ((string service, ServingStatus status) in health.All())
            list.Statuses[service] = Answer(status);
        return list;
    }

    // Tells each change once; a status that changed and changed back between two looks is no news.
    private static async Task Watch(RpcHealth health, string service, IRpcReplyStream<HealthCheckResponse> replies, CancellationToken ct)
    {
        (ServingStatus? told, bool first) = (null, true);
        while (true)
        {
            (ServingStatus? status, Task changed) = health.Observe(service);
            if (first || status != told)
            {
                await replies.WriteAsync(Answer(status), ct);
                (told, first) = (status, false);
            }
            // Nothing will change any more, and a watcher must not hold up the end of the server.
            if (health.IsStopping)
                throw Server.CallLifetime.RetryLater("the server is stopping");
            await changed.WaitAsync(ct);
        }
    }

    private static HealthCheckResponse Answer(ServingStatus? status) => new()
    {
        Status = status switch
        {
            ServingStatus.Serving => HealthCheckResponse.Types.ServingStatus.Serving,
            ServingStatus.NotServing => HealthCheckResponse.Types.ServingStatus.NotServing,
            ServingStatus.Unknown => HealthCheckResponse.Types.ServingStatus.Unknown,
            _ => HealthCheckResponse.Types.ServingStatus.ServiceUnknown,
        },
    };
}
