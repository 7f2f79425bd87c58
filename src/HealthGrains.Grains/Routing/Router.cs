using HealthGrains.Domain.Senders;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;
using HealthGrains.Grains.Senders;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Grains.Routing;

/// <summary>Tails every shard's log and delivers what it says to inboxes, senders' ledgers and agendas.</summary>
/// <remarks>
/// <para>R1. Everything in the log before a checkpoint has been taken in by everybody whom it names, or the recipient is set aside in
/// the shard's agenda. The checkpoint moves only after the deliveries are durable.</para>
/// <para>R2. Delivery is exactly once after any crash: a page may be delivered again, by this router or by another process's, and
/// each recipient remembers for each shard the last position that it took in.</para>
/// <para>R3. A delivery that fails is tried again without end. After <see cref="RoutingLimits.SetAsideAfter"/> its recipient is set
/// aside, and holds up nobody else; after the deadline it is an alarm besides (<see cref="ShardDeliveries"/>).</para>
/// <para>R4. Order: what one patient's record says reaches one recipient in the record's order, because a record lives in one
/// shard and a shard is routed page by page.</para>
/// <para>R5. Where several processes share the store, the router also wakes this process's watchers: it is who sees what the
/// others wrote. A watcher of what was written here may be woken twice, and finds nothing the second time.</para>
/// <para>R6. Where the store has leases, each shard is routed by the one process that holds it, which moves its checkpoint under
/// the lease's epoch. The others only tail its log to wake their watchers.</para>
/// <para>An entry that this version cannot read stops its shard rather than being passed over: somebody may be named in it.</para>
/// </remarks>
public sealed class Router : IAsyncDisposable
{
    /// <summary>The name of the checkpoints.</summary>
    public const string CheckpointName = "router";

    private readonly IJournalStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<Router> _logger;
    private readonly IChangeFeed? _feed;
    private readonly IShardLeases? _leases;
    private readonly LeaseKeeper? _keeper;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ShardProgress[] _progress;

    // Of a shard that pauses the last ones: what they count is still so.
    private readonly ShardDeliveries?[] _shards;
    private readonly DeliveryServices _deliveries;
    private Task _running = Task.CompletedTask;
    private Task _keeping = Task.CompletedTask;
    private long _alarms;

    /// <param name="store">Whose logs are tailed.</param>
    /// <param name="engine">Asks the recipients.</param>
    /// <param name="keys">Holds where each unique id of a producer was first.</param>
    /// <param name="time">Measures pauses and the age of checkpoints.</param>
    /// <param name="logger">Told of what is held up, without data.</param>
    /// <param name="feed">Told of every journal that grew, whoever wrote; null where nobody else writes to the store.</param>
    /// <param name="leases">Which shards are this process's to route; null where it routes all.</param>
    public Router(
        IJournalStore store,
        IGrainEngine engine,
        IKeyedRows keys,
        TimeProvider time,
        ILogger<Router> logger,
        IChangeFeed? feed = null,
        IShardLeases? leases = null)
    {
        var handover = new Handover(engine, new UniqueIdKeys(keys, store), Raise);
        _deliveries = new DeliveryServices(store, engine, handover, time, logger, Guid.NewGuid());
        _shards = new ShardDeliveries?[store.Shards];
        _feed = feed;
        _leases = leases;
        _keeper = leases is null ? null : new LeaseKeeper(leases, store.Shards, time, logger);
        _store = store;
        _time = time;
        _logger = logger;
        _progress = new ShardProgress[store.Shards];
        for (var shard = 0; shard < _progress.Length; shard++)
            _progress[shard] = new ShardProgress();
    }

    /// <summary>Misroutings noticed since the start.</summary>
    public long Alarms => Interlocked.Read(ref _alarms);

    /// <summary>Recipients that are set aside in the shards that this process routes.</summary>
    public int Stalled => Sum(shard => shard.Held);

    /// <summary>Of these, past their deadline.</summary>
    public int Overdue => Sum(shard => shard.Overdue);

    /// <summary>Tries a recipient that is set aside again at once, if this process routes the shard.</summary>
    /// <param name="shard">From 0.</param>
    /// <param name="recipient">Name of the journal.</param>
    public void Wake(int shard, string recipient) => Volatile.Read(ref _shards[shard])?.Wake(recipient);

