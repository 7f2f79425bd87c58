using System.Text;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Contents;
using HealthGrains.Grains.Journal;
using HealthGrains.Sqlite.Native;

namespace HealthGrains.Sqlite.Contents;

/// <summary>The statements of uploads, on the writer's connection or on a reader's. Each is prepared when it is first needed.</summary>
/// <remarks>The bytes of an upload are rows of their own, one for each append, so that taking one in never rewrites another.</remarks>
internal sealed class UploadRows(Connection connection)
{
    private const string Columns = "id, journal, owner, size, sha256, received, state, touched_at";

    private Statement? _find;
    private Statement? _insert;
    private Statement? _insertBytes;
    private Statement? _grow;
    private Statement? _move;
    private Statement? _count;
    private Statement? _list;
    private Statement? _chunk;
    private Statement? _removeBytes;
    private Statement? _remove;

    /// <summary>Makes the tables where a store of an earlier version has none.</summary>
    public static void Create(Connection connection)
    {
        connection.Execute("CREATE TABLE IF NOT EXISTS upload (id BLOB PRIMARY KEY, journal TEXT NOT NULL, owner TEXT NOT NULL, "
            + "size INTEGER NOT NULL, sha256 BLOB NOT NULL, received INTEGER NOT NULL, state INTEGER NOT NULL, "
            + "touched_at INTEGER NOT NULL) STRICT, WITHOUT ROWID");
        connection.Execute("CREATE TABLE IF NOT EXISTS upload_bytes (id BLOB NOT NULL, start INTEGER NOT NULL, "
            + "bytes BLOB NOT NULL, UNIQUE (id, start)) STRICT");
        connection.Execute("CREATE INDEX IF NOT EXISTS upload_unsettled ON upload (id) WHERE state <> 2");
        connection.Execute("CREATE INDEX IF NOT EXISTS upload_of_journal ON upload (journal)");
    }

    public UploadStatus? Find(UploadId upload)
    {
        var find = _find ??= connection.Prepare($"SELECT {Columns} FROM upload WHERE id = ?1");
        find.BindBlob(1, upload.ToByteArray());
        if (!find.Step())
            return null;
        var status = StatusAt(find);
        find.Reset();
        return status;
    }

    public bool Begin(UploadDeclaration declaration, DateTimeOffset now)
    {
        var count = _count ??= connection.Prepare(
            "SELECT count(*) FROM upload INDEXED BY upload_unsettled WHERE state <> 2 AND state < 2 AND owner = ?1");
        count.BindText(1, declaration.Owner);
        var isFull = count.Step() && count.Integer(0) >= ContentLimits.UnsettledPerOwnerMax;
        count.Reset();
        if (isFull)
            return false;
        Span<byte> sha256 = stackalloc byte[Sha256.Length];
        declaration.Sha256.CopyTo(sha256);
        (_insert ??= connection.Prepare("INSERT INTO upload VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6)"))
            .BindBlob(1, declaration.Id.ToByteArray()).BindText(2, declaration.Journal.Value).BindText(3, declaration.Owner)
            .Bind(4, declaration.Size).BindBlob(5, sha256).Bind(6, now.UtcTicks).Run();
        return true;
    }

    public bool Append(UploadId upload, long offset, ReadOnlySpan<byte> bytes, DateTimeOffset now)
    {
        if (Find(upload) is not { State: UploadState.Open } known
            || known.Received != offset
            || offset + bytes.Length > known.Declaration.Size)
        {
            throw ContentGuard.Conflict();
        }

        (_grow ??= connection.Prepare("UPDATE upload SET received = ?2, touched_at = ?3 WHERE id = ?1"))
            .BindBlob(1, upload.ToByteArray()).Bind(2, offset + bytes.Length).Bind(3, now.UtcTicks).Run();
        (_insertBytes ??= connection.Prepare("INSERT INTO upload_bytes VALUES (?1, ?2, ?3)"))
            .BindBlob(1, upload.ToByteArray()).Bind(2, offset).BindBlob(3, bytes).Run();
        return true;
    }

    public bool Complete(UploadId upload, DateTimeOffset now)
    {
        var known = Find(upload);
        if (known?.State is UploadState.Complete or UploadState.Settled)
            return true;
        if (known is not { State: UploadState.Open } || known.Received != known.Declaration.Size)
            throw ContentGuard.Conflict();
        return Move(upload, UploadState.Complete, now);
    }

