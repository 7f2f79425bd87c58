using System.Diagnostics.Metrics;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Routing;

namespace HealthGrains.Host.Metrics;

/// <summary>What only the composed server knows: whether it is ready, and how far routing is behind the store's logs.</summary>
/// <remarks>An alarm should stand on progress, not on processes: a server can be up and tell nobody anything. The lag is an entry
/// count for each shard, as this process's router sees it.</remarks>
internal sealed class ServingInstruments : IDisposable
{
    public const string MeterName = "HealthGrains.Host";

    private static readonly TimeSpan StoreWaitMax = TimeSpan.FromSeconds(2);

    private readonly Meter _meter = new(MeterName);
    private readonly IJournalStore _store;
    private readonly Router _router;
    private readonly Func<bool> _isReady;
    private readonly TimeProvider _time;

    // What the store said last; null when it did not answer in time, so that an old value is never shown as a new one.
    private volatile IReadOnlyList<long>? _positions;

    public ServingInstruments(IJournalStore store, IGrainEngine engine, Router router, Func<bool> isReady, TimeProvider time)
    {
        _store = store;
        _router = router;
        _isReady = isReady;
        _time = time;
        _meter.CreateObservableGauge(
            "healthgrains.ready", () => _isReady() ? 1 : 0, description: "1 when callers should be sent here, as /health/ready says.");
        _meter.CreateObservableGauge(
            "healthgrains.journal.position", Positions, "{entry}", "Entries of one shard's log, of all processes on the store.");
        _meter.CreateObservableGauge(
            "healthgrains.routing.lag", Lags, "{entry}", "Entries of one shard's log that this process has not routed for certain yet.");
        _meter.CreateObservableGauge(
            "healthgrains.routing.alarms", () => router.Alarms, "{alarm}", "Alarms of routing since the start, such as one unique id under two patients.");
        _meter.CreateObservableGauge(
            "healthgrains.routing.stalled", () => router.Stalled, "{delivery}", "Recipients that are set aside in the shards that this process routes; the list is ListStalledDeliveries.");
        _meter.CreateObservableGauge(
            "healthgrains.routing.overdue", () => router.Overdue, "{delivery}", "Of these, past Delivery:Deadline.");
        _meter.CreateObservableGauge(
            "healthgrains.engine.calls_waiting", () => engine.Status.WaitingCalls, "{call}", "Calls waiting in mailboxes.");
    }

    /// <summary>Asks the store where its logs end; called before each scrape.</summary>
    public async Task RefreshAsync()
    {
        using var patience = new CancellationTokenSource(StoreWaitMax, _time);
        try
        {
            _positions = await _store.ReadPositionsAsync(patience.Token);
        }
        catch (Exception e) when (e is JournalException or OperationCanceledException)
        {
            // The series are absent then, which is what an alarm on absence looks for.
            _positions = null;
        }
    }

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Shard(int shard) => new("shard", shard);

    private IEnumerable<Measurement<long>> Positions() =>
        _positions is { } positions ? positions.Select((position, shard) => new Measurement<long>(position, Shard(shard))) : [];

    private IEnumerable<Measurement<long>> Lags()
    {
        if (_positions is not { } positions) return [];

        // The router goes on while the positions are read: it is never ahead of the log.
        // A shard that another process of a cluster routes is that one's to show.
        return _router.Status.Take(positions.Count).Index().Where(shard => shard.Item.MovedAt is not null)
            .Select(shard => new Measurement<long>(
                Math.Max(0, positions[shard.Index] - shard.Item.Checkpoint), Shard(shard.Index)));
    }
}
