using System.Runtime.CompilerServices;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Grains.Journal;

/// <summary>The reference journal store: one lock, lists and dictionaries. It shows what the contract means, and serves
/// tests; nothing survives the process.</summary>
/// <remarks>It keeps J2 to J6 of <see cref="IJournalStore"/> as written. Of J1 it keeps "all or none"; "durable" means here
/// "kept by the <see cref="MemoryJournalMedium"/>", and each turn is a commit of its own.</remarks>
public sealed class MemoryJournalStore : IJournalStore
{
    private readonly MemoryJournalMedium _medium;
    private readonly TimeProvider _time;
    private readonly JournalInstruments _instruments;
    private volatile bool _closed;

    /// <param name="medium">What to open; null for a new one.</param>
    /// <param name="time">For <see cref="WaitForLogAsync"/>; null for the system's.</param>
    public MemoryJournalStore(MemoryJournalMedium? medium = null, TimeProvider? time = null)
    {
        _medium = medium ?? new MemoryJournalMedium();
        _time = time ?? TimeProvider.System;
        _instruments = new JournalInstruments(_medium.StoreId);
    }

    public int Shards => _medium.Shards;

    public Guid StoreId => _medium.StoreId;

    /// <summary>What its next calls do wrong.</summary>
    public JournalFaults Faults { get; } = new();

    public async ValueTask<Appended> AppendAsync(JournalTurn turn, CancellationToken shutdown)
    {
        JournalGuard.CheckTurn(turn, Shards);
        ThrowIfClosed();
        shutdown.ThrowIfCancellationRequested();

        var (fault, hold) = Faults.Take(turn);
        if (hold is not null)
            await hold.PassAsync();
        switch (fault)
        {
            case JournalFault.Busy:
                throw new JournalUnavailableException("The queue of turns is full.");
            case JournalFault.DiskFull:
                throw new JournalUnavailableException("The disk is full.", JournalUnavailableReason.DiskFull);
            case JournalFault.Away:
                throw new JournalUnavailableException("The store is away.", JournalUnavailableReason.Away);
            case JournalFault.UnknownNotWritten:
                throw new JournalOutcomeUnknownException("The commit was not answered.");
        }

        Appended appended;
        lock (_medium.Gate)
            appended = Append(turn);
        _instruments.Committed(1, turn.Entries.Count, TimeSpan.Zero);
        return fault == JournalFault.UnknownWritten
            ? throw new JournalOutcomeUnknownException("The commit was not answered.")
            : appended;
    }

    public ValueTask<JournalTail> ReadAsync(JournalId journal, long? afterVersion, CancellationToken cancellation)
    {
        JournalGuard.CheckJournal(journal);
        if (afterVersion is { } version)
            ArgumentOutOfRangeException.ThrowIfNegative(version);
        ThrowIfClosed();
        cancellation.ThrowIfCancellationRequested();
        if (Faults.TakeRead() is { } failure)
            throw failure;
        lock (_medium.Gate)
            return ValueTask.FromResult(Read(journal, afterVersion));
    }

    public ValueTask<IReadOnlyList<LogEntry>> ReadLogAsync(
        int shard, long afterPosition, int entriesMax, CancellationToken cancellation)
    {
        JournalGuard.CheckPage(shard, Shards, afterPosition, entriesMax);
        ThrowIfClosed();
        cancellation.ThrowIfCancellationRequested();
        var page = new List<LogEntry>();
        var bytes = 0;
        lock (_medium.Gate)
        {
            var log = _medium.Logs[shard];
            for (var i = afterPosition; i < log.Count && page.Count < entriesMax && bytes < JournalLimits.LogPageBytesMax; i++)
            {
                var entry = log[(int)i];
                ThrowIfDamaged(entry);
                page.Add(new LogEntry(shard, entry.Position, entry.Journal, entry.Version, entry.Body));
                bytes += entry.Body.Length;
            }
        }

        _instruments.Read(1);
        return ValueTask.FromResult<IReadOnlyList<LogEntry>>(page);
    }

    public ValueTask<IReadOnlyList<long>> ReadPositionsAsync(CancellationToken cancellation)
    {
        ThrowIfClosed();
        lock (_medium.Gate)
            return ValueTask.FromResult<IReadOnlyList<long>>([.. _medium.Logs.Select(log => (long)log.Count)]);
    }

