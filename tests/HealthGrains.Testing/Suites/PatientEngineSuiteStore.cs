using System.Collections.Concurrent;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;
using HealthGrains.Testing.Clocks;

namespace HealthGrains.Testing.Suites;

/// <summary>How an append goes wrong.</summary>
public enum StoreFault
{
    None,

    /// <summary>Nothing was written, and the engine is told so.</summary>
    Busy,

    /// <summary>It was written, and the engine is told that nobody knows.</summary>
    UnknownWritten,

    /// <summary>It was not written, and the engine is told that nobody knows.</summary>
    UnknownNotWritten,
}

/// <summary>The common store as one engine of the suite sees it: it holds, fails and counts, and notices turns of one grain
/// that overlap, because a turn uses the store for one thing at a time.</summary>
/// <remarks>Each engine has its own over the same store, so that two engines on one journal are no overlap.</remarks>
public sealed class WatchedStore(IJournalStore inner) : IJournalStore
{
    private readonly Lock _gate = new();
    private readonly List<(JournalId Journal, SyncPoint Point)> _holds = [];
    private readonly List<(JournalId Journal, SyncPoint Point)> _readHolds = [];
    private readonly List<(JournalId Journal, StoreFault Fault)> _faults = [];
    private readonly List<(JournalId Journal, JournalException Failure)> _readFailures = [];
    private readonly ConcurrentDictionary<JournalId, int> _inUse = new();
    private int _reads;
    private int _snapshotsRead;
    private int _entriesRead;
    private int _appends;
    private int _conflicts;
    private int _overlaps;
    private int _faultsMet;

    /// <summary>Decides for each append that nothing else was asked of; for random runs.</summary>
    public Func<JournalTurn, StoreFault>? Weather { get; set; }

    /// <summary>Reads fail when this says so; for random runs.</summary>
    public Func<bool>? ReadWeather { get; set; }

    public int Reads => Volatile.Read(ref _reads);

    public int SnapshotsRead => Volatile.Read(ref _snapshotsRead);

    public int EntriesRead => Volatile.Read(ref _entriesRead);

    /// <summary>Appends that were tried.</summary>
    public int Appends => Volatile.Read(ref _appends);

    public int Conflicts => Volatile.Read(ref _conflicts);

    public int Overlaps => Volatile.Read(ref _overlaps);

    public int FaultsMet => Volatile.Read(ref _faultsMet);

    public int Shards => inner.Shards;

    public Guid StoreId => inner.StoreId;

    /// <summary>The next append to the journal stops before it does anything.</summary>
    public SyncPoint HoldNextAppend(JournalId journal)
    {
        var point = new SyncPoint("an append");
        lock (_gate)
            _holds.Add((journal, point));
        return point;
    }

    /// <summary>The next read of the journal stops before it does anything.</summary>
    public SyncPoint HoldNextRead(JournalId journal)
    {
        var point = new SyncPoint("a read");
        lock (_gate)
            _readHolds.Add((journal, point));
        return point;
    }

    public void FailNextAppend(JournalId journal, StoreFault fault)
    {
        lock (_gate)
            _faults.Add((journal, fault));
    }

    public void FailNextRead(JournalId journal, JournalException failure)
    {
        lock (_gate)
            _readFailures.Add((journal, failure));
    }

    public async ValueTask<Appended> AppendAsync(JournalTurn turn, CancellationToken shutdown)
    {
        using var use = Use(turn.Journal);
        Interlocked.Increment(ref _appends);
        if (Take(_holds, turn.Journal) is { } hold)
            await hold.PassAsync().WaitAsync(shutdown);
        var fault = Take(_faults, turn.Journal);
        if (fault == StoreFault.None)
            fault = Weather?.Invoke(turn) ?? StoreFault.None;
        if (fault != StoreFault.None)
            Interlocked.Increment(ref _faultsMet);
        if (fault == StoreFault.Busy)
            throw new JournalUnavailableException("The suite's store is busy.");
        if (fault == StoreFault.UnknownNotWritten)
            throw new JournalOutcomeUnknownException("The suite's store did not answer.");

        // A store answers later and from another thread: that is where turns could overlap.
        await Task.Yield();
        try
        {
            var appended = await inner.AppendAsync(turn, shutdown);
            return fault == StoreFault.UnknownWritten
                ? throw new JournalOutcomeUnknownException("The suite's store did not answer.")
                : appended;
        }
        catch (JournalConflictException)
        {
            Interlocked.Increment(ref _conflicts);
            throw;
        }
    }

