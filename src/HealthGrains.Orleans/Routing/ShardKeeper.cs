using global::Orleans;
using HealthGrains.Orleans.Feed;
using HealthGrains.Orleans.Placement;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Orleans.Routing;

/// <summary>Follows who is in the cluster: moves what is another silo's by now, and keeps the routers of this silo's shards.</summary>
internal sealed class ShardKeeper(
    SiloParts silo, IGrainFactory grains, FeedSender feed, TimeProvider time, ILogger<ShardKeeper> log) : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private bool _routes;

    /// <param name="known">Set when this silo sees itself among the members.</param>
    /// <param name="routes">Whether there are routers to keep.</param>
    public void Start(TaskCompletionSource known, bool routes)
    {
        _routes = routes;
        _running = Task.WhenAll(FollowAsync(known, _stopping.Token), KeepAsync(_stopping.Token));
    }

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _running;
    }

    // The host disposes it when it has been stopped already.
    public void Dispose() => _stopping.Dispose();

    private async Task FollowAsync(TaskCompletionSource known, CancellationToken stopping)
    {
        try
        {
            await foreach (var _ in silo.Members.ChangesAsync(stopping))
            {
                feed.Silos = [.. silo.Members.Silos.Where(other => !other.Equals(silo.Members.Here))];
                OrleansLog.MembersChanged(log, silo.Members.Silos.Count, silo.Members.MyShards().Count());
                silo.Residents.MoveStrangers(silo.Members.IsMine);
                KeepRouters();
                if (silo.Members.Silos.Contains(silo.Members.Here))
                    known.TrySetResult();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
    }

    private async Task KeepAsync(CancellationToken stopping)
    {
        using var tick = new PeriodicTimer(OrleansLimits.KeepEvery, time);
        try
        {
            while (await tick.WaitForNextTickAsync(stopping))
            {
                // Who was made here while the members changed, too.
                silo.Residents.MoveStrangers(silo.Members.IsMine);
                KeepRouters();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
    }

    private void KeepRouters()
    {
        if (!_routes)
            return;
        foreach (var shard in silo.Members.MyShards())
            _ = KeepRouterAsync(shard, _stopping.Token);
    }

    /// <summary>Asks until the router is here. When a shard changes hands, the first answer comes from the one that has to go, or the
    /// directory still names a silo that died: waiting for the next tick would leave the shard without a router until then.</summary>
    private async Task KeepRouterAsync(int shard, CancellationToken stopping)
    {
        for (var since = time.GetTimestamp(); silo.Members.IsMine(shard) && time.GetElapsedTime(since) < OrleansLimits.KeepEvery;)
        {
            try
            {
                if (await grains.GetGrain<IShardRouterGrain>(GrainKeys.OfShard(shard)).IsAtAsync(silo.Members.Here))
                    return;
            }
            catch (Exception e)
            {
                // Like the router's own loop, this outlives what it asks for.
                OrleansLog.RouterNotKept(log, shard, e.GetType().Name);
            }

            try
            {
                await Task.Delay(OrleansLimits.HandoverPauseMax, time, stopping);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
