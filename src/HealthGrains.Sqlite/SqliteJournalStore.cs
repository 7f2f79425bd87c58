using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Contents;
using HealthGrains.Grains.Journal;
using HealthGrains.Sqlite.Contents;
using HealthGrains.Sqlite.Keeping;
using HealthGrains.Sqlite.Native;
using HealthGrains.Sqlite.Reading;
using HealthGrains.Sqlite.Verifying;
using HealthGrains.Sqlite.Writing;

namespace HealthGrains.Sqlite;

/// <summary>The embedded journal store: one SQLite file in write-ahead mode with <c>synchronous=FULL</c>.</summary>
/// <remarks>
/// <para>A call goes to the one <see cref="Writer"/> or to the <see cref="Readers"/>, each on threads of their own; the
/// <see cref="Keeper"/> does what must happen beside them. What the tables mean is in docs/formats/sqlite-v1.md.</para>
/// <para>Several processes may open one store: the version check and the positions are read under SQLite's write lock.</para>
/// <para>After a failed commit or sync the store stops for good: every later call is <see
/// cref="JournalUnavailableReason.Away"/>, and <see cref="Failed"/> completes. The host then ends the process, and the next
/// start recovers. Nothing is synced twice.</para>
/// </remarks>
public sealed class SqliteJournalStore : IJournalStore
{
    private readonly SqliteStoreOptions _options;
    private readonly StoreState _state;
    private readonly Writer _writer;
    private readonly Readers _readers;
    private readonly Keeper _keeper;
    private int _disposed;

    private SqliteJournalStore(SqliteStoreOptions options, OpenedStore opened, Connection writing)
    {
        _options = options;
        StoreId = opened.StoreId;
        Shards = opened.Shards;
        _state = new StoreState([.. opened.Marks.Shards.Select(mark => mark.Position)], new JournalInstruments(StoreId));
        _keeper = new Keeper(StoreOpening.ForReading(options), StoreId, opened.Marks, options, _state);
        _readers = new Readers(
            () => StoreOpening.ForReading(options),
            Math.Clamp(Environment.ProcessorCount, 1, SqliteLimits.ReadersMax),
            _state);
        _writer = new Writer(writing, Shards, new RecentMarks(options.Directory, opened.Marks), options, _state);
        Contents = new SqliteContentStore(_writer, _readers, _state);
    }

    public int Shards { get; }

    public Guid StoreId { get; }

    /// <summary>Large contents in the same file; it lives as long as this store.</summary>
    public IContentStore Contents { get; }

    /// <summary>Completes when the store has stopped itself, with one line for the operator. The host should then end the
    /// process.</summary>
    public Task<string> Failed => _state.Failed;

