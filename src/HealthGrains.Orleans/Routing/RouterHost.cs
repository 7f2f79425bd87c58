using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;
using HealthGrains.Grains.Routing;
using HealthGrains.Orleans.Feed;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Orleans.Routing;

/// <summary>What the router grains of one silo run: the plain router, asked for one shard at a time.</summary>
/// <remarks>Its deliveries go through the cluster's engine, so that an inbox on another silo is asked there.</remarks>
internal sealed class RouterHost(
    IJournalStore store, IKeyedRows keys, Func<IGrainEngine> engine, FeedSender feed, TimeProvider time, ILogger<Router> logger)
{
    private readonly Lazy<Router> _router = new(() => new Router(store, engine(), keys, time, logger, feed));

    public Router Router => _router.Value;

    public Task RunAsync(int shard, CancellationToken stopping) => _router.Value.RunAsync(shard, stopping);
}
