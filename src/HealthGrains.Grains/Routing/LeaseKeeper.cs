using HealthGrains.Grains.Journal;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Grains.Routing;

/// <summary>Keeps a router's leases: renews them, and says of each shard whether it is held and until when that is known.</summary>
/// <remarks>A lease is taken for lost here a little before the store lets others have it, counted from the beginning of the last
/// renewal that succeeded. A process that was stopped finds its leases lost when it wakes up; what it does in the instant before
/// it looks is refused by the epoch, or done twice without harm.</remarks>
internal sealed class LeaseKeeper : IDisposable
{
    private readonly IShardLeases _leases;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Holding[] _shards;
    private long _renewedAt;

    public LeaseKeeper(IShardLeases leases, int shards, TimeProvider time, ILogger logger)
    {
        _leases = leases;
        _time = time;
        _logger = logger;
        _shards = [.. Enumerable.Range(0, shards).Select(_ => new Holding(null))];
        _renewedAt = time.GetTimestamp();
    }

    /// <summary>What is held of a shard; its token fires when that changes.</summary>
    public Holding Of(int shard)
    {
        lock (_gate)
            return _shards[shard];
    }

    public bool Holds(int shard) => Of(shard).Lease is not null && !IsStale;

    private bool IsStale => _time.GetElapsedTime(Volatile.Read(ref _renewedAt)) >= RoutingLimits.LeaseTerm - RoutingLimits.LeaseMargin;

    /// <summary>Renews until it is stopped, then gives everything back.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var began = _time.GetTimestamp();
            try
            {
                var held = await _leases.RenewAsync(stopping);
                Volatile.Write(ref _renewedAt, began);
                Take(held);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (JournalException failure)
            {
                RoutingLog.LeasesNotRenewed(_logger, failure.GetType().Name);
            }

            if (IsStale)
                Take([]);
            try
            {
                await Task.Delay(RoutingLimits.LeaseRenewEvery, _time, stopping);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            // After a long sleep, as that of a stopped process: first let go, then ask.
            if (IsStale)
                Take([]);
        }
    }

    /// <summary>After the shards' loops have ended.</summary>
    public async Task ReleaseAsync()
    {
        try
        {
            await _leases.ReleaseAsync(CancellationToken.None);
        }
        catch (JournalException failure)
        {
            // They run out by themselves.
            RoutingLog.LeasesNotRenewed(_logger, failure.GetType().Name);
        }
    }

    public void Lost(int shard) => Change(shard, null);

    public void Dispose()
    {
        foreach (var holding in _shards)
            holding.Dispose();
    }

    private void Take(IReadOnlyList<ShardLease> held)
    {
        var now = held.ToDictionary(lease => lease.Shard);
        for (var shard = 0; shard < _shards.Length; shard++)
            Change(shard, now.TryGetValue(shard, out var lease) ? lease : null);
    }

    private void Change(int shard, ShardLease? lease)
    {
        Holding before;
        lock (_gate)
        {
            before = _shards[shard];
            if (before.Lease == lease)
                return;
            _shards[shard] = new Holding(lease);
        }

        RoutingLog.ShardChangesHands(_logger, shard, before.Lease?.Epoch ?? 0, lease?.Epoch ?? 0);
        before.End();
    }
}

/// <summary>Whether a shard is held, as long as that does not change.</summary>
internal sealed class Holding(ShardLease? lease) : IDisposable
{
    private readonly CancellationTokenSource _changed = new();

    public ShardLease? Lease { get; } = lease;

    public CancellationToken Changed => _changed.Token;

    /// <summary>Not disposed then: loops still look at the token.</summary>
    public void End() => _changed.Cancel();

    public void Dispose() => _changed.Dispose();
}