    public bool Settle(UploadId upload) =>
        Find(upload) is { State: UploadState.Complete } known && Move(upload, UploadState.Settled, known.TouchedAt);

    /// <returns>Whether it may be removed now: it was open and untouched, or is being removed already.</returns>
    public bool TryDiscard(UploadId upload, DateTimeOffset? touchedBefore) => Find(upload) switch
    {
        null or { State: UploadState.Removing } => true,
        { State: UploadState.Open } known when touchedBefore is null || known.TouchedAt < touchedBefore =>
            Move(upload, UploadState.Removing, known.TouchedAt),
        _ => false,
    };

    public bool Doom(UploadId upload) =>
        Find(upload) is { } known && (known.State == UploadState.Removing || Move(upload, UploadState.Removing, known.TouchedAt));

    /// <summary>Removes some of an upload that is being removed, so that no commit is long.</summary>
    /// <returns>True when nothing is left of it.</returns>
    public bool RemoveSome(UploadId upload)
    {
        (_removeBytes ??= connection.Prepare("DELETE FROM upload_bytes WHERE rowid IN "
            + "(SELECT rowid FROM upload_bytes WHERE id = ?1 ORDER BY start LIMIT 8)"))
            .BindBlob(1, upload.ToByteArray()).Run();
        if (connection.Changes() > 0)
            return false;
        (_remove ??= connection.Prepare("DELETE FROM upload WHERE id = ?1 AND state = 3")).BindBlob(1, upload.ToByteArray()).Run();
        return true;
    }

    public IReadOnlyList<UploadStatus> Unsettled(DateTimeOffset touchedBefore, UploadId after)
    {
        var list = _list ??= connection.Prepare($"SELECT {Columns} FROM upload INDEXED BY upload_unsettled "
            + "WHERE state <> 2 AND touched_at < ?1 AND id > ?2 ORDER BY id LIMIT ?3");
        list.Bind(1, touchedBefore.UtcTicks).BindBlob(2, after.ToByteArray()).Bind(3, ContentLimits.ListMax);
        var page = new List<UploadStatus>();
        while (list.Step())
            page.Add(StatusAt(list));
        return page;
    }

    public IReadOnlyList<UploadId> OfJournal(JournalId journal)
    {
        using var list = connection.PrepareOnce("SELECT id FROM upload WHERE journal = ?1");
        list.BindText(1, journal.Value);
        var ids = new List<UploadId>();
        while (list.Step())
        {
            if (UploadId.TryRead(list.Blob(0), out var id))
                ids.Add(id);
        }

        return ids;
    }

    /// <summary>The bytes that begin at an offset; null when there are none.</summary>
    public byte[]? Bytes(UploadId upload, long start)
    {
        var chunk = _chunk ??= connection.Prepare("SELECT bytes FROM upload_bytes WHERE id = ?1 AND start = ?2");
        chunk.BindBlob(1, upload.ToByteArray()).Bind(2, start);
        if (!chunk.Step())
            return null;
        var bytes = chunk.Blob(0).ToArray();
        chunk.Reset();
        return bytes;
    }

    private bool Move(UploadId upload, UploadState state, DateTimeOffset touchedAt)
    {
        (_move ??= connection.Prepare("UPDATE upload SET state = ?2, touched_at = ?3 WHERE id = ?1"))
            .BindBlob(1, upload.ToByteArray()).Bind(2, (int)state).Bind(3, touchedAt.UtcTicks).Run();
        return true;
    }

    private static UploadStatus StatusAt(Statement row)
    {
        if (!UploadId.TryRead(row.Blob(0), out var id)
            || JournalIdText.TryParse(row.Text(1)) is not { } journal
            || !Sha256.TryRead(row.Blob(4), out var sha256))
        {
            throw new JournalDamagedException(new JournalDamage(null, -1, 0, 0, "The row of an upload is damaged."));
        }

        return new UploadStatus(
            new UploadDeclaration(id, journal, Encoding.ASCII.GetString(row.Text(2)), row.Integer(3), sha256),
            row.Integer(5),
            (UploadState)row.Integer(6),
            new DateTimeOffset(row.Integer(7), TimeSpan.Zero));
    }
}
