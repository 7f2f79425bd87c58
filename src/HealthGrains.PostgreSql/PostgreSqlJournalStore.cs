using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Contents;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;
using HealthGrains.Grains.Routing;
using HealthGrains.PostgreSql.Contents;
using HealthGrains.PostgreSql.Keys;
using HealthGrains.PostgreSql.Migrating;
using HealthGrains.PostgreSql.Reading;
using HealthGrains.PostgreSql.Sharing;
using HealthGrains.PostgreSql.Verifying;
using HealthGrains.PostgreSql.Writing;
using Npgsql;

namespace HealthGrains.PostgreSql;

/// <summary>The journal store of several servers: the tables of one schema of a PostgreSQL database.</summary>
/// <remarks>
/// <para>Turns go to the one <see cref="Writer"/>, loads of journals share queries (<see cref="LoadQueue"/>), every other
/// read has one of a bounded number of connections. What the tables mean is in docs/formats/postgresql-v1.md.</para>
/// <para>Several processes may open one store: a commit locks the rows of its shards, and reads versions and positions under
/// these locks.</para>
/// <para>A database that restarts, fails over or does not answer makes calls fail with <see
/// cref="JournalUnavailableException"/> or <see cref="JournalOutcomeUnknownException"/>; once it is back the next call works,
/// without a restart here.</para>
/// </remarks>
public sealed class PostgreSqlJournalStore : IJournalStore
{
    private readonly PostgreSqlStoreOptions _options;
    private readonly Database _database;
    private readonly StoreState _state;
    private readonly Writer _writer;
    private readonly LoadQueue _loads;
    private readonly LogPoller _poller;
    private int _disposed;

    private PostgreSqlJournalStore(PostgreSqlStoreOptions options, Database database, OpenedStore opened)
    {
        _options = options;
        _database = database;
        StoreId = opened.StoreId;
        Shards = opened.Positions.Count;
        _state = new StoreState(opened.Positions, new JournalInstruments(StoreId));
        var memory = new CommitMemory();
        _writer = new Writer(database, options, _state, memory);
        _loads = new LoadQueue(database, _state, memory);
        _poller = new LogPoller(database, _state, options.Time);
        Contents = new PostgreSqlContentStore(database);
        Keys = new PostgreSqlKeyedRows(database);
        Leases = new ShardLeases(database);
    }

    public int Shards { get; }

    public Guid StoreId { get; }

    /// <summary>Completes with one line when the database turns out to have lost commits that this process knows of; the process must
    /// end then.</summary>
    public Task<string> Failed => _state.Failed;

    /// <summary>Large contents in the same database; it lives as long as this store.</summary>
    public IContentStore Contents { get; }

    /// <summary>Rows by key in the same database; they live as long as this store.</summary>
    public IKeyedRows Keys { get; }

    /// <summary>How the routers of the processes on this store share its shards.</summary>
    public IShardLeases Leases { get; }