    /// <summary>How far each shard has come; index = shard.</summary>
    public IReadOnlyList<ShardRouting> Status => [.. _progress.Select(shard => shard.Read())];

    /// <summary>How many shards this process routes.</summary>
    public int ShardsHeld => _keeper is null
        ? _store.Shards
        : Enumerable.Range(0, _store.Shards).Count(_keeper.Holds);

    public void Start()
    {
        _keeping = _keeper?.RunAsync(_stopping.Token) ?? Task.CompletedTask;
        _running = Task.WhenAll(Enumerable.Range(0, _store.Shards).Select(shard => RunShardAsync(shard, _stopping.Token)));
    }

    /// <summary>Tails one shard until it is stopped, for an engine whose cluster decides which process routes which shard.</summary>
    /// <param name="shard">From 0.</param>
    /// <param name="stopping">Ends it after the deliveries under way, with the checkpoint where it belongs.</param>
    public async Task RunAsync(int shard, CancellationToken stopping)
    {
        try
        {
            await RunShardAsync(shard, stopping);
        }
        finally
        {
            // Another process goes on from here: what this one knew is not shown as how far the shard has come.
            _progress[shard].Forget();
            Volatile.Write(ref _shards[shard], null);
        }
    }

    /// <summary>Ends after the deliveries under way, with the checkpoints where they belong.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _keeping;
        await _running;
        if (_keeper is not null)
            await _keeper.ReleaseAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _keeper?.Dispose();
        _stopping.Dispose();
    }

    private async Task RunShardAsync(int shard, CancellationToken stopping)
    {
        var pause = RoutingLimits.RetryFirst;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await RunUntilItChangesAsync(shard, () => pause = RoutingLimits.RetryFirst, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (LeaseLostException)
            {
                RoutingLog.LeaseLost(_logger, shard);
                _keeper?.Lost(shard);
            }
            catch (Exception failure) when (failure is JournalException or FormatException
                or EngineOverloadedException or EngineDrainingException)
            {
                RoutingLog.ShardHeldUp(_logger, shard, failure.GetType().Name, pause);
                await PauseAsync(pause, stopping);
                pause = RetryPause.Longer(pause);
            }
            catch (Exception bug)
            {
                // Like a turn's, this loop outlives what it runs: a bug must not end a shard's routing without a word.
                RoutingLog.ShardFailed(_logger, shard, bug.GetType().Name, pause, bug.StackTrace);
                await PauseAsync(pause, stopping);
                pause = RetryPause.Longer(pause);
            }
        }
    }

    /// <summary>Routes a shard that is held, listens to one that is not, until that changes.</summary>
    private async Task RunUntilItChangesAsync(int shard, Action progressed, CancellationToken stopping)
    {
        if (_keeper is null)
        {
            await TailShardAsync(shard, null, progressed, stopping);
            return;
        }

        var holding = _keeper.Of(shard);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, holding.Changed);
        try
        {
            if (holding.Lease is { } lease)
                await TailShardAsync(shard, lease, progressed, either.Token);
            else
                await ListenAsync(shard, either.Token);
        }
        catch (OperationCanceledException) when (holding.Changed.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            // The next look finds what it is now.
        }
    }

    /// <summary>Wakes this process's watchers of what others write to a shard that another process routes.</summary>
    private async Task ListenAsync(int shard, CancellationToken stopping)
    {
        Volatile.Write(ref _shards[shard], null);
        var position = await _store.ReadCheckpointAsync(CheckpointName, shard, stopping);
        while (true)
        {
            var page = await _store.ReadLogAsync(shard, position, RoutingLimits.PageEntriesMax, stopping);
            if (page.Count > 0)
            {
                Wake(page);
                position = page[^1].Position;
            }

            var checkpoint = await _store.ReadCheckpointAsync(CheckpointName, shard, stopping);
            _progress[shard].Move(checkpoint, checkpoint, _time.GetUtcNow());
            if (page.Count < RoutingLimits.PageEntriesMax)
                await _store.WaitForLogAsync(shard, position, RoutingLimits.PollEvery, stopping);
        }
    }

    private async Task TailShardAsync(int shard, ShardLease? lease, Action progressed, CancellationToken stopping)
    {
        // In this order: what was set aside before the checkpoint moved is in the agenda.
        var checkpoint = await _store.ReadCheckpointAsync(CheckpointName, shard, stopping);
        await using var deliveries = await ShardDeliveries.StartAsync(shard, _deliveries, checkpoint, stopping);
        Volatile.Write(ref _shards[shard], deliveries);
        var position = checkpoint;
        var movedAt = _time.GetTimestamp();
        var progress = _progress[shard];
        progress.Move(position, checkpoint, _time.GetUtcNow());
        try
        {
            while (true)
            {
                await deliveries.LookAroundAsync();
                var page = await _store.ReadLogAsync(shard, position, RoutingLimits.PageEntriesMax, stopping);
                if (page.Count > 0)
                {
                    Wake(page);
                    position = await deliveries.DeliverAsync(page);
                    progress.Move(position, checkpoint, _time.GetUtcNow());
                    progressed();
                }

                var due = position - checkpoint >= RoutingLimits.CheckpointEntriesMax
                    || _time.GetElapsedTime(movedAt) >= RoutingLimits.CheckpointAgeMax;
                if (position > checkpoint && due)
                {
                    try
                    {
                        // Where another router has moved it further, this one still goes on from where it is: whom that one has
                        // set aside since is not known here, and would be handed what comes after before what it lacks.
                        checkpoint = await CheckpointAsync(shard, lease, checkpoint, position, CancellationToken.None);
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
                    await _store.WaitForLogAsync(shard, position, RoutingLimits.PollEvery, deliveries.Ending);
            }
        }
        catch (FormatException) when (position > checkpoint)
        {
            // The next look begins at the entry that stops the shard, not before it: otherwise what is routed already would be
            // routed again with each look, and looks would follow each other as if there were progress.
            await CheckpointAsync(shard, lease, checkpoint, position, CancellationToken.None);
            throw;
        }
        catch (OperationCanceledException) when (deliveries.IsLost && !stopping.IsCancellationRequested)
        {
            throw new LeaseLostException();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && position > checkpoint)
        {
            await CheckpointAsync(shard, lease, checkpoint, position, CancellationToken.None);
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
    private async Task<long> CheckpointAsync(int shard, ShardLease? lease, long expected, long next, CancellationToken shutdown)
    {
        var move = new CheckpointMove(CheckpointName, shard, expected, next);
        try
        {
            if (lease is { } held && _leases is not null)
                await _leases.MoveCheckpointAsync(held, move, shutdown);
            else
                await _store.MoveCheckpointAsync(move, shutdown);
            return next;
        }
        catch (JournalConflictException)
        {
            return await _store.ReadCheckpointAsync(CheckpointName, shard, shutdown);
        }
    }

    // After an outcome that was not known a ledger tells its alarms again: who has heard them counts them once.
    private void Raise(int shard, long position, MisroutingSuspected alarm)
    {
        if (!_progress[shard].Hears(position))
            return;
        Interlocked.Increment(ref _alarms);
        RoutingLog.MisroutingSuspected(_logger, alarm.FirstDocument.ToString(), alarm.SecondDocument.ToString());
    }

    private int Sum(Func<ShardDeliveries, int> figure)
    {
        var sum = 0;
        for (var shard = 0; shard < _shards.Length; shard++)
            sum += Volatile.Read(ref _shards[shard]) is { } deliveries ? figure(deliveries) : 0;
        return sum;
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken stopping)
    {
        try
        {
            await Task.Delay(RetryPause.Jittered(pause), _time, stopping);
        }
        catch (OperationCanceledException)
        {
            // The caller looks at the token.
        }
    }

    private sealed class ShardProgress
    {
        private readonly Lock _lock = new();
        private readonly HashSet<long> _heard = [];
        private ShardRouting _routing;

        /// <summary>Whether the alarm of this position is new; the newest thousand are remembered.</summary>
        public bool Hears(long position)
        {
            lock (_lock)
            {
                if (_heard.Count == RoutingLimits.AlarmsHeardMax)
                    _heard.Remove(_heard.Min());
                return _heard.Add(position);
            }
        }

        public void Move(long position, long checkpoint, DateTimeOffset at)
        {
            lock (_lock)
                _routing = new ShardRouting(position, checkpoint, at);
        }

        public void Forget()
        {
            lock (_lock)
                _routing = default;
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
