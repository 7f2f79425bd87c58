using System.Text;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;
using HealthGrains.Sqlite.Contents;
using HealthGrains.Sqlite.Native;

namespace HealthGrains.Sqlite.Reading;

/// <summary>A journal's newest entry.</summary>
internal readonly record struct HeadRow(long Version, long Position, Sha256 Hash);

/// <summary>One entry's row, with its seal already checked.</summary>
internal sealed record EntryRow(long Position, byte[] Journal, long Version, long Previous, Sha256 Hash, byte[] Body);

/// <summary>A snapshot's row, with its SHA-256 already checked.</summary>
internal sealed record SnapshotRow(long Version, Sha256 EntryHash, byte[] Body);

/// <summary>Where a content is.</summary>
internal readonly record struct ContentRow(long Size, long FirstChunk)
{
    public long Chunks => (Size + JournalLimits.ContentChunkBytes - 1) / JournalLimits.ContentChunkBytes;
}

/// <summary>The statements of one reading connection. Each row is checked against its seal as it is read.</summary>
internal sealed class ReadSession(Connection connection, int shards)
{
    private readonly Statement _begin = connection.Prepare("BEGIN");
    private readonly Statement _end = connection.Prepare("COMMIT");
    private readonly Statement _position = connection.Prepare("SELECT position FROM shard WHERE shard = ?1");
    private readonly Statement _head = connection.Prepare("SELECT version, position, hash, seal FROM head WHERE journal = ?1");
    private readonly Statement _checkpoint =
        connection.Prepare("SELECT position, seal FROM checkpoint WHERE name = ?1 AND shard = ?2");
    private readonly Statement _snapshot =
        connection.Prepare("SELECT version, entry_hash, sha256, body FROM snapshot WHERE journal = ?1");
    private readonly Statement _content =
        connection.Prepare("SELECT size, first_chunk FROM content WHERE journal = ?1 AND sha256 = ?2");
    private readonly Statement _chunk = connection.Prepare("SELECT bytes FROM chunk WHERE number = ?1");
    private readonly Statement?[] _entry = new Statement?[shards];
    private readonly Statement?[] _hash = new Statement?[shards];
    private readonly Statement?[] _page = new Statement?[shards];

    private UploadRows? _uploads;

    public Connection Connection => connection;

    /// <summary>The rows of uploads, in this transaction.</summary>
    public UploadRows Uploads => _uploads ??= new UploadRows(connection);

    public int Shards => shards;

    public void Begin() => _begin.Run();

    public void End()
    {
        if (connection.InTransaction)
            _end.Run();
    }

    /// <summary>Reads in a transaction of its own.</summary>
    public T Within<T>(Func<T> read)
    {
        Begin();
        try
        {
            return read();
        }
        finally
        {
            End();
        }
    }

    public long Position(int shard)
    {
        _position.Bind(1, shard);
        if (!_position.Step())
            throw new JournalDamagedException(new JournalDamage(null, shard, 0, 0, "The shard's row is missing."));
        var position = _position.Integer(0);
        _position.Reset();
        return position;
    }

    public HeadRow? Head(JournalId journal, ReadOnlySpan<byte> id)
    {
        _head.BindText(1, id);
        if (!_head.Step())
            return null;
        var (version, position) = (_head.Integer(0), _head.Integer(1));
        var hash = _head.Blob(2);
        var isSound = hash.Length == EntryHash.Bytes && RowSeal.OfHead(id, version, position, hash) == _head.Integer(3);
        var head = isSound ? new HeadRow(version, position, new Sha256(hash)) : default;
        _head.Reset();
        return isSound
            ? head
            : throw new JournalDamagedException(new JournalDamage(
                journal, journal.ShardOf(shards), position, version, "The head of a journal is not as it was written."));
    }

    /// <summary>One entry by its position; null if there is none.</summary>
    public EntryRow? Entry(int shard, long position)
    {
        var statement = _entry[shard] ??= connection.Prepare(
            $"SELECT position, journal, version, previous, hash, seal, body FROM {Schema.Log(shard)} WHERE position = ?1");
        statement.Bind(1, position);
        if (!statement.Step())
            return null;
        try
        {
            return EntryAt(statement, shard);
        }
        finally
        {
            statement.Reset();
        }
    }

