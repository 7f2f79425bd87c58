using HealthGrains.Domain.Agendas;
using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Senders;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Grains.Routing;

/// <summary>Tails every shard's log and delivers what it says to inboxes, senders' ledgers and agendas.</summary>
/// <remarks>
/// <para>R1. Everything in the log before a checkpoint has been taken in by everybody whom it names. The checkpoint moves only
/// after the deliveries are durable.</para>
/// <para>R2. Delivery is exactly once after any crash: a page may be delivered again, by this router or by another process's, and
/// each recipient remembers for each shard the last position that it took in.</para>
/// <para>R3. A delivery that fails is tried again without end. It holds up its own shard, in order, and nobody else's; the
/// lag shows in <see cref="Status"/>.</para>
/// <para>R4. Order: what one patient's record says reaches one recipient in the record's order, because a record lives in one
/// shard and a shard is routed page by page.</para>
/// <para>R5. Where several processes share the store, the router also wakes this process's watchers: it is who sees what the
/// others wrote. A watcher of what was written here may be woken twice, and finds nothing the second time.</para>
/// <para>An entry that this version cannot read stops its shard rather than being passed over: somebody may be named in it.</para>
/// </remarks>
public sealed class Router : IAsyncDisposable
{
    /// <summary>The name of the checkpoints.</summary>
    public const string CheckpointName = "router";

    private readonly IJournalStore _store;
    private readonly IGrainEngine _engine;
    private readonly TimeProvider _time;
    private readonly ILogger<Router> _logger;
    private readonly IChangeFeed? _feed;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ShardProgress[] _progress;
    private Task _running = Task.CompletedTask;
    private long _alarms;

    /// <param name="store">Whose logs are tailed.</param>
    /// <param name="engine">Asks the recipients.</param>
    /// <param name="time">Measures pauses and the age of checkpoints.</param>
    /// <param name="logger">Told of what is held up, without data.</param>
    /// <param name="feed">Told of every journal that grew, whoever wrote; null where nobody else writes to the store.</param>
    public Router(
        IJournalStore store, IGrainEngine engine, TimeProvider time, ILogger<Router> logger, IChangeFeed? feed = null)
    {
        _feed = feed;
        _store = store;
        _engine = engine;
        _time = time;
        _logger = logger;
        _progress = new ShardProgress[store.Shards];
        for (var shard = 0; shard < _progress.Length; shard++)
            _progress[shard] = new ShardProgress();
    }

    /// <summary>Misroutings noticed since the start.</summary>
    public long Alarms => Interlocked.Read(ref _alarms);

    /// <summary>How far each shard has come; index = shard.</summary>
    public IReadOnlyList<ShardRouting> Status => [.. _progress.Select(shard => shard.Read())];

    public void Start() =>
        _running = Task.WhenAll(Enumerable.Range(0, _store.Shards).Select(shard => RunShardAsync(shard, _stopping.Token)));

