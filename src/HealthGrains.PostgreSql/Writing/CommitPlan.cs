using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;
using Npgsql;

namespace HealthGrains.PostgreSql.Writing;

/// <summary>What one commit sees under its locks, and the rows that its turns make of it.</summary>
/// <remarks>A checkpoint is read and moved under the lock of its own shard's row, also when it moves with a turn of a journal
/// in another shard: a row that does not exist yet cannot be locked itself.</remarks>
internal sealed class CommitPlan
{
    private readonly SortedSet<int> _shards = [];
    private readonly Dictionary<string, Head> _heads = [];
    private readonly Dictionary<(string Name, int Shard), Checkpoint> _checkpoints = [];
    private readonly Dictionary<int, long> _positions = [];
    private readonly SortedSet<int> _grown = [];
    private readonly List<EntryRow> _entries = [];
    private readonly Dictionary<(string Journal, Sha256 Sha256), ReadOnlyMemory<byte>> _contents = [];

    public int Entries => _entries.Count;

    /// <summary>Shards whose logs grow, with their new ends.</summary>
    public IEnumerable<(int Shard, long Position)> Grown => _grown.Select(shard => (shard, _positions[shard]));

    /// <summary>Where all shards concerned stood when they were looked at.</summary>
    public IEnumerable<(int Shard, long Position)> Positions => _positions.Select(each => (each.Key, each.Value));

    public void NeedHead(JournalId journal, int shard)
    {
        _shards.Add(shard);
        _heads.TryAdd(journal.Value, Head.None());
    }

    public void NeedCheckpoint(CheckpointMove move)
    {
        _shards.Add(move.Shard);
        _checkpoints.TryAdd((move.Name, move.Shard), new Checkpoint(0, isSound: true));
    }

