using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;
using Npgsql;

namespace HealthGrains.PostgreSql.Writing;

/// <summary>The inserts of a commit: a statement for each table, its rows as arrays, cut where one would be heavy.</summary>
internal static class CommitRows
{
    public static void AddEntries(NpgsqlBatch batch, IReadOnlyList<EntryRow> entries)
    {
        foreach (var part in Cut(entries, entry => entry.Body.Length))
        {
            batch.With(
                "INSERT INTO entry (shard, position, journal, version, hash, seal, body) "
                + "SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)",
                Sql.Integers([.. part.Select(entry => entry.Shard)]),
                Sql.Longs([.. part.Select(entry => entry.Position)]),
                Sql.Texts([.. part.Select(entry => entry.Journal)]),
                Sql.Longs([.. part.Select(entry => entry.Version)]),
                Sql.Blobs([.. part.Select(entry => (ReadOnlyMemory<byte>)entry.Hash)]),
                Sql.Longs([.. part.Select(entry => entry.Seal)]),
                Sql.Blobs([.. part.Select(entry => entry.Body)]));
        }
    }

    public static void AddHeads(NpgsqlBatch batch, IReadOnlyList<KeyValuePair<string, Head>> heads)
    {
        if (heads.Count == 0)
            return;
        batch.With(
            "INSERT INTO head (journal, version, position, hash, seal) SELECT * FROM unnest($1, $2, $3, $4, $5) "
            + "ON CONFLICT (journal) DO UPDATE SET version = excluded.version, position = excluded.position, "
            + "hash = excluded.hash, seal = excluded.seal",
            Sql.Texts([.. heads.Select(head => head.Key)]),
            Sql.Longs([.. heads.Select(head => head.Value.Version)]),
            Sql.Longs([.. heads.Select(head => head.Value.Position)]),
            Sql.Blobs([.. heads.Select(head => (ReadOnlyMemory<byte>)head.Value.Hash)]),
            Sql.Longs([.. heads.Select(
                head => RowSeal.OfHead(head.Key, head.Value.Version, head.Value.Position, head.Value.Hash))]));
    }

    public static void AddContents(
        NpgsqlBatch batch, IReadOnlyDictionary<(string Journal, Sha256 Sha256), ReadOnlyMemory<byte>> contents)
    {
        if (contents.Count == 0)
            return;
        batch.With(
            "INSERT INTO content (journal, sha256, size, bytes) SELECT * FROM unnest($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            Sql.Texts([.. contents.Keys.Select(key => key.Journal)]),
            Sql.Blobs([.. contents.Keys.Select(key => Bytes(key.Sha256))]),
            Sql.Longs([.. contents.Values.Select(bytes => (long)bytes.Length)]),
            Sql.BlobsOrNull([.. contents.Values.Select(Inline)]));

        // What is there already under the same SHA-256 stays as it is, chunk by chunk.
        foreach (var part in Cut([.. contents.SelectMany(ChunksOf)], chunk => chunk.Bytes.Length))
        {
            batch.With(
                "INSERT INTO chunk (journal, sha256, number, bytes) SELECT * FROM unnest($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                Sql.Texts([.. part.Select(chunk => chunk.Journal)]),
                Sql.Blobs([.. part.Select(chunk => chunk.Sha256)]),
                Sql.Integers([.. part.Select(chunk => chunk.Number)]),
                Sql.Blobs([.. part.Select(chunk => chunk.Bytes)]));
        }
    }

    public static void AddCheckpoints(
        NpgsqlBatch batch, IReadOnlyList<KeyValuePair<(string Name, int Shard), Checkpoint>> checkpoints)
    {
        if (checkpoints.Count == 0)
            return;
        batch.With(
            "INSERT INTO checkpoint (name, shard, position, seal) SELECT * FROM unnest($1, $2, $3, $4) "
            + "ON CONFLICT (name, shard) DO UPDATE SET position = excluded.position, seal = excluded.seal",
            Sql.Texts([.. checkpoints.Select(each => each.Key.Name)]),
            Sql.Integers([.. checkpoints.Select(each => each.Key.Shard)]),
            Sql.Longs([.. checkpoints.Select(each => each.Value.Position)]),
            Sql.Longs([.. checkpoints.Select(
                each => RowSeal.OfCheckpoint(each.Key.Name, each.Key.Shard, each.Value.Position))]));
    }

    /// <summary>The bytes of a content that is one chunk; those stand in its own row.</summary>
    public static ReadOnlyMemory<byte>? Inline(ReadOnlyMemory<byte> bytes) =>
        bytes.Length <= JournalLimits.ContentChunkBytes ? bytes : default(ReadOnlyMemory<byte>?);

    /// <summary>The rows of a content that is longer than one chunk.</summary>
    public static IEnumerable<ChunkRow> ChunksOf(KeyValuePair<(string Journal, Sha256 Sha256), ReadOnlyMemory<byte>> content)
    {
        if (Inline(content.Value) is not null)
            yield break;
        var sha256 = Bytes(content.Key.Sha256);
        for (var from = 0; from < content.Value.Length; from += JournalLimits.ContentChunkBytes)
        {
            yield return new ChunkRow(
                content.Key.Journal,
                sha256,
                from / JournalLimits.ContentChunkBytes,
                content.Value.Slice(from, Math.Min(JournalLimits.ContentChunkBytes, content.Value.Length - from)));
        }
    }

    private static IEnumerable<List<T>> Cut<T>(IReadOnlyList<T> rows, Func<T, int> bytesOf)
    {
        var part = new List<T>();
        var bytes = 0;
        foreach (var row in rows)
        {
            part.Add(row);
            bytes += bytesOf(row);
            if (bytes < PostgreSqlLimits.InsertBytesMax)
                continue;
            yield return part;
            (part, bytes) = ([], 0);
        }

        if (part.Count > 0)
            yield return part;
    }

    public static ReadOnlyMemory<byte> Bytes(Sha256 sha256)
    {
        var bytes = new byte[EntryHash.Bytes];
        sha256.CopyTo(bytes);
        return bytes;
    }
}

/// <summary>A row of the table <c>chunk</c>.</summary>
internal sealed record ChunkRow(string Journal, ReadOnlyMemory<byte> Sha256, int Number, ReadOnlyMemory<byte> Bytes);