    /// <summary>Ends after the deliveries under way, with the checkpoints where they belong.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private async Task RunShardAsync(int shard, CancellationToken stopping)
    {
        var pause = RoutingLimits.RetryFirst;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await TailShardAsync(shard, () => pause = RoutingLimits.RetryFirst, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is JournalException or FormatException
                or EngineOverloadedException or EngineDrainingException)
            {
                RoutingLog.ShardHeldUp(_logger, shard, failure.GetType().Name, pause);
                await PauseAsync(pause, stopping);
                pause = Longer(pause);
            }
            catch (Exception bug)
            {
                // Like a turn's, this loop outlives what it runs: a bug must not end a shard's routing without a word.
                RoutingLog.ShardFailed(_logger, shard, bug.GetType().Name, pause, bug.StackTrace);
                await PauseAsync(pause, stopping);
                pause = Longer(pause);
            }
        }
    }

    private async Task TailShardAsync(int shard, Action progressed, CancellationToken stopping)
    {
        var checkpoint = await _store.ReadCheckpointAsync(CheckpointName, shard, stopping);
        var position = checkpoint;
        var movedAt = _time.GetTimestamp();
        var progress = _progress[shard];
        progress.Move(position, checkpoint, _time.GetUtcNow());
        try
        {
            while (true)
            {
                var page = await _store.ReadLogAsync(shard, position, RoutingLimits.PageEntriesMax, stopping);
                if (page.Count > 0)
                {
                    Wake(page);
                    position = await DeliverAsync(shard, page, stopping);
                    progress.Move(position, checkpoint, _time.GetUtcNow());
                    progressed();
                }

                var due = position - checkpoint >= RoutingLimits.CheckpointEntriesMax
                    || _time.GetElapsedTime(movedAt) >= RoutingLimits.CheckpointAgeMax;
                if (position > checkpoint && due)
                {
                    try
                    {
                        checkpoint = await CheckpointAsync(shard, checkpoint, position, CancellationToken.None);
                        position = Math.Max(position, checkpoint);
                        progress.Move(position, checkpoint, _time.GetUtcNow());
                    }
                    catch (JournalUnavailableException failure)
                    {
                        // What was delivered stays delivered, and is not read again: only the checkpoint is older for now.
                        RoutingLog.ShardHeldUp(_logger, shard, failure.GetType().Name, RoutingLimits.CheckpointAgeMax);
                    }

                    movedAt = _time.GetTimestamp();
                }

                if (page.Count < RoutingLimits.PageEntriesMax)
                    await _store.WaitForLogAsync(shard, position, RoutingLimits.PollEvery, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && position > checkpoint)
        {
            await CheckpointAsync(shard, checkpoint, position, CancellationToken.None);
            throw;
        }
    }

    // Before the deliveries: a recipient that is held up keeps nobody else from hearing of a revocation.
    private void Wake(IReadOnlyList<LogEntry> page)
    {
        if (_feed is null)
            return;
        foreach (var entry in page)
            _feed.Publish(entry.Journal);
    }

    /// <returns>Where the checkpoint is now: another process's router may have moved it further.</returns>
    private async Task<long> CheckpointAsync(int shard, long expected, long next, CancellationToken shutdown)
    {
        try
        {
            await _store.MoveCheckpointAsync(new CheckpointMove(CheckpointName, shard, expected, next), shutdown);
            return next;
        }
        catch (JournalConflictException)
        {
            return await _store.ReadCheckpointAsync(CheckpointName, shard, shutdown);
        }
    }

    /// <returns>Up to where everything is taken in.</returns>
    private async Task<long> DeliverAsync(int shard, IReadOnlyList<LogEntry> page, CancellationToken stopping)
    {
        var plan = RoutePlan.Of(page);
        var upTo = plan.UpTo;
        var deliveries = new List<Task>(plan.Inboxes.Count + plan.Senders.Count);
        foreach (var (professional, items) in plan.Inboxes)
        {
            var command = new DeliverToInbox(shard, upTo, items);
            deliveries.Add(UntilDoneAsync(
                async () => await _engine.AskAsync(GrainIds.InboxOf(professional), command, stopping), shard, stopping));
        }

        foreach (var (structure, lines) in plan.Senders)
        {
            var command = new RecordSubmissions(shard, upTo, lines);
            deliveries.Add(UntilDoneAsync(
                async () =>
                {
                    var raised = await _engine.AskAsync(GrainIds.SenderOf(structure), command, stopping);
                    foreach (var alarm in raised.Value)
                        Raise(alarm);
                },
                shard,
                stopping));
        }

        if (plan.Duties.Count > 0)
        {
            var command = new TakeIntoAgenda(upTo, plan.Duties);
            deliveries.Add(UntilDoneAsync(
                async () => await _engine.AskAsync(GrainIds.AgendaOf(shard), command, stopping), shard, stopping));
        }

        await Task.WhenAll(deliveries);
        return upTo;
    }

    private async Task UntilDoneAsync(Func<Task> deliver, int shard, CancellationToken stopping)
    {
        for (var pause = RoutingLimits.RetryFirst; ; pause = Longer(pause))
        {
            try
            {
                await deliver();
                return;
            }
            catch (Exception failure) when (failure is JournalException or EngineOverloadedException)
            {
                // Not known whether it was taken in: asking again is harmless, since the recipient remembers positions.
                RoutingLog.DeliveryHeldUp(_logger, shard, failure.GetType().Name, pause);
                await PauseAsync(pause, stopping);
            }
            catch (Exception bug) when (bug is not (OperationCanceledException or EngineDrainingException))
            {
                // Told here, since of several deliveries that fail together only one would be.
                RoutingLog.ShardFailed(_logger, shard, bug.GetType().Name, pause, bug.StackTrace);
                await PauseAsync(pause, stopping);
            }
        }
    }

    private void Raise(MisroutingSuspected alarm)
    {
        Interlocked.Increment(ref _alarms);
        RoutingLog.MisroutingSuspected(_logger, alarm.FirstDocument.ToString(), alarm.SecondDocument.ToString());
    }

    private static TimeSpan Longer(TimeSpan pause) =>
        pause * 2 < RoutingLimits.RetryMax ? pause * 2 : RoutingLimits.RetryMax;

    private async Task PauseAsync(TimeSpan pause, CancellationToken stopping)
    {
        // Jitter, so that recipients held up together do not come back together.
        var jittered = pause * (0.5 + (Random.Shared.NextDouble() / 2));
        try
        {
            await Task.Delay(jittered, _time, stopping);
        }
        catch (OperationCanceledException)
        {
            // The caller looks at the token.
        }
    }

    private sealed class ShardProgress
    {
        private readonly Lock _lock = new();
        private ShardRouting _routing;

        public void Move(long position, long checkpoint, DateTimeOffset at)
        {
            lock (_lock)
                _routing = new ShardRouting(position, checkpoint, at);
        }

        public ShardRouting Read()
        {
            lock (_lock)
                return _routing;
        }
    }
}

/// <summary>How far one shard has been routed.</summary>
/// <param name="Delivered">Everything up to here is taken in by all whom it names.</param>
/// <param name="Checkpoint">From here on it is routed again after a crash.</param>
/// <param name="MovedAt">Null before the first look at the log.</param>
public readonly record struct ShardRouting(long Delivered, long Checkpoint, DateTimeOffset? MovedAt);