    /// <summary>Opens the store in a directory, and creates it if there is none.</summary>
    /// <exception cref="JournalDamagedException">It ends before its high-water marks, or is damaged: the message names the
    /// shard and the positions.</exception>
    /// <exception cref="JournalUnavailableException">It cannot be opened: permissions, disk, another format.</exception>
    public static Task<SqliteJournalStore> OpenAsync(SqliteStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(options.Directory);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Shards, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Shards, JournalLimits.ShardsMax);
        return Task.Run(() => Open(options));
    }

    public ValueTask<Appended> AppendAsync(JournalTurn turn, CancellationToken shutdown)
    {
        var bytes = JournalGuard.CheckTurn(turn, Shards);
        shutdown.ThrowIfCancellationRequested();
        _state.ThrowIfFailed();
        var request = new TurnRequest(turn, turn.Journal.ShardOf(Shards), bytes);
        _writer.Enqueue(request);
        return new ValueTask<Appended>(request.Done);
    }

    public ValueTask<JournalTail> ReadAsync(JournalId journal, long? afterVersion, CancellationToken cancellation)
    {
        JournalGuard.CheckJournal(journal);
        if (afterVersion is { } version)
            ArgumentOutOfRangeException.ThrowIfNegative(version);
        return new ValueTask<JournalTail>(_readers.ReadAsync(
            session => JournalReading.Read(session, journal, afterVersion), cancellation));
    }

    public ValueTask<IReadOnlyList<LogEntry>> ReadLogAsync(
        int shard, long afterPosition, int entriesMax, CancellationToken cancellation)
    {
        JournalGuard.CheckPage(shard, Shards, afterPosition, entriesMax);
        return new ValueTask<IReadOnlyList<LogEntry>>(_readers.ReadAsync(
            session => LogReading.Read(session, shard, afterPosition, entriesMax), cancellation));
    }

    public ValueTask<IReadOnlyList<long>> ReadPositionsAsync(CancellationToken cancellation) =>
        new(_readers.ReadAsync<IReadOnlyList<long>>(
            session => [.. Enumerable.Range(0, session.Shards).Select(session.Position)], cancellation));

    public ValueTask<long> ReadCheckpointAsync(string name, int shard, CancellationToken cancellation)
    {
        JournalGuard.CheckReader(name, shard, Shards);
        return new ValueTask<long>(_readers.ReadAsync(session => session.Checkpoint(name, shard), cancellation));
    }

    public ValueTask MoveCheckpointAsync(CheckpointMove move, CancellationToken shutdown)
    {
        JournalGuard.CheckMove(move, Shards);
        shutdown.ThrowIfCancellationRequested();
        _state.ThrowIfFailed();
        var request = new MoveRequest(move);
        _writer.Enqueue(request);
        return new ValueTask(request.Done);
    }

    public async ValueTask WriteSnapshotAsync(JournalId journal, JournalSnapshot snapshot, CancellationToken shutdown)
    {
        JournalGuard.CheckSnapshot(journal, snapshot);
        shutdown.ThrowIfCancellationRequested();
        _state.ThrowIfFailed();
        var request = new SnapshotRequest(journal, journal.ShardOf(Shards), snapshot);
        _writer.Enqueue(request);
        if (!await request.Done.ConfigureAwait(false))
            throw new ArgumentException("A snapshot is of a version that is already durable.", nameof(snapshot));
    }

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadContentAsync(
        JournalId journal, Sha256 sha256, CancellationToken cancellation)
    {
        JournalGuard.CheckJournal(journal);
        return ContentReading.ReadAsync(_readers, journal, journal.ShardOf(Shards), sha256, cancellation);
    }

    public async ValueTask<long> DeleteContentsAsync(JournalId journal, CancellationToken shutdown)
    {
        JournalGuard.CheckJournal(journal);
        for (var erased = 0L; ;)
        {
            // A few in each commit: others write in between.
            shutdown.ThrowIfCancellationRequested();
            _state.ThrowIfFailed();
            var request = new EraseRequest(journal);
            _writer.Enqueue(request);
            var some = await request.Done.ConfigureAwait(false);
            if (some == 0)
                return erased;
            erased += some;
        }
    }

    public ValueTask<VerifyReport> VerifyAsync(
        JournalId? journal, IProgress<long>? progress, CancellationToken cancellation) =>
        new Verifier(_readers, StoreId, Shards, _options.Directory, progress, cancellation).VerifyAsync(journal);

    public ValueTask WaitForLogAsync(int shard, long afterPosition, TimeSpan atMost, CancellationToken cancellation)
    {
        JournalGuard.CheckShard(shard, Shards);
        _state.ThrowIfFailed();
        return _state.WaitAsync(shard, afterPosition, atMost, _options.Time, cancellation);
    }

    /// <summary>Commits what waits, answers it, writes the high-water marks and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            await Task.Run(Close).ConfigureAwait(false);
    }

    private void Close()
    {
        _writer.Dispose();
        _readers.Dispose();
        _keeper.Dispose();
    }

    private static SqliteJournalStore Open(SqliteStoreOptions options)
    {
        Connection? connection = null;
        try
        {
            Posix.CreateDirectory(options.Directory);
            Posix.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(options.Directory)) ?? "/");
            connection = StoreOpening.ForWriting(options);
            return new SqliteJournalStore(options, StoreOpening.Prepare(connection, options), connection);
        }
        catch (Exception failure) when (failure is SqliteFailure or IOException or UnauthorizedAccessException)
        {
            connection?.Dispose();
            throw failure switch
            {
                SqliteFailure { IsDamage: true } => new JournalDamagedException(new JournalDamage(
                    null, -1, 0, 0, $"'{StoreOpening.PathOf(options)}' cannot be read ({failure.Message}).")),
                SqliteFailure { IsBusy: true } => new JournalUnavailableException(
                    $"Another process holds the store in '{options.Directory}' for writing.",
                    JournalUnavailableReason.Busy,
                    failure),
                _ => new JournalUnavailableException(
                    $"The store in '{options.Directory}' cannot be opened ({failure.Message}).",
                    JournalUnavailableReason.Away,
                    failure),
            };
        }
        catch (JournalException)
        {
            connection?.Dispose();
            throw;
        }
    }
}
