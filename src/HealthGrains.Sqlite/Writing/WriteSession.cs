using System.Text;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;
using HealthGrains.Sqlite.Contents;
using HealthGrains.Sqlite.Native;
using HealthGrains.Sqlite.Reading;

namespace HealthGrains.Sqlite.Writing;

/// <summary>The statements of the writer, and what it knows within one transaction.</summary>
/// <remarks>Positions and chunk numbers are read again in each transaction, because another process may have written in
/// between; within one they are counted here and written once at its end.</remarks>
internal sealed class WriteSession
{
    private const long Unread = -1;

    private readonly Connection _connection;
    private readonly Statement _begin;
    private readonly Statement _commit;
    private readonly Statement _rollback;
    private readonly Statement _readPosition;
    private readonly Statement _writePosition;
    private readonly Statement _readHead;
    private readonly Statement _insertHead;
    private readonly Statement _updateHead;
    private readonly Statement _lastChunk;
    private readonly Statement _insertChunk;
    private readonly Statement _insertContent;
    private readonly Statement _readCheckpoint;
    private readonly Statement _writeCheckpoint;
    private readonly Statement _snapshotVersion;
    private readonly Statement _writeSnapshot;
    private readonly Statement?[] _insertEntry;
    private readonly Statement?[] _readEntryHash;

    private readonly long[] _positions;
    private readonly Sha256[] _lastHashes;
    private readonly List<int> _touched = [];
    private readonly byte[] _hash = new byte[EntryHash.Bytes];
    private long _nextChunk;
    private UploadRows? _uploads;

    public WriteSession(Connection connection, int shards)
    {
        _connection = connection;
        _positions = new long[shards];
        _lastHashes = new Sha256[shards];
        _positions.AsSpan().Fill(Unread);
        _insertEntry = new Statement?[shards];
        _readEntryHash = new Statement?[shards];
        _begin = connection.Prepare("BEGIN IMMEDIATE");
        _commit = connection.Prepare("COMMIT");
        _rollback = connection.Prepare("ROLLBACK");
        _readPosition = connection.Prepare("SELECT position FROM shard WHERE shard = ?1");
        _writePosition = connection.Prepare("UPDATE shard SET position = ?2 WHERE shard = ?1");
        _readHead = connection.Prepare("SELECT version, position, hash, seal FROM head WHERE journal = ?1");
        _insertHead = connection.Prepare("INSERT INTO head VALUES (?1, ?2, ?3, ?4, ?5)");
        _updateHead = connection.Prepare(
            "UPDATE head SET version = ?2, position = ?3, hash = ?4, seal = ?5 WHERE journal = ?1");
        _lastChunk = connection.Prepare("SELECT max(number) FROM chunk");
        _insertChunk = connection.Prepare("INSERT INTO chunk VALUES (?1, ?2)");
        _insertContent = connection.Prepare("INSERT INTO content VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING");
        _readCheckpoint = connection.Prepare("SELECT position, seal FROM checkpoint WHERE name = ?1 AND shard = ?2");
        _writeCheckpoint = connection.Prepare("INSERT OR REPLACE INTO checkpoint VALUES (?1, ?2, ?3, ?4)");
        _snapshotVersion = connection.Prepare("SELECT version FROM snapshot WHERE journal = ?1");
        _writeSnapshot = connection.Prepare("INSERT INTO snapshot (journal, version, entry_hash, sha256, body) "
            + "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (journal) DO UPDATE SET version = excluded.version, "
            + "entry_hash = excluded.entry_hash, sha256 = excluded.sha256, body = excluded.body");
    }

    /// <summary>The rows of uploads, in this transaction.</summary>
    public UploadRows Uploads => _uploads ??= new UploadRows(_connection);

    /// <summary>Entries written in this transaction.</summary>
    public int Entries { get; private set; }

    /// <summary>Shards that this transaction wrote to.</summary>
    public IReadOnlyList<int> Touched => _touched;

    /// <summary>The last position of a shard that this transaction wrote to.</summary>
    public long PositionOf(int shard) => _positions[shard];

    /// <summary>The hash of the entry there.</summary>
    public Sha256 HashAt(int shard) => _lastHashes[shard];

    public bool InTransaction => _connection.InTransaction;

    /// <exception cref="SqliteFailure">Busy: another connection is writing.</exception>
    public void Begin()
    {
        foreach (var shard in _touched)
            _positions[shard] = Unread;
        _touched.Clear();
        _nextChunk = 0;
        Entries = 0;
        _begin.Run();
    }

