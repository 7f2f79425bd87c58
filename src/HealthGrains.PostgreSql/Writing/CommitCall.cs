using HealthGrains.Domain.Identity;
using Npgsql;

namespace HealthGrains.PostgreSql.Writing;

/// <summary>The call of the function <c>commit_turns</c> (Migrating/CommitFunction.cs), its rows as arrays in the function's order.</summary>
internal static class CommitCall
{
    private const string Text =
        "SELECT commit_turns($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26,$27,$28,"
        + "$29,$30,$31,$32,$33,$34,$35)";

    public static NpgsqlCommand Of(
        NpgsqlConnection connection,
        (int Shard, long From, long To)[] shards,
        IReadOnlyList<EntryRow> entries,
        IReadOnlyList<KeyValuePair<string, Head>> heads,
        IReadOnlyDictionary<(string Journal, Sha256 Sha256), ReadOnlyMemory<byte>> contents,
        IReadOnlyList<KeyValuePair<(string Name, int Shard), Checkpoint>> checkpoints)
    {
        KeyValuePair<string, Head>[] made = [.. heads.Where(head => head.Value.StoredVersion == 0)];
        KeyValuePair<string, Head>[] moved = [.. heads.Where(head => head.Value.StoredVersion > 0)];
        ChunkRow[] chunks = [.. contents.SelectMany(CommitRows.ChunksOf)];

        // A commit that is cancelled while it waits for a synchronous standby is reported as a success: no time limit, no token.
        var call = new NpgsqlCommand(Text, connection) { CommandTimeout = 0 };
        Add(
            call,
            Sql.Integers(Array.ConvertAll(shards, shard => shard.Shard)),
            Sql.Longs(Array.ConvertAll(shards, shard => shard.From)),
            Sql.Longs(Array.ConvertAll(shards, shard => shard.To)));
        Add(
            call,
            Sql.Integers([.. entries.Select(entry => entry.Shard)]),
            Sql.Longs([.. entries.Select(entry => entry.Position)]),
            Sql.Texts([.. entries.Select(entry => entry.Journal)]),
            Sql.Longs([.. entries.Select(entry => entry.Version)]),
            Sql.Blobs([.. entries.Select(entry => (ReadOnlyMemory<byte>)entry.Hash)]),
            Sql.Longs([.. entries.Select(entry => entry.Seal)]),
            Sql.Blobs([.. entries.Select(entry => entry.Body)]));
        Add(call, Sql.Texts(Array.ConvertAll(made, head => head.Key)));
        AddHeads(call, made);
        Add(
            call,
            Sql.Texts(Array.ConvertAll(moved, head => head.Key)),
            Sql.Longs(Array.ConvertAll(moved, head => head.Value.StoredVersion)),
            Sql.Longs(Array.ConvertAll(moved, head => RowSeal.OfHead(
                head.Key, head.Value.StoredVersion, head.Value.StoredPosition, head.Value.StoredHash))));
        AddHeads(call, moved);
        Add(
            call,
            Sql.Texts([.. contents.Keys.Select(key => key.Journal)]),
            Sql.Blobs([.. contents.Keys.Select(key => CommitRows.Bytes(key.Sha256))]),
            Sql.Longs([.. contents.Values.Select(bytes => (long)bytes.Length)]),
            Sql.BlobsOrNull([.. contents.Values.Select(CommitRows.Inline)]));
        Add(
            call,
            Sql.Texts(Array.ConvertAll(chunks, chunk => chunk.Journal)),
            Sql.Blobs(Array.ConvertAll(chunks, chunk => chunk.Sha256)),
            Sql.Integers(Array.ConvertAll(chunks, chunk => chunk.Number)),
            Sql.Blobs(Array.ConvertAll(chunks, chunk => chunk.Bytes)));
        Add(
            call,
            Sql.Texts([.. checkpoints.Select(each => each.Key.Name)]),
            Sql.Integers([.. checkpoints.Select(each => each.Key.Shard)]),
            Sql.Longs([.. checkpoints.Select(each => each.Value.StoredPosition)]),
            Sql.Longs([.. checkpoints.Select(each => each.Value.Position)]),
            Sql.Longs([.. checkpoints.Select(
                each => RowSeal.OfCheckpoint(each.Key.Name, each.Key.Shard, each.Value.Position))]));
        return call;
    }

    private static void AddHeads(NpgsqlCommand call, KeyValuePair<string, Head>[] heads) => Add(
        call,
        Sql.Longs(Array.ConvertAll(heads, head => head.Value.Version)),
        Sql.Longs(Array.ConvertAll(heads, head => head.Value.Position)),
        Sql.Blobs(Array.ConvertAll(heads, head => (ReadOnlyMemory<byte>)head.Value.Hash)),
        Sql.Longs(Array.ConvertAll(heads, head => RowSeal.OfHead(
            head.Key, head.Value.Version, head.Value.Position, head.Value.Hash))));

    private static void Add(NpgsqlCommand call, params ReadOnlySpan<NpgsqlParameter> values)
    {
        foreach (var value in values)
            call.Parameters.Add(value);
    }
}
