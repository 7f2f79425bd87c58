using System.Security.Cryptography;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;
using HealthGrains.Sqlite.Native;
using HealthGrains.Sqlite.Reading;

namespace HealthGrains.Sqlite.Verifying;

/// <summary>How far the store had come when a verification began; entries up to here never change again.</summary>
internal sealed record VerifyEnd(IReadOnlyList<long> Positions);

/// <summary>A journal on which a verification walks backwards: the entry it expects next.</summary>
internal sealed record JournalWalk(
    JournalId Journal, byte[] Id, int Shard, long Position, long Version, Sha256 Hash, SnapshotRow? Snapshot);

/// <summary>A content by its key.</summary>
internal sealed record ContentKey(byte[] Journal, byte[] Sha256, ContentRow Row);

/// <summary>The reads of a verification, each a step of bounded size that runs in one read transaction.</summary>
/// <exception cref="JournalDamagedException">All of them: the first place of the step that does not fit.</exception>
internal static class VerifySession
{
    public static VerifyEnd End(ReadSession session) => new(
        [.. Enumerable.Range(0, session.Shards).Select(session.Position)]);

    /// <summary>One page of a log: dense, sealed, each entry in the shard of its journal.</summary>
    /// <returns>The last position that was checked.</returns>
    public static long CheckLogPage(ReadSession session, int shard, long after, long end)
    {
        var expected = after;
        var pageEnd = Math.Min(end, after + SqliteLimits.VerifyPageMax);
        try
        {
            foreach (var row in session.Entries(shard, after, (int)(pageEnd - after)))
            {
                if (row.Position != expected + 1)
                    break;
                expected = row.Position;
                var journal = JournalIdText.TryParse(row.Journal);
                if (journal?.ShardOf(session.Shards) != shard)
                    throw Damaged(journal, shard, row.Position, row.Version, "An entry is in the log of another shard.");
            }
        }
        catch (SqliteFailure failure) when (failure.IsDamage)
        {
            throw Damaged(null, shard, expected + 1, 0, "The page of the database that holds this entry is damaged.");
        }

        return expected == pageEnd
            ? expected
            : throw Damaged(null, shard, expected + 1, 0, "An entry of the log is missing.");
    }

    /// <summary>The next journals in the order of their ids.</summary>
    public static IReadOnlyList<JournalWalk> NextJournals(ReadSession session, ReadOnlySpan<byte> after)
    {
        var ids = new List<byte[]>();
        using (var statement = session.Connection.PrepareOnce(
            "SELECT journal FROM head WHERE journal > ?1 ORDER BY journal LIMIT ?2"))
        {
            statement.BindText(1, after).Bind(2, SqliteLimits.VerifyPageMax);
            while (statement.Step())
                ids.Add(statement.Text(0).ToArray());
        }

        var walks = new List<JournalWalk>(ids.Count);
        foreach (var id in ids)
        {
            if (JournalIdText.TryParse(id) is not { } journal)
                throw Damaged(null, -1, 0, 0, "A head names no journal.");
            walks.Add(StartJournal(session, journal)
                ?? throw Damaged(journal, journal.ShardOf(session.Shards), 0, 0, "A head is not found by its own key."));
        }

        return walks;
    }

    /// <summary>A walk from a journal's head; null for a journal never written.</summary>
    public static JournalWalk? StartJournal(ReadSession session, JournalId journal)
    {
        var id = JournalIdText.Bytes(journal);
        if (session.Head(journal, id) is not { } head)
            return null;
        var shard = journal.ShardOf(session.Shards);
        var snapshot = session.Snapshot(id, out var isDamaged);
        if (isDamaged || snapshot?.Version > head.Version)
            throw Damaged(journal, shard, 0, snapshot?.Version ?? 0, "A snapshot is not as it was written.");
        return new JournalWalk(
            journal, id, shard, head.Position, head.Version, head.Hash,
            snapshot is null ? null : snapshot with { Body = [] });
    }

    /// <summary>Walks back a bounded number of entries.</summary>
    /// <param name="session">Where to read.</param>
    /// <param name="walk">Where to go on.</param>
    /// <param name="budget">How many entries; what is left of it comes back.</param>
    /// <param name="end">Entries up to here are counted.</param>
    /// <param name="reached">Counts for each shard the entries that a journal leads to.</param>
    /// <returns>Where to go on, null when version 1 has been checked.</returns>
    public static JournalWalk? Walk(ReadSession session, JournalWalk walk, ref int budget, VerifyEnd end, long[] reached)
    {
        var row = Expect(session, walk);
        while (true)
        {
            if (row.Version == walk.Snapshot?.Version && row.Hash != walk.Snapshot.EntryHash)
                throw Damaged(walk.Journal, walk.Shard, row.Position, row.Version, "A snapshot does not fit its journal.");
            if (row.Position <= end.Positions[walk.Shard])
                reached[walk.Shard]++;
            if (row.Version == 1)
            {
                return JournalReading.Fits(row, default)
                    ? null
                    : throw Damaged(walk.Journal, walk.Shard, row.Position, 1, "An entry does not fit the hash chain.");
            }

            walk = walk with { Position = row.Previous, Version = row.Version - 1 };
            var before = session.Entry(walk.Shard, walk.Position) ?? throw Missing(walk);
            if (!JournalReading.Fits(row, before.Hash))
                throw Damaged(walk.Journal, walk.Shard, row.Position, row.Version, "An entry does not fit the hash chain.");
            walk = walk with { Hash = before.Hash };
            if (--budget <= 0)
                return walk;
            row = Expect(session, walk);
        }
    }

