using HealthGrains.Grains.Journal;
using HealthGrains.PostgreSql.Reading;
using Npgsql;

namespace HealthGrains.PostgreSql.Verifying;

/// <summary>Where a walk over the entries in the order of journal and version stands.</summary>
/// <param name="Id">The journal of the last entry; empty before the first one.</param>
/// <param name="Version">Its version, 0 before the first one.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="Position">Its place in its shard's log.</param>
/// <param name="Only">Stop at the end of this journal.</param>
internal sealed record JournalWalk(string Id, long Version, byte[] Hash, long Position, string? Only)
{
    public static JournalWalk? Before(JournalId? one) =>
        new(one?.Value ?? "", 0, EntryHash.Origin.ToArray(), 0, one?.Value);
}

/// <summary>What one page of the walk found.</summary>
internal sealed record WalkStep(long Entries, long Journals, JournalWalk? Next);

/// <summary>One page of the walk: each entry against its seal and the one before it, each journal that ends in the page
/// against its head and its snapshot, all of one state of the database.</summary>
internal static class JournalWalking
{
    private const string Page = """
        SELECT journal, version, position, shard, hash, seal, body FROM entry
        WHERE (journal, version) > ($1, $2) AND ($3::text IS NULL OR journal = $3) ORDER BY journal, version LIMIT $4
        """;

    private const string Heads = "SELECT journal, version, position, hash, seal FROM head WHERE journal = ANY($1)";

    private const string Snapshots = """
        SELECT s.journal, s.version, s.entry_hash, s.sha256, s.body, e.hash
        FROM snapshot s LEFT JOIN entry e ON e.journal = s.journal AND e.version = s.version WHERE s.journal = ANY($1)
        """;

    /// <exception cref="JournalDamagedException">The first place that does not fit.</exception>
    public static async Task<WalkStep> StepAsync(
        NpgsqlConnection connection, JournalWalk from, int shards, IReadOnlyList<long> ends, CancellationToken cancellation)
    {
        var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation)
            .ConfigureAwait(false);
        await using var _ = transaction.ConfigureAwait(false);
        var (walk, rows, counted) = (from, 0, 0L);
        var ended = new Dictionary<string, JournalWalk>();
        using (var batch = new NpgsqlBatch(connection)
            .With(Database.ByKeyOnly)
            .With(
                Page, Sql.Text(from.Id), Sql.Long(from.Version), Sql.TextOrNull(from.Only), Sql.Integer(PostgreSqlLimits.VerifyPageMax)))
        {
            var reader = await batch.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            await using var __ = reader.ConfigureAwait(false);
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
            {
                rows++;
                var (id, entry) = (reader.GetString(0), StoredEntry.From(reader));
                var journal = JournalIdText.TryParse(id)
                    ?? throw Damaged((JournalId?)null, entry.Shard, entry.Position, entry.Version, "An entry names no journal.");
                if (!string.Equals(id, walk.Id, StringComparison.Ordinal))
                {
                    if (walk.Version > 0)
                        ended[walk.Id] = walk;
                    walk = walk with { Id = id, Version = 0, Hash = EntryHash.Origin.ToArray() };
                }

                var shard = journal.ShardOf(shards);
                if (entry.Version != walk.Version + 1)
                    throw Damaged(journal, shard, 0, walk.Version + 1, "An entry of the journal is missing.");
                walk = walk with
                {
                    Hash = entry.Check(journal, shard, walk.Hash), Version = entry.Version, Position = entry.Position,
                };
                if (entry.Position <= ends[shard])
                    counted++;
            }
        }

        var isLast = rows < PostgreSqlLimits.VerifyPageMax;
        if (isLast && walk.Version > 0)
            ended[walk.Id] = walk;
        await CheckEndsAsync(connection, ended, shards, cancellation).ConfigureAwait(false);
        return new WalkStep(counted, ended.Count, isLast ? null : walk);
    }

    private static async Task CheckEndsAsync(
        NpgsqlConnection connection, Dictionary<string, JournalWalk> ended, int shards, CancellationToken cancellation)
    {
        if (ended.Count == 0)
            return;
        string[] ids = [.. ended.Keys];
        using var batch = new NpgsqlBatch(connection).With(Heads, Sql.Texts(ids)).With(Snapshots, Sql.Texts(ids));
        var reader = await batch.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await using var _ = reader.ConfigureAwait(false);
        var unseen = ended.Keys.ToHashSet(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            var (id, head) = (reader.GetString(0), StoredHead.From(reader));
            var walk = ended[id];
            unseen.Remove(id);
            if (!head.IsSound)
                throw Damaged(id, shards, head.Version, head.Position, "The head of a journal is not as it was written.");
            if (head.Version > walk.Version)
                throw Damaged(id, shards, walk.Version + 1, 0, "An entry of the journal is missing.");
            if (head.Version != walk.Version || head.Position != walk.Position || !head.Hash.AsSpan().SequenceEqual(walk.Hash))
                throw Damaged(id, shards, head.Version, head.Position, "The head of a journal is not at its newest entry.");
        }

        if (unseen.Count > 0)
        {
            var walk = ended[unseen.Order(StringComparer.Ordinal).First()];
            throw Damaged(walk.Id, shards, walk.Version, walk.Position, "The head of a journal is missing.");
        }

        await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            var (id, snapshot) = (reader.GetString(0), StoredSnapshot.From(reader));
            if (!snapshot.IsSound)
                throw Damaged(id, shards, snapshot.Version, 0, "A snapshot is not as it was written.");
            if (reader.IsDBNull(5) || !reader.GetFieldValue<byte[]>(5).AsSpan().SequenceEqual(snapshot.HashAtVersion))
                throw Damaged(id, shards, snapshot.Version, 0, "A snapshot does not fit its journal.");
        }
    }

    private static JournalDamagedException Damaged(string id, int shards, long version, long position, string what)
    {
        var journal = JournalIdText.TryParse(id);
        return Damaged(journal, journal?.ShardOf(shards) ?? -1, position, version, what);
    }

    private static JournalDamagedException Damaged(JournalId? journal, int shard, long position, long version, string what) =>
        new(new JournalDamage(journal, shard, position, version, what));
}