    public async ValueTask<JournalTail> ReadAsync(
        JournalId journal, long? afterVersion, CancellationToken cancellation)
    {
        using var use = Use(journal);
        Interlocked.Increment(ref _reads);
        if (Take(_readHolds, journal) is { } hold)
            await hold.PassAsync().WaitAsync(cancellation);
        if (Take(_readFailures, journal) is { } failure)
            throw failure;
        if (ReadWeather?.Invoke() == true)
        {
            Interlocked.Increment(ref _faultsMet);
            throw new JournalUnavailableException("The suite's store cannot be read.", JournalUnavailableReason.Away);
        }

        await Task.Yield();
        var tail = await inner.ReadAsync(journal, afterVersion, cancellation);
        Interlocked.Add(ref _snapshotsRead, tail.Snapshot is null ? 0 : 1);
        Interlocked.Add(ref _entriesRead, tail.Entries.Count);
        return tail;
    }

    public ValueTask<IReadOnlyList<LogEntry>> ReadLogAsync(
        int shard, long afterPosition, int entriesMax, CancellationToken cancellation) =>
        inner.ReadLogAsync(shard, afterPosition, entriesMax, cancellation);

    public ValueTask<IReadOnlyList<long>> ReadPositionsAsync(CancellationToken cancellation) =>
        inner.ReadPositionsAsync(cancellation);

    public ValueTask<long> ReadCheckpointAsync(string name, int shard, CancellationToken cancellation) =>
        inner.ReadCheckpointAsync(name, shard, cancellation);

    public ValueTask MoveCheckpointAsync(CheckpointMove move, CancellationToken shutdown) =>
        inner.MoveCheckpointAsync(move, shutdown);

    public ValueTask WriteSnapshotAsync(JournalId journal, JournalSnapshot snapshot, CancellationToken shutdown) =>
        inner.WriteSnapshotAsync(journal, snapshot, shutdown);

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadContentAsync(
        JournalId journal, Sha256 sha256, CancellationToken cancellation) =>
        inner.ReadContentAsync(journal, sha256, cancellation);

    public ValueTask<long> DeleteContentsAsync(JournalId journal, CancellationToken shutdown) =>
        inner.DeleteContentsAsync(journal, shutdown);

    public ValueTask<VerifyReport> VerifyAsync(
        JournalId? journal, IProgress<long>? progress, CancellationToken cancellation) =>
        inner.VerifyAsync(journal, progress, cancellation);

    public ValueTask WaitForLogAsync(int shard, long afterPosition, TimeSpan atMost, CancellationToken cancellation) =>
        inner.WaitForLogAsync(shard, afterPosition, atMost, cancellation);

    /// <summary>The store below is the bench's.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private T? Take<T>(List<(JournalId Journal, T What)> asked, JournalId journal)
    {
        lock (_gate)
        {
            var index = asked.FindIndex(one => one.Journal == journal);
            if (index < 0)
                return default;
            var what = asked[index].What;
            asked.RemoveAt(index);
            return what;
        }
    }

    private InUse Use(JournalId journal)
    {
        if (_inUse.AddOrUpdate(journal, 1, (_, users) => users + 1) > 1)
            Interlocked.Increment(ref _overlaps);
        return new InUse(this, journal);
    }

    private readonly struct InUse(WatchedStore store, JournalId journal) : IDisposable
    {
        public void Dispose() => store._inUse.AddOrUpdate(journal, 0, (_, users) => users - 1);
    }
}
