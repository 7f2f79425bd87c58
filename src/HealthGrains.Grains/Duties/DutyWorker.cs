using HealthGrains.Domain.Agendas;
using HealthGrains.Domain.Duties;
using HealthGrains.Grains.Aliases;
using HealthGrains.Grains.Contents;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Grains.Duties;

/// <summary>Does what has to happen at a time with nobody looking: asks each shard's agenda what is due, then each record.</summary>
/// <remarks>
/// <para>T1. A record writes, in the turn of the cause, that something is due and when; the router takes that into the agenda of
/// the record's shard. So nothing is due that is not durable, and nothing durable is forgotten by a crash.</para>
/// <para>T2. The record decides in its own turn what is due and not done. This worker may ask twice, too early, or beside another
/// process's worker: the effect is there once.</para>
/// <para>T3. An item of an agenda is settled only after the record says that it owes nothing older. A crash in between costs one
/// more question.</para>
/// <para>T4. What is due is compared with the wall clock of now, never counted from a timer that was set before: a clock that is
/// set forward is noticed after <see cref="DutyLimits.PollEvery"/>, one that is set back undoes nothing.</para>
/// <para>T6. A record that is to become part of another one is finished first; what it owed is then asked of that one.</para>
/// <para>T5. A record that cannot be asked holds up nobody else.</para>
/// </remarks>
public sealed class DutyWorker : IAsyncDisposable
{
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(1);

    private readonly IJournalStore _store;
    private readonly IContentStore? _contents;
    private readonly IGrainEngine _engine;
    private readonly RecordMerger _merger;
    private readonly IChangeFeed _feed;
    private readonly TimeProvider _time;
    private readonly ILogger<DutyWorker> _logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private long _performed;

    /// <param name="store">Contents of destroyed records are deleted from it.</param>
    /// <param name="engine">Asks agendas and records.</param>
    /// <param name="feed">Wakes this worker when an agenda of this process grew.</param>
    /// <param name="time">What is due is compared with it.</param>
    /// <param name="logger">Told of what is held up, without data.</param>
    /// <param name="contents">Large contents of destroyed records are removed from it; null where there are none.</param>
    public DutyWorker(
        IJournalStore store,
        IGrainEngine engine,
        IChangeFeed feed,
        TimeProvider time,
        ILogger<DutyWorker> logger,
        IContentStore? contents = null)
    {
        _contents = contents;
        _store = store;
        _engine = engine;
        _merger = new RecordMerger(store, engine);
        _feed = feed;
        _time = time;
        _logger = logger;
    }

    /// <summary>Events that records wrote because of this worker.</summary>
    public long Performed => Interlocked.Read(ref _performed);

    public void Start() =>
        _running = Task.WhenAll(Enumerable.Range(0, _store.Shards).Select(shard => RunAsync(shard, _stopping.Token)));

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

    /// <summary>Does everything that is due now in one shard.</summary>
    /// <returns>When to look again at the latest; null when nothing is scheduled.</returns>
    internal async Task<DateTimeOffset?> PerformAsync(int shard, CancellationToken stopping)
    {
        var agenda = GrainIds.AgendaOf(shard);
        AgendaItem? after = null;
        var failed = false;
        while (true)
        {
            var page = (await _engine.AskAsync(agenda, new WhatIsDue(after, DutyLimits.PageMax), stopping)).Value;
            var settled = new List<long>();
            foreach (var item in page.Items)
            {
                if (await TryPerformAsync(shard, item, stopping))
                    settled.Add(item.Position);
                else
                    failed = true;
            }

            if (settled.Count > 0)
                await _engine.AskAsync(agenda, new SettleAgenda(settled), stopping);
            if (page.Items.Count > 0)
            {
                after = page.Items[^1];
                continue;
            }

            return failed ? _time.GetUtcNow() + DutyLimits.RetryAfter : page.Next;
        }
    }

    private async Task RunAsync(int shard, CancellationToken stopping)
    {
        // Not on the caller's thread: the first turn of an agenda runs on it.
        await Task.Yield();
        using var grown = _feed.Subscribe(GrainIds.AgendaOf(shard));
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var next = await PerformAsync(shard, stopping);
                await grown.WaitAsync(Pause(next), stopping);
                continue;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (EngineDrainingException)
            {
                return;
            }
            catch (Exception failure) when (failure is JournalException or EngineOverloadedException)
            {
                DutyLog.AgendaHeldUp(_logger, shard, failure.GetType().Name, DutyLimits.RetryAfter);
            }
            catch (Exception bug)
            {
                // Like the router's, this loop outlives what it runs: a bug must not end a shard's work without a word.
                DutyLog.AgendaFailed(_logger, shard, bug.GetType().Name, DutyLimits.RetryAfter, bug.StackTrace);
            }

            try
            {
                await Task.Delay(DutyLimits.RetryAfter, _time, stopping);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private TimeSpan Pause(DateTimeOffset? next)
    {
        var left = next is { } due ? due - _time.GetUtcNow() : DutyLimits.PollEvery;
        return left < Least ? Least : left < DutyLimits.PollEvery ? left : DutyLimits.PollEvery;
    }

    /// <returns>Whether the record owes nothing any more that is as old as the item.</returns>
    private async Task<bool> TryPerformAsync(int shard, AgendaItem item, CancellationToken stopping)
    {
        try
        {
            var patient = item.Patient;
            while (true)
            {
                var record = GrainIds.Of(patient);
                var done = (await _engine.AskAsync(record, new PerformDuties(), stopping)).Value;
                Interlocked.Add(ref _performed, done.Events);
                if (done.IsMoving)
                {
                    await _merger.FinishAsync(patient, stopping);
                    continue;
                }

                if (done.Elsewhere is { } home)
                {
                    // What this record owed went along with it.
                    patient = home;
                    continue;
                }

                if (done.ErasesContents)
                {
                    // The record says so in its journal, where nothing writes any more; what it says comes before what is done.
                    var erased = 0L;
                    foreach (var journal in done.AlsoErases.Select(GrainIds.Of).Append(record))
                    {
                        erased += await _store.DeleteContentsAsync(journal, stopping);
                        if (_contents is not null)
                            erased += await _contents.RemoveAllAsync(journal, stopping);
                    }

                    await _engine.AskAsync(record, new ConfirmErasure(erased), stopping);
                    DutyLog.RecordErased(_logger, erased);
                    continue;
                }

                if (done.Events > 0 && done.Next <= item.Due)
                    continue;
                return done.Next is not { } next || next > item.Due;
            }
        }
        catch (Exception failure) when (failure is JournalException or EngineOverloadedException)
        {
            DutyLog.DutyHeldUp(_logger, shard, failure.GetType().Name, DutyLimits.RetryAfter);
            return false;
        }
    }
}
