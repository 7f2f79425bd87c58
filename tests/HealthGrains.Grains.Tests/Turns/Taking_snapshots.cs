using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Turns;
using HealthGrains.Testing.Clocks;
using HealthGrains.Testing.Suites;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HealthGrains.Grains.Tests.Turns;

/// <summary>The worker behind <see cref="Snapshots"/>; that recovery reads what it wrote is the engine suite's.</summary>
public sealed class Taking_snapshots : IAsyncDisposable
{
    private static readonly TallyModel Model = new();
    private readonly MemoryJournalStore _inner = new();
    private readonly WatchedStore _store;
    private readonly Snapshots _snapshots;

    public Taking_snapshots()
    {
        _store = new WatchedStore(_inner);
        _snapshots = new Snapshots(
            _store, new GrainModels.Builder().Add(JournalKind.Patient, Model).Build(), NullLogger.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _snapshots.DisposeAsync();
        await _inner.DisposeAsync();
    }

    [Fact]
    public void They_are_due_so_rarely_that_their_whole_cost_stays_linear()
    {
        const int Versions = 100_000;
        var (snapshot, written) = (0L, 0L);
        for (var version = 1L; version <= Versions; version++)
        {
            if (Snapshots.IsDue(version, snapshot))
                (snapshot, written) = (version, written + version);
        }

        Assert.InRange(written, Versions, 4L * Versions);
        Assert.InRange(Versions - snapshot, 0, (Versions / 2) + 64);
    }

    [Fact]
    public async Task A_journal_that_waits_is_taken_once()
    {
        var journal = EngineBench.Grain("asked twice");
        await WriteAsync(journal, 10);
        var gate = EngineBench.Grain("before it");
        var hold = _store.HoldNextRead(gate);
        Assert.True(_snapshots.Request(gate));
        await hold.ReachedAsync();

        Assert.True(_snapshots.Request(journal));
        Assert.True(_snapshots.Request(journal));
        hold.Release();
        await _snapshots.DrainAsync(CancellationToken.None).Within("taking the snapshots");

        Assert.Equal(2, _store.Reads);
        Assert.Equal(10, (await _inner.ReadAsync(journal, null, CancellationToken.None)).Snapshot?.Version);
        Assert.False(_snapshots.Request(journal));
    }

    [Fact]
    public async Task What_does_not_fit_is_forgotten_and_may_be_asked_again()
    {
        var gate = EngineBench.Grain("first");
        var hold = _store.HoldNextRead(gate);
        Assert.True(_snapshots.Request(gate));
        await hold.ReachedAsync();
        for (var number = 0; number < GrainLimits.SnapshotQueueMax; number++)
            Assert.True(_snapshots.Request(EngineBench.Grain($"{number}")));

        var further = EngineBench.Grain("one more");
        await WriteAsync(further, 3);
        Assert.False(_snapshots.Request(further));

        hold.Release();
        await BoundedAwait.UntilAsync(() => _snapshots.Request(further), true, "asking until there is room");
        await _snapshots.DrainAsync(CancellationToken.None).Within("taking the snapshots");
        Assert.Equal(3, (await _inner.ReadAsync(further, null, CancellationToken.None)).Snapshot?.Version);
    }

    [Fact]
    public async Task A_failure_is_forgotten_and_the_next_is_taken()
    {
        var failing = EngineBench.Grain("failing");
        var unknown = new JournalId(JournalKind.Inbox, "of-no-model");
        var journal = EngineBench.Grain("fine");
        await WriteAsync(failing, 5);
        await WriteAsync(journal, 5);
        _store.FailNextRead(failing, new JournalUnavailableException("Away.", JournalUnavailableReason.Away));

        Assert.True(_snapshots.Request(failing));
        Assert.True(_snapshots.Request(unknown));
        Assert.True(_snapshots.Request(journal));
        await _snapshots.DrainAsync(CancellationToken.None).Within("taking the snapshots");

        Assert.Null((await _inner.ReadAsync(failing, null, CancellationToken.None)).Snapshot);
        Assert.Equal(5, (await _inner.ReadAsync(journal, null, CancellationToken.None)).Snapshot?.Version);
    }

    [Fact]
    public async Task Disposing_forgets_what_waits()
    {
        var gate = EngineBench.Grain("first");
        var hold = _store.HoldNextRead(gate);
        var journal = EngineBench.Grain("behind");
        await WriteAsync(journal, 5);
        _snapshots.Request(gate);
        await hold.ReachedAsync();
        _snapshots.Request(journal);

        await _snapshots.DisposeAsync().Within("disposing while a read is held");

        Assert.Null((await _inner.ReadAsync(journal, null, CancellationToken.None)).Snapshot);
        await _snapshots.DisposeAsync();
    }

    [Fact]
    public void None_takes_none() => Assert.False(Snapshots.None.Request(EngineBench.Grain("any")));

    private async Task WriteAsync(JournalId journal, int entries) => await _inner.AppendAsync(
        new JournalTurn(
            journal, 0, [.. Enumerable.Range(1, entries).Select(number => Model.Encode(new Counted("a", number, 1)))]),
        CancellationToken.None);
}