    /// <summary>Writes what was counted; the transaction is then complete, but not yet durable.</summary>
    public void Complete()
    {
        foreach (var shard in _touched)
            _writePosition.Bind(1, shard).Bind(2, _positions[shard]).Run();
    }

    public void Commit() => _commit.Run();

    public void Rollback()
    {
        if (_connection.InTransaction)
            _rollback.Run();
    }

    public Appended Append(TurnRequest request)
    {
        var turn = request.Turn;
        var (version, previous) = ReadHead(request.Journal, turn.Journal, request.Shard);
        if (version != turn.ExpectedVersion)
            throw new JournalConflictException("The journal is at another version than the turn expects.");
        if (turn.Checkpoint is { } move)
            ThrowIfMoved(move);

        var shard = request.Shard;
        var position = LoadPosition(shard);
        var appended = new Appended(version + 1, shard, position + 1);
        var isNew = version == 0;
        var insert = _insertEntry[shard] ??=
            _connection.Prepare($"INSERT INTO {Schema.Log(shard)} VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        foreach (var body in turn.Entries)
        {
            EntryHash.Next(_hash, ++version, body.Span, _hash);
            position++;
            insert.Bind(1, position).BindText(2, request.Journal).Bind(3, version).Bind(4, previous).BindBlob(5, _hash)
                .Bind(6, RowSeal.OfEntry(shard, position, request.Journal, version, previous, _hash, body.Span))
                .BindBlob(7, body.Span).Run();
            previous = position;
            Entries++;
        }

        (isNew ? _insertHead : _updateHead)
            .BindText(1, request.Journal).Bind(2, version).Bind(3, position).BindBlob(4, _hash)
            .Bind(5, RowSeal.OfHead(request.Journal, version, position, _hash)).Run();
        _positions[shard] = position;
        _lastHashes[shard] = new Sha256(_hash);
        foreach (var content in turn.Contents)
            Keep(request.Journal, content);
        if (turn.Checkpoint is { } moved)
            Write(moved);
        return appended;
    }

    public void Move(CheckpointMove move)
    {
        ThrowIfMoved(move);
        Write(move);
    }

    public bool KeepSnapshot(JournalId journal, int shard, JournalSnapshot snapshot)
    {
        var id = Encoding.ASCII.GetBytes(journal.Value);
        var (version, position) = ReadHead(id, journal, shard);
        if (version < snapshot.Version)
            return false;

        _snapshotVersion.BindText(1, id);
        var known = _snapshotVersion.Step() ? _snapshotVersion.Integer(0) : 0;
        _snapshotVersion.Reset();
        if (known >= snapshot.Version)
            return true;

        // The snapshot is tied to the chain by the hash of the entry that it ends with.
        var read = _readEntryHash[shard] ??=
            _connection.Prepare($"SELECT version, previous, hash FROM {Schema.Log(shard)} WHERE position = ?1");
        for (; version > snapshot.Version; version--)
        {
            read.Bind(1, position);
            if (!read.Step())
                throw Damaged(journal, shard, position, version, "An entry is missing.");
            position = read.Integer(1);
            read.Reset();
        }

        read.Bind(1, position);
        if (!read.Step() || read.Integer(0) != snapshot.Version)
        {
            read.Reset();
            throw Damaged(journal, shard, position, version, "An entry is missing.");
        }

        read.Blob(2).CopyTo(_hash);
        read.Reset();
        var seal = SnapshotSeal.Of(id, snapshot.Version, _hash, snapshot.Body.Span);
        _writeSnapshot.BindText(1, id).Bind(2, snapshot.Version).BindBlob(3, _hash).BindBlob(4, seal)
            .BindBlob(5, snapshot.Body.Span).Run();
        return true;
    }

    /// <summary>Deletes a few contents of a journal, with zeros over their bytes.</summary>
    /// <returns>How many; 0 when none is left.</returns>
    public int Erase(JournalId journal)
    {
        var id = Encoding.ASCII.GetBytes(journal.Value);
        var contents = new List<(byte[] Sha256, ContentRow Row)>();
        using (var read = _connection.PrepareOnce(
            "SELECT sha256, size, first_chunk FROM content WHERE journal = ?1 LIMIT ?2"))
        {
            read.BindText(1, id).Bind(2, SqliteLimits.ErasedTogetherMax);
            while (read.Step())
                contents.Add((read.Blob(0).ToArray(), new ContentRow(read.Integer(1), read.Integer(2))));
        }

        if (contents.Count == 0)
            return 0;
        _connection.Execute("PRAGMA secure_delete = ON");
        try
        {
            using var last = _connection.PrepareOnce("SELECT max(number) FROM chunk");
            last.Step();
            var highest = last.Integer(0);
            last.Reset();
            using var delete = _connection.PrepareOnce("DELETE FROM chunk WHERE number >= ?1 AND number < ?2 AND number <> ?3");

            // The highest number stays, empty: no number is ever given twice, so that a slow reader of what was there never
            // reads what came after.
            using var empty = _connection.PrepareOnce("UPDATE chunk SET bytes = x'' WHERE number = ?3 AND ?3 >= ?1 AND ?3 < ?2");
            using var forget = _connection.PrepareOnce("DELETE FROM content WHERE journal = ?1 AND sha256 = ?2");
            foreach (var (sha256, row) in contents)
            {
                delete.Bind(1, row.FirstChunk).Bind(2, row.FirstChunk + row.Chunks).Bind(3, highest).Run();
                empty.Bind(1, row.FirstChunk).Bind(2, row.FirstChunk + row.Chunks).Bind(3, highest).Run();
                forget.BindText(1, id).BindBlob(2, sha256).Run();
            }
        }
        finally
        {
            _connection.Execute("PRAGMA secure_delete = OFF");
        }

        return contents.Count;
    }

    /// <summary>Version and position of a journal's newest entry, whose hash goes to <see cref="_hash"/>.</summary>
    private (long Version, long Position) ReadHead(byte[] journal, JournalId id, int shard)
    {
        _readHead.BindText(1, journal);
        if (!_readHead.Step())
        {
            EntryHash.Origin.CopyTo(_hash);
            return (0, 0);
        }

        var (version, position) = (_readHead.Integer(0), _readHead.Integer(1));
        var hash = _readHead.Blob(2);
        var isSound = hash.Length == EntryHash.Bytes
            && RowSeal.OfHead(journal, version, position, hash) == _readHead.Integer(3);
        if (isSound)
            hash.CopyTo(_hash);
        _readHead.Reset();
        return isSound
            ? (version, position)
            : throw Damaged(id, shard, position, version, "The head of a journal is not as it was written.");
    }

    private long LoadPosition(int shard)
    {
        if (_positions[shard] != Unread)
            return _positions[shard];
        _readPosition.Bind(1, shard);
        if (!_readPosition.Step())
            throw new JournalDamagedException(new JournalDamage(null, shard, 0, 0, "The shard's row is missing."));
        _positions[shard] = _readPosition.Integer(0);
        _readPosition.Reset();
        _touched.Add(shard);
        return _positions[shard];
    }

    private void Keep(byte[] journal, JournalContent content)
    {
        if (_nextChunk == 0)
        {
            _lastChunk.Step();
            _nextChunk = _lastChunk.Integer(0) + 1;
            _lastChunk.Reset();
        }

        Span<byte> sha256 = stackalloc byte[32];
        content.Sha256.CopyTo(sha256);
        _insertContent.BindText(1, journal).BindBlob(2, sha256).Bind(3, content.Bytes.Length).Bind(4, _nextChunk).Run();
        if (_connection.Changes() == 0)
            return;

        for (var rest = content.Bytes.Span; !rest.IsEmpty;)
        {
            var chunk = rest[..Math.Min(rest.Length, JournalLimits.ContentChunkBytes)];
            _insertChunk.Bind(1, _nextChunk++).BindBlob(2, chunk).Run();
            rest = rest[chunk.Length..];
        }
    }

    private void ThrowIfMoved(CheckpointMove move)
    {
        _readCheckpoint.BindText(1, move.Name).Bind(2, move.Shard);
        var stands = 0L;
        if (_readCheckpoint.Step())
        {
            stands = _readCheckpoint.Integer(0);
            var seal = _readCheckpoint.Integer(1);
            _readCheckpoint.Reset();
            if (seal != RowSeal.OfCheckpoint(Encoding.ASCII.GetBytes(move.Name), move.Shard, stands))
                throw new JournalDamagedException(new JournalDamage(null, move.Shard, 0, 0, "A checkpoint is damaged."));
        }

        if (stands != move.Expected)
            throw new JournalConflictException("The checkpoint stands at another position than expected.");
    }

    private void Write(CheckpointMove move) =>
        _writeCheckpoint.BindText(1, move.Name).Bind(2, move.Shard).Bind(3, move.Next)
            .Bind(4, RowSeal.OfCheckpoint(Encoding.ASCII.GetBytes(move.Name), move.Shard, move.Next)).Run();

    private static JournalDamagedException Damaged(JournalId journal, int shard, long position, long version, string what) =>
        new(new JournalDamage(journal, shard, position, version, what));
}