    /// <summary>Opens the store in a database: migrates its schema, and creates the store if there is none.</summary>
    /// <exception cref="ArgumentException">The connection string cannot be one.</exception>
    /// <exception cref="JournalDamagedException">It does not hold what it says.</exception>
    /// <exception cref="JournalUnavailableException">It cannot be opened: no answer, rights, a newer schema, a server that syncs
    /// nothing.</exception>
    public static async Task<PostgreSqlJournalStore> OpenAsync(PostgreSqlStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(options.Connection);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Shards, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Shards, JournalLimits.ShardsMax);
        var database = new Database(options.Connection);
        try
        {
            var opened = await OnceAsync(database, connection => Migrator.OpenAsync(connection, options.Shards))
                .ConfigureAwait(false);
            return new PostgreSqlJournalStore(options, database, opened);
        }
        catch (JournalException)
        {
            await database.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The steps of the schema that <see cref="OpenAsync"/> would run now; nothing is changed.</summary>
    /// <exception cref="JournalUnavailableException">The database does not answer, or has a newer schema.</exception>
    public static async Task<IReadOnlyList<Migration>> PlanMigrationsAsync(PostgreSqlStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var database = new Database(options.Connection);
        await using var _ = database.ConfigureAwait(false);
        return await OnceAsync(database, Migrator.PlanAsync).ConfigureAwait(false);
    }

    public ValueTask<Appended> AppendAsync(JournalTurn turn, CancellationToken shutdown)
    {
        var bytes = JournalGuard.CheckTurn(turn, Shards);
        shutdown.ThrowIfCancellationRequested();
        var request = new TurnRequest(turn, turn.Journal.ShardOf(Shards), bytes);
        _writer.Enqueue(request);
        return new ValueTask<Appended>(request.Done);
    }

    public ValueTask<JournalTail> ReadAsync(JournalId journal, long? afterVersion, CancellationToken cancellation)
    {
        JournalGuard.CheckJournal(journal);
        if (afterVersion is { } version)
            ArgumentOutOfRangeException.ThrowIfNegative(version);
        return new ValueTask<JournalTail>(_loads.LoadAsync(journal, afterVersion, cancellation));
    }

    public async ValueTask<IReadOnlyList<LogEntry>> ReadLogAsync(
        int shard, long afterPosition, int entriesMax, CancellationToken cancellation)
    {
        JournalGuard.CheckPage(shard, Shards, afterPosition, entriesMax);
        var page = await _database.ReadAsync(
            (connection, token) => LogReading.ReadAsync(connection, shard, afterPosition, entriesMax, token), cancellation)
            .ConfigureAwait(false);
        _state.Instruments.Read(1);
        return page;
    }

    public ValueTask<IReadOnlyList<long>> ReadPositionsAsync(CancellationToken cancellation) =>
        new(_database.ReadAsync((connection, token) => LogReading.PositionsAsync(connection, Shards, token), cancellation));

    public ValueTask<long> ReadCheckpointAsync(string name, int shard, CancellationToken cancellation)
    {
        JournalGuard.CheckReader(name, shard, Shards);
        return new ValueTask<long>(_database.ReadAsync(
            (connection, token) => LogReading.CheckpointAsync(connection, name, shard, token), cancellation));
    }

    public ValueTask MoveCheckpointAsync(CheckpointMove move, CancellationToken shutdown)
    {
        JournalGuard.CheckMove(move, Shards);
        shutdown.ThrowIfCancellationRequested();
        var request = new MoveRequest(move);
        _writer.Enqueue(request);
        return new ValueTask(request.Done);
    }

    public async ValueTask WriteSnapshotAsync(JournalId journal, JournalSnapshot snapshot, CancellationToken shutdown)
    {
        JournalGuard.CheckSnapshot(journal, snapshot);
        shutdown.ThrowIfCancellationRequested();
        if (!await _database.ReadAsync(
            (connection, _) => SnapshotWriting.WriteAsync(connection, journal, snapshot), shutdown).ConfigureAwait(false))
        {
            throw new ArgumentException("A snapshot is of a version that is already durable.", nameof(snapshot));
        }
    }

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadContentAsync(
        JournalId journal, Sha256 sha256, CancellationToken cancellation)
    {
        JournalGuard.CheckJournal(journal);
        return ContentReading.ReadAsync(_database, journal, journal.ShardOf(Shards), sha256, cancellation);
    }

    public async ValueTask<long> DeleteContentsAsync(JournalId journal, CancellationToken shutdown)
    {
        JournalGuard.CheckJournal(journal);
        for (var erased = 0L; ;)
        {
            shutdown.ThrowIfCancellationRequested();
            var some = await _database.ReadAsync(
                (connection, _) => ContentErasing.EraseAsync(connection, journal), shutdown).ConfigureAwait(false);
            if (some == 0)
                return erased;
            erased += some;
        }
    }

    public ValueTask<VerifyReport> VerifyAsync(
        JournalId? journal, IProgress<long>? progress, CancellationToken cancellation) =>
        new(new Verifier(_database, Shards, progress, cancellation).VerifyAsync(journal));

    public ValueTask WaitForLogAsync(int shard, long afterPosition, TimeSpan atMost, CancellationToken cancellation)
    {
        JournalGuard.CheckShard(shard, Shards);
        _database.ThrowIfClosed();
        return _state.WaitAsync(shard, afterPosition, atMost, _options.Time, cancellation);
    }

    /// <summary>Commits what waits, answers it, and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _writer.DisposeAsync().ConfigureAwait(false);
        await _loads.DisposeAsync().ConfigureAwait(false);
        _database.Close();
        _state.WakeAll();
        await _poller.DisposeAsync().ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<T> OnceAsync<T>(Database database, Func<NpgsqlConnection, Task<T>> act)
    {
        try
        {
            var connection = await database.ConnectAsync().ConfigureAwait(false);
            await using var _ = connection.ConfigureAwait(false);
            return await act(connection).ConfigureAwait(false);
        }
        catch (PostgresException refused)
        {
            throw new JournalUnavailableException(
                $"The database cannot be opened (SQLSTATE {refused.SqlState}).", JournalUnavailableReason.Away, refused);
        }
        catch (Exception failure) when (Failures.IsDatabase(failure))
        {
            throw Failures.Unavailable(failure);
        }
    }
}