    /// <summary>The first entry up to a position whose journal has no head.</summary>
    /// <returns>The last position that was looked at.</returns>
    public static long CheckHeads(ReadSession session, int shard, long after, long end)
    {
        var last = after;
        foreach (var row in session.Entries(shard, after, (int)Math.Min(end - after, SqliteLimits.VerifyPageMax)).ToList())
        {
            last = row.Position;
            if (JournalIdText.TryParse(row.Journal) is not { } journal || session.Head(journal, row.Journal) is null)
            {
                throw Damaged(
                    JournalIdText.TryParse(row.Journal), shard, row.Position, row.Version, "The head of a journal is missing.");
            }
        }

        return last;
    }

    /// <summary>The next contents in the order of journal and SHA-256.</summary>
    public static IReadOnlyList<ContentKey> NextContents(
        ReadSession session, ReadOnlySpan<byte> journal, ReadOnlySpan<byte> sha256, bool oneJournal)
    {
        var contents = new List<ContentKey>();
        using var statement = session.Connection.PrepareOnce(
            "SELECT journal, sha256, size, first_chunk FROM content WHERE "
            + (oneJournal ? "journal = ?1 AND sha256 > ?2" : "(journal, sha256) > (?1, ?2)")
            + " ORDER BY journal, sha256 LIMIT ?3");
        statement.BindText(1, journal).BindBlob(2, sha256).Bind(3, SqliteLimits.VerifyPageMax);
        while (statement.Step())
        {
            contents.Add(new ContentKey(
                statement.Text(0).ToArray(),
                statement.Blob(1).ToArray(),
                new ContentRow(statement.Integer(2), statement.Integer(3))));
        }

        return contents;
    }

    /// <summary>Hashes contents, as many as one read transaction should hold.</summary>
    /// <returns>The index of the first one that is left.</returns>
    public static int CheckContents(ReadSession session, IReadOnlyList<ContentKey> contents, int from)
    {
        var bytes = 0L;
        while (from < contents.Count && bytes < JournalLimits.ContentBytesMax)
        {
            CheckContent(session, contents[from]);
            bytes += contents[from++].Row.Size;
        }

        return from;
    }

    private static void CheckContent(ReadSession session, ContentKey content)
    {
        // It may have been deleted since it was listed.
        if (session.Content(content.Journal, new Sha256(content.Sha256)) is null)
            return;
        var journal = JournalIdText.TryParse(content.Journal);
        if (journal is null || content.Row.Size is < 1 or > JournalLimits.ContentBytesMax)
            throw ContentDamaged(session, journal);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var rest = content.Row.Size;
        for (var index = 0L; index < content.Row.Chunks; index++)
        {
            var chunk = session.Chunk(content.Row.FirstChunk + index);
            if (chunk is null || chunk.Length != Math.Min(rest, JournalLimits.ContentChunkBytes))
                throw ContentDamaged(session, journal);
            hash.AppendData(chunk);
            rest -= chunk.Length;
        }

        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(content.Sha256))
            throw ContentDamaged(session, journal);
    }

    /// <summary>Chunks that hold bytes, and those that contents have: in one transaction, since contents may be deleted.</summary>
    public static (long Written, long Owned) CountChunks(ReadSession session) => (
        session.Connection.Query("SELECT count(*) FROM chunk WHERE length(bytes) > 0"),
        session.Connection.Query(
            $"SELECT total((size + {JournalLimits.ContentChunkBytes - 1}) / {JournalLimits.ContentChunkBytes}) FROM content"));

    /// <summary>The seals of all checkpoints.</summary>
    public static int CheckCheckpoints(ReadSession session)
    {
        using var statement = session.Connection.PrepareOnce("SELECT name, shard, position, seal FROM checkpoint");
        var count = 0;
        for (; statement.Step(); count++)
        {
            var shard = statement.Integer(1);
            if (shard < 0 || shard >= session.Shards
                || statement.Integer(3) != RowSeal.OfCheckpoint(statement.Text(0), (int)shard, statement.Integer(2)))
            {
                throw Damaged(null, -1, 0, 0, "A checkpoint is not as it was written.");
            }
        }

        return count;
    }

    /// <summary>SQLite's own look at the structure of a file that is not too large to be read in one transaction.</summary>
    public static bool CheckStructure(ReadSession session)
    {
        var bytes = session.Connection.Query("PRAGMA page_count") * session.Connection.Query("PRAGMA page_size");
        if (bytes > SqliteLimits.StructureCheckBytesMax)
            return false;
        using var statement = session.Connection.PrepareOnce("PRAGMA quick_check(1)");
        return statement.Step() && statement.Text(0).SequenceEqual("ok"u8)
            ? true
            : throw Damaged(null, -1, 0, 0, "The structure of the database file is damaged.");
    }

    public static JournalDamagedException Damaged(
        JournalId? journal, int shard, long position, long version, string what) =>
        new(new JournalDamage(journal, shard, position, version, what));

    private static JournalDamagedException ContentDamaged(ReadSession session, JournalId? journal) =>
        Damaged(journal, journal?.ShardOf(session.Shards) ?? -1, 0, 0, "A content does not have its SHA-256.");

    private static EntryRow Expect(ReadSession session, JournalWalk walk)
    {
        var row = session.Entry(walk.Shard, walk.Position) ?? throw Missing(walk);
        if (!row.Journal.AsSpan().SequenceEqual(walk.Id) || row.Version != walk.Version)
        {
            throw Damaged(
                walk.Journal, walk.Shard, walk.Position, walk.Version, "The log has another entry where the journal's should be.");
        }

        return row.Hash == walk.Hash
            ? row
            : throw Damaged(walk.Journal, walk.Shard, walk.Position, walk.Version, "An entry does not fit the hash chain.");
    }

    private static JournalDamagedException Missing(JournalWalk walk) =>
        Damaged(walk.Journal, walk.Shard, walk.Position, walk.Version, "An entry of the journal is missing.");
}