    /// <summary>Locks the shards in their order, which no two commits can deadlock over, and reads what the turns stand on. Each
    /// statement sees what was committed before it began, thus everything that the lock waited for.</summary>
    public async Task LockAsync(NpgsqlConnection connection)
    {
        using var batch = new NpgsqlBatch(connection)
            .With("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
            .With(Database.ByKeyOnly)
            .With($"SET LOCAL lock_timeout = {PostgreSqlLimits.ShardWaitMax.TotalMilliseconds:F0}")
            .With($"SET LOCAL idle_in_transaction_session_timeout = {PostgreSqlLimits.SilentHolderMax.TotalMilliseconds:F0}")
            .With("SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' "
                + "ELSE current_setting('synchronous_commit') END, true)")
            .With("SELECT shard, position FROM shard WHERE shard = ANY($1) ORDER BY shard FOR UPDATE", Sql.Integers([.. _shards]))
            .With("SELECT journal, version, position, hash, seal FROM head WHERE journal = ANY($1)", Sql.Texts([.. _heads.Keys]))
            .With(
                "SELECT c.name, c.shard, c.position, c.seal FROM unnest($1, $2) AS w(name, shard) "
                + "JOIN checkpoint c ON c.name = w.name AND c.shard = w.shard",
                Sql.Texts([.. _checkpoints.Keys.Select(key => key.Name)]),
                Sql.Integers([.. _checkpoints.Keys.Select(key => key.Shard)]));

        // Nothing is written yet, so a server that has frozen may be given up here.
        batch.Timeout = (int)PostgreSqlLimits.ReadWaitMax.TotalSeconds;
        var reader = await batch.ExecuteReaderAsync().ConfigureAwait(false);
        await using var _ = reader.ConfigureAwait(false);
        await reader.NextResultAsync().ConfigureAwait(false);
        while (await reader.ReadAsync().ConfigureAwait(false))
            _positions[reader.GetInt32(0)] = reader.GetInt64(1);
        await reader.NextResultAsync().ConfigureAwait(false);
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            var journal = reader.GetString(0);
            var (version, position, hash) = (reader.GetInt64(1), reader.GetInt64(2), reader.GetFieldValue<byte[]>(3));
            var isSound = hash.Length == EntryHash.Bytes && RowSeal.OfHead(journal, version, position, hash) == reader.GetInt64(4);
            _heads[journal] = new Head(version, position, hash, isSound);
        }

        await reader.NextResultAsync().ConfigureAwait(false);
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            var (name, shard, position) = (reader.GetString(0), reader.GetInt32(1), reader.GetInt64(2));
            var isSound = RowSeal.OfCheckpoint(name, shard, position) == reader.GetInt64(3);
            _checkpoints[(name, shard)] = new Checkpoint(position, isSound);
        }
    }

    /// <summary>Takes what the turns stand on from memory in place of the database, which checks it while it writes.</summary>
    /// <returns>False when memory does not know all of it.</returns>
    public bool TryRemember(CommitMemory memory, StoreState state)
    {
        foreach (var shard in _shards)
            _positions[shard] = state.PositionOf(shard);
        foreach (var journal in _heads.Keys)
        {
            if (memory.Find(journal) is { } known)
                _heads[journal] = new Head(known.Version, known.Position, known.Hash, isSound: true);
        }

        foreach (var (name, shard) in _checkpoints.Keys)
        {
            // One that never moved has no row that could be compared.
            if (memory.CheckpointOf(name, shard) is not (> 0 and var position))
                return false;
            _checkpoints[(name, shard)] = new Checkpoint(position, isSound: true);
        }

        return true;
    }

    /// <summary>Keeps what is durable now.</summary>
    public void Remember(CommitMemory memory)
    {
        foreach (var (journal, head) in _heads)
        {
            if (head.IsSound)
                memory.Keep(journal, new KnownHead(head.Version, head.Position, head.Hash));
        }

        foreach (var ((name, shard), checkpoint) in _checkpoints)
        {
            if (checkpoint.IsSound)
                memory.KeepCheckpoint(name, shard, checkpoint.Position);
        }
    }

    /// <summary>What memory said is not to be relied on.</summary>
    public void Forget(CommitMemory memory)
    {
        foreach (var journal in _heads.Keys)
            memory.Forget(journal);
        foreach (var (name, shard) in _checkpoints.Keys)
            memory.ForgetCheckpoint(name, shard);
    }

    public Appended Append(TurnRequest request)
    {
        var (turn, shard) = (request.Turn, request.Shard);
        var head = _heads[turn.Journal.Value];
        if (!head.IsSound)
            throw Damaged(turn.Journal, shard, "The head of a journal is not as it was written.");
        if (head.Version != turn.ExpectedVersion)
            throw new JournalConflictException("The journal is at another version than the turn expects.");
        if (!_positions.TryGetValue(shard, out var position))
            throw Damaged(null, shard, "The row of a shard is missing.");
        if (turn.Checkpoint is { } move)
            ThrowIfMoved(move);

        var appended = new Appended(head.Version + 1, shard, position + 1);
        foreach (var body in turn.Entries)
        {
            var hash = new byte[EntryHash.Bytes];
            EntryHash.Next(head.Hash, ++head.Version, body.Span, hash);
            head.Hash = hash;
            _entries.Add(new EntryRow(
                shard, ++position, turn.Journal.Value, head.Version, hash,
                RowSeal.OfEntry(shard, position, turn.Journal.Value, head.Version, hash, body.Span), body));
        }

        (head.Position, head.HasGrown, _positions[shard]) = (position, true, position);
        _grown.Add(shard);
        foreach (var content in turn.Contents)
            _contents.TryAdd((turn.Journal.Value, content.Sha256), content.Bytes);
        if (turn.Checkpoint is { } moved)
            Set(moved);
        return appended;
    }

    public void Move(CheckpointMove move)
    {
        ThrowIfMoved(move);
        Set(move);
    }

    /// <summary>Everything that the turns made, with COMMIT at its end: one round trip.</summary>
    public NpgsqlBatch Commit(NpgsqlConnection connection)
    {
        // A commit that is cancelled while it waits for a synchronous standby is reported as a success: no time limit, no token.
        var batch = new NpgsqlBatch(connection) { Timeout = 0 };
        CommitRows.AddEntries(batch, _entries);
        CommitRows.AddHeads(batch, [.. _heads.Where(head => head.Value.HasGrown)]);
        if (_grown.Count > 0)
        {
            batch.With(
                "UPDATE shard SET position = w.position FROM unnest($1, $2) AS w(shard, position) WHERE shard.shard = w.shard",
                Sql.Integers([.. _grown]),
                Sql.Longs([.. _grown.Select(shard => _positions[shard])]));
        }

        CommitRows.AddContents(batch, _contents);
        CommitRows.AddCheckpoints(batch, [.. _checkpoints.Where(checkpoint => checkpoint.Value.HasMoved)]);
        return batch.With("COMMIT");
    }

    /// <summary>Whether it is small enough for one statement.</summary>
    public bool FitsOneCall =>
        _entries.Sum(entry => (long)entry.Body.Length) + _contents.Values.Sum(bytes => (long)bytes.Length)
        <= PostgreSqlLimits.InsertBytesMax;

    /// <summary>Everything in one call of the function <c>commit_turns</c>, a transaction of its own: one round trip.</summary>
    public NpgsqlCommand CommitInOneCall(NpgsqlConnection connection) => CommitCall.Of(
        connection,
        [.. _shards.Select(shard => (shard, _positions[shard] - _entries.Count(entry => entry.Shard == shard), _positions[shard]))],
        _entries,
        [.. _heads.Where(head => head.Value.HasGrown)],
        _contents,
        [.. _checkpoints.Where(checkpoint => checkpoint.Value.HasMoved)]);

    private void ThrowIfMoved(CheckpointMove move)
    {
        var checkpoint = _checkpoints[(move.Name, move.Shard)];
        if (!checkpoint.IsSound)
            throw Damaged(null, move.Shard, "A checkpoint is not as it was written.");
        if (!_positions.ContainsKey(move.Shard))
            throw Damaged(null, move.Shard, "The row of a shard is missing.");
        if (checkpoint.Position != move.Expected)
            throw new JournalConflictException("The checkpoint stands at another position than expected.");
    }

    private void Set(CheckpointMove move)
    {
        var checkpoint = _checkpoints[(move.Name, move.Shard)];
        (checkpoint.Position, checkpoint.HasMoved) = (move.Next, true);
    }

    private static JournalDamagedException Damaged(JournalId? journal, int shard, string what) =>
        new(new JournalDamage(journal, shard, 0, 0, what));
}

/// <summary>A journal's newest entry, as stored or as the turns of this commit have moved it.</summary>
internal sealed class Head(long version, long position, byte[] hash, bool isSound)
{
    public long StoredVersion { get; } = version;

    public long StoredPosition { get; } = position;

    public byte[] StoredHash { get; } = hash;

    public long Version { get; set; } = version;

    public long Position { get; set; } = position;

    public byte[] Hash { get; set; } = hash;

    public bool IsSound { get; } = isSound;

    public bool HasGrown { get; set; }

    public static Head None() => new(0, 0, EntryHash.Origin.ToArray(), isSound: true);
}

/// <summary>Where a named reader stands.</summary>
internal sealed class Checkpoint(long position, bool isSound)
{
    public long StoredPosition { get; } = position;

    public long Position { get; set; } = position;

    public bool IsSound { get; } = isSound;

    public bool HasMoved { get; set; }
}

/// <summary>A row of the table <c>entry</c>.</summary>
internal sealed record EntryRow(
    int Shard, long Position, string Journal, long Version, byte[] Hash, long Seal, ReadOnlyMemory<byte> Body);