    /// <summary>The hash in the row of one entry, without a look at the rest of the row; null if there is no such row.</summary>
    public Sha256? StoredHash(int shard, long position)
    {
        var statement = _hash[shard] ??= connection.Prepare(
            $"SELECT hash FROM {Schema.Log(shard)} WHERE position = ?1");
        statement.Bind(1, position);
        if (!statement.Step())
            return null;
        var blob = statement.Blob(0);
        var hash = blob.Length == Sha256.Length ? new Sha256(blob) : default;
        statement.Reset();
        return hash;
    }

    /// <summary>Entries after a position, in order; the caller may stop early.</summary>
    public IEnumerable<EntryRow> Entries(int shard, long afterPosition, int entriesMax)
    {
        var statement = _page[shard] ??= connection.Prepare(
            $"SELECT position, journal, version, previous, hash, seal, body FROM {Schema.Log(shard)} "
            + "WHERE position > ?1 ORDER BY position LIMIT ?2");
        statement.Bind(1, afterPosition).Bind(2, entriesMax);
        try
        {
            while (statement.Step())
                yield return EntryAt(statement, shard);
        }
        finally
        {
            statement.Reset();
        }
    }

    public long Checkpoint(string name, int shard)
    {
        _checkpoint.BindText(1, name).Bind(2, shard);
        if (!_checkpoint.Step())
            return 0;
        var (position, seal) = (_checkpoint.Integer(0), _checkpoint.Integer(1));
        _checkpoint.Reset();
        return seal == RowSeal.OfCheckpoint(Encoding.ASCII.GetBytes(name), shard, position)
            ? position
            : throw new JournalDamagedException(new JournalDamage(null, shard, 0, 0, "A checkpoint is damaged."));
    }

    /// <summary>The snapshot of a journal; null if there is none, or none that can be trusted.</summary>
    public SnapshotRow? Snapshot(ReadOnlySpan<byte> id, out bool isDamaged)
    {
        isDamaged = false;
        _snapshot.BindText(1, id);
        if (!_snapshot.Step())
            return null;
        var version = _snapshot.Integer(0);
        var entryHash = _snapshot.Blob(1);
        var body = _snapshot.Blob(3).ToArray();
        isDamaged = !SnapshotSeal.Of(id, version, entryHash, body).AsSpan().SequenceEqual(_snapshot.Blob(2))
            || entryHash.Length != EntryHash.Bytes;
        var row = isDamaged ? null : new SnapshotRow(version, new Sha256(entryHash), body);
        _snapshot.Reset();
        return row;
    }

    public ContentRow? Content(ReadOnlySpan<byte> id, Sha256 sha256)
    {
        Span<byte> hash = stackalloc byte[Sha256.Length];
        sha256.CopyTo(hash);
        _content.BindText(1, id).BindBlob(2, hash);
        if (!_content.Step())
            return null;
        var row = new ContentRow(_content.Integer(0), _content.Integer(1));
        _content.Reset();
        return row;
    }

    /// <summary>One chunk of content; null if it is not there.</summary>
    public byte[]? Chunk(long number)
    {
        _chunk.Bind(1, number);
        if (!_chunk.Step())
            return null;
        var bytes = _chunk.Blob(0).ToArray();
        _chunk.Reset();
        return bytes;
    }

    private static EntryRow EntryAt(Statement statement, int shard)
    {
        var (position, version, previous) = (statement.Integer(0), statement.Integer(2), statement.Integer(3));
        var journal = statement.Text(1).ToArray();
        var hash = statement.Blob(4);
        var body = statement.Blob(6).ToArray();
        if (hash.Length != EntryHash.Bytes
            || RowSeal.OfEntry(shard, position, journal, version, previous, hash, body) != statement.Integer(5))
        {
            throw new JournalDamagedException(new JournalDamage(
                JournalIdText.TryParse(journal), shard, position, version, "An entry is not as it was written."));
        }

        return new EntryRow(position, journal, version, previous, new Sha256(hash), body);
    }
}
