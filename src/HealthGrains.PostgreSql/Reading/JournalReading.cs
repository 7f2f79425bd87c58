using HealthGrains.Grains.Journal;
using HealthGrains.PostgreSql.Writing;
using Npgsql;

namespace HealthGrains.PostgreSql.Reading;

/// <summary>Reads many journals in one round trip: heads, snapshots, and the entries after them, of one state of the database.</summary>
internal static class JournalReading
{
    private const string Heads = "SELECT journal, version, position, hash, seal FROM head WHERE journal = ANY($1)";

    private const string Snapshots = "SELECT journal, version, entry_hash, sha256, body FROM snapshot WHERE journal = ANY($1)";

    // Of the entry before the first one only the hash is asked: what else is in its row was not asked for. The order inside
    // keeps the planner at the index of one journal after the other.
    private const string Entries = """
        SELECT w.number, e.version, e.position, e.shard, e.hash, e.seal, e.body
        FROM (SELECT u.number, u.journal,
                     coalesce(u.after, (SELECT s.version FROM snapshot s WHERE s.journal = u.journal), 0) AS after
              FROM unnest($1, $2) WITH ORDINALITY AS u(journal, after, number)) w
        CROSS JOIN LATERAL (
            SELECT version, position, shard, hash, seal, CASE WHEN version > w.after THEN body END AS body
            FROM entry WHERE journal = w.journal AND version >= w.after ORDER BY version) e
        """;

    /// <summary>Answers requests, with a tail or with the damage that is theirs.</summary>
    /// <returns>Those whose snapshot does not fit; they are not answered.</returns>
    public static async Task<IReadOnlyList<LoadRequest>> LoadAsync(
        NpgsqlConnection connection, IReadOnlyList<LoadRequest> requests, bool useSnapshots, CommitMemory memory)
    {
        string[] ids = [.. requests.Select(request => request.Journal.Value)];
        string[] recovered = [.. requests.Where(request => useSnapshots && request.AfterVersion is null)
            .Select(request => request.Journal.Value)];
        long?[] after = [.. requests.Select(request => request.AfterVersion ?? (useSnapshots ? null : 0L))];
        using var batch = connection.Reading()
            .With(Heads, Sql.Texts(ids))
            .With(Snapshots, Sql.Texts(recovered))
            .With(Entries, Sql.Texts(ids), Sql.Longs(after))
            .With("COMMIT");
        var heads = new Dictionary<string, StoredHead>();
        var snapshots = new Dictionary<string, StoredSnapshot>();
        var entries = new List<StoredEntry>?[requests.Count];
        var reader = await batch.ExecuteReaderAsync().ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.ReadAsync().ConfigureAwait(false))
                heads[reader.GetString(0)] = StoredHead.From(reader);
            await reader.NextResultAsync().ConfigureAwait(false);
            while (await reader.ReadAsync().ConfigureAwait(false))
                snapshots[reader.GetString(0)] = StoredSnapshot.From(reader);
            await reader.NextResultAsync().ConfigureAwait(false);
            while (await reader.ReadAsync().ConfigureAwait(false))
                (entries[reader.GetInt64(0) - 1] ??= []).Add(StoredEntry.From(reader));
        }

        var rest = new List<LoadRequest>();
        for (var i = 0; i < requests.Count; i++)
        {
            var request = requests[i];
            var head = heads.GetValueOrDefault(request.Journal.Value);
            var snapshot = request.AfterVersion is null ? snapshots.GetValueOrDefault(request.Journal.Value) : null;
            List<StoredEntry> rows = entries[i] ?? [];
            rows.Sort(static (one, other) => one.Version.CompareTo(other.Version));
            try
            {
                var tail = Tail(request, head, snapshot, rows);
                memory.Keep(request.Journal.Value, head is null ? KnownHead.None : new KnownHead(head.Version, head.Position, head.Hash));
                request.Succeed(tail);
            }
            catch (JournalDamagedException) when (snapshot is not null)
            {
                // Either the snapshot or the tail is damaged. Reading everything tells which.
                rest.Add(request);
            }
            catch (JournalDamagedException damage)
            {
                request.Fail(damage);
            }
        }

        return rest;
    }

    private static JournalTail Tail(LoadRequest request, StoredHead? head, StoredSnapshot? snapshot, List<StoredEntry> rows)
    {
        var (journal, shard) = (request.Journal, request.Shard);
        if (head is null)
        {
            return rows.Count == 0 && snapshot is null
                ? new JournalTail(0, null, [])
                : throw Damaged(journal, shard, 0, 0, "The head of a journal is missing.");
        }

        if (!head.IsSound)
            throw Damaged(journal, shard, head.Position, head.Version, "The head of a journal is not as it was written.");
        if (snapshot is not null && (!snapshot.IsSound || snapshot.Version > head.Version))
            throw Damaged(journal, shard, 0, snapshot.Version, "A snapshot is not as it was written.");
        var after = snapshot?.Version ?? request.AfterVersion ?? 0;
        if (after > head.Version)
            return new JournalTail(head.Version, null, []);

        var hash = EntryHash.Origin.ToArray();
        var expected = after;
        var entries = new List<JournalEntry>(rows.Count);
        foreach (var row in rows)
        {
            if (row.Version != Math.Max(expected, 1))
                break;
            if (row.Version == after)
            {
                if (snapshot is not null && !row.Hash.AsSpan().SequenceEqual(snapshot.HashAtVersion))
                    throw Damaged(journal, shard, row.Position, row.Version, "A snapshot does not fit its journal.");
                hash = row.Hash;
            }
            else
            {
                hash = row.Check(journal, shard, hash);
                entries.Add(new JournalEntry(row.Version, row.Position, row.Body));
            }

            expected = row.Version + 1;
        }

        if (expected != head.Version + 1 && head.Version > 0)
            throw Damaged(journal, shard, 0, Math.Max(expected, 1), "An entry of the journal is missing.");
        return hash.AsSpan().SequenceEqual(head.Hash)
            ? new JournalTail(head.Version, snapshot is null ? null : new JournalSnapshot(snapshot.Version, snapshot.Body), entries)
            : throw Damaged(journal, shard, head.Position, head.Version, "The head of a journal is not at its newest entry.");
    }

    private static JournalDamagedException Damaged(JournalId journal, int shard, long position, long version, string what) =>
        new(new JournalDamage(journal, shard, position, version, what));
}