    public ValueTask<long> ReadCheckpointAsync(string name, int shard, CancellationToken cancellation)
    {
        JournalGuard.CheckReader(name, shard, Shards);
        ThrowIfClosed();
        lock (_medium.Gate)
            return ValueTask.FromResult(_medium.Checkpoints.GetValueOrDefault((name, shard)));
    }

    public ValueTask MoveCheckpointAsync(CheckpointMove move, CancellationToken shutdown)
    {
        JournalGuard.CheckMove(move, Shards);
        ThrowIfClosed();
        shutdown.ThrowIfCancellationRequested();
        lock (_medium.Gate)
        {
            ThrowIfMoved(move);
            _medium.Checkpoints[(move.Name, move.Shard)] = move.Next;
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask WriteSnapshotAsync(JournalId journal, JournalSnapshot snapshot, CancellationToken shutdown)
    {
        JournalGuard.CheckSnapshot(journal, snapshot);
        ThrowIfClosed();
        shutdown.ThrowIfCancellationRequested();
        lock (_medium.Gate)
        {
            if (!_medium.Journals.TryGetValue(journal, out var entries) || entries.Count < snapshot.Version)
                throw new ArgumentException("A snapshot is of a version that is already durable.", nameof(snapshot));
            if (!_medium.Snapshots.TryGetValue(journal, out var older) || older.Version < snapshot.Version)
                _medium.Snapshots[journal] = snapshot with { Body = snapshot.Body.ToArray() };
        }

        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadContentAsync(
        JournalId journal, Sha256 sha256, [EnumeratorCancellation] CancellationToken cancellation)
    {
        JournalGuard.CheckJournal(journal);
        ThrowIfClosed();
        byte[]? bytes;
        lock (_medium.Gate)
            _medium.Contents.TryGetValue((journal, sha256), out bytes);
        for (var from = 0; bytes is not null && from < bytes.Length; from += JournalLimits.ContentChunkBytes)
        {
            cancellation.ThrowIfCancellationRequested();
            var chunk = bytes.AsMemory(from, Math.Min(JournalLimits.ContentChunkBytes, bytes.Length - from));
            if (from + chunk.Length == bytes.Length && Sha256.Of(bytes) != sha256)
                throw Damaged(ContentDamage(journal));
            yield return chunk;
            await Task.Yield();
        }
    }

    public ValueTask<long> DeleteContentsAsync(JournalId journal, CancellationToken shutdown)
    {
        JournalGuard.CheckJournal(journal);
        ThrowIfClosed();
        shutdown.ThrowIfCancellationRequested();
        lock (_medium.Gate)
        {
            var gone = _medium.Contents.Keys.Where(key => key.Journal == journal).ToList();
            foreach (var key in gone)
                _medium.Contents.Remove(key);
            return ValueTask.FromResult((long)gone.Count);
        }
    }

    public async ValueTask<VerifyReport> VerifyAsync(
        JournalId? journal, IProgress<long>? progress, CancellationToken cancellation)
    {
        ThrowIfClosed();
        await Task.Yield();
        cancellation.ThrowIfCancellationRequested();
        var (entries, journals, contents) = (0L, 0L, 0L);
        JournalDamage? damage = null;
        lock (_medium.Gate)
        {
            foreach (var (id, chain) in _medium.Journals.Where(pair => journal is null || pair.Key == journal))
            {
                cancellation.ThrowIfCancellationRequested();
                journals++;
                foreach (var entry in chain)
                {
                    entries++;
                    damage ??= Check(entry);
                }
            }

            foreach (var ((id, sha256), bytes) in _medium.Contents.Where(pair => journal is null || pair.Key.Journal == journal))
            {
                contents++;
                if (Sha256.Of(bytes) != sha256)
                    damage ??= ContentDamage(id);
            }
        }

        progress?.Report(entries);
        return new VerifyReport(entries, journals, contents, damage);
    }

    public async ValueTask WaitForLogAsync(int shard, long afterPosition, TimeSpan atMost, CancellationToken cancellation)
    {
        JournalGuard.CheckShard(shard, Shards);
        ThrowIfClosed();
        Task grown;
        lock (_medium.Gate)
        {
            if (_medium.Logs[shard].Count > afterPosition)
                return;
            grown = _medium.Grown.Task;
        }

        try
        {
            await grown.WaitAsync(atMost, _time, cancellation);
        }
        catch (TimeoutException)
        {
            // A log that stayed still is no error: the caller looks and waits again.
        }
    }

    public ValueTask DisposeAsync()
    {
        _closed = true;
        return ValueTask.CompletedTask;
    }

    private Appended Append(JournalTurn turn)
    {
        // Everything is checked before anything is written: that is what makes it all or none here.
        var known = _medium.Journals.TryGetValue(turn.Journal, out var chain);
        chain ??= [];
        if (chain.Count != turn.ExpectedVersion)
        {
            _instruments.Conflicted();
            throw new JournalConflictException("The journal is at another version than the turn expects.");
        }

        if (turn.Checkpoint is { } move)
        {
            ThrowIfMoved(move);
            _medium.Checkpoints[(move.Name, move.Shard)] = move.Next;
        }

        if (!known)
            _medium.Journals.Add(turn.Journal, chain);
        var shard = turn.Journal.ShardOf(Shards);
        var log = _medium.Logs[shard];
        var appended = new Appended(chain.Count + 1, shard, log.Count + 1);
        foreach (var body in turn.Entries)
        {
            var hash = new byte[EntryHash.Bytes];
            EntryHash.Next(chain.Count == 0 ? EntryHash.Origin : chain[^1].Hash, chain.Count + 1, body.Span, hash);
            var entry = new MemoryEntry(turn.Journal, shard, log.Count + 1, chain.Count + 1, hash, body.ToArray());
            chain.Add(entry);
            log.Add(entry);
        }

        foreach (var content in turn.Contents)
            _medium.Contents.TryAdd((turn.Journal, content.Sha256), content.Bytes.ToArray());

        var grown = _medium.Grown;
        _medium.Grown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        grown.SetResult();
        return appended;
    }

    private JournalTail Read(JournalId journal, long? afterVersion)
    {
        _instruments.Read(1);
        if (!_medium.Journals.TryGetValue(journal, out var chain))
            return new JournalTail(0, null, []);
        var snapshot = afterVersion is null ? _medium.Snapshots.GetValueOrDefault(journal) : null;
        var entries = new List<JournalEntry>();
        foreach (var entry in chain.Skip((int)Math.Min(snapshot?.Version ?? afterVersion ?? 0, chain.Count)))
        {
            ThrowIfDamaged(entry);
            entries.Add(new JournalEntry(entry.Version, entry.Position, entry.Body));
        }

        return new JournalTail(chain.Count, snapshot, entries);
    }

    private void ThrowIfMoved(CheckpointMove move)
    {
        if (_medium.Checkpoints.GetValueOrDefault((move.Name, move.Shard)) == move.Expected)
            return;
        _instruments.Conflicted();
        throw new JournalConflictException("The checkpoint stands at another position than expected.");
    }

    private void ThrowIfDamaged(MemoryEntry entry)
    {
        if (Check(entry) is { } damage)
            throw Damaged(damage);
    }

    private JournalDamage? Check(MemoryEntry entry)
    {
        var previous = entry.Version == 1
            ? EntryHash.Origin
            : _medium.Journals[entry.Journal][(int)entry.Version - 2].Hash;
        Span<byte> hash = stackalloc byte[EntryHash.Bytes];
        EntryHash.Next(previous, entry.Version, entry.Body, hash);
        return hash.SequenceEqual(entry.Hash)
            ? null
            : new JournalDamage(
                entry.Journal, entry.Shard, entry.Position, entry.Version, "An entry does not fit the hash chain.");
    }

    private JournalDamage ContentDamage(JournalId journal) =>
        new(journal, journal.ShardOf(Shards), 0, 0, "A content does not have its SHA-256.");

    private static JournalDamagedException Damaged(JournalDamage damage) => new(damage);

    private void ThrowIfClosed()
    {
        if (_closed)
            throw new JournalUnavailableException("The store is closed.", JournalUnavailableReason.Away);
    }
}
