using HealthGrains.Grains.Journal;
using Npgsql;

namespace HealthGrains.PostgreSql;

/// <summary>Keeps snapshots, outside the turns' commits: losing one costs time, never facts, and writing one twice does no
/// harm.</summary>
internal static class SnapshotWriting
{
    /// <summary>Ties a snapshot to the chain by the hash of the entry that it ends with, and keeps it unless a newer one is
    /// there.</summary>
    /// <returns>False when the journal has not come to the snapshot's version.</returns>
    public static async Task<bool> WriteAsync(NpgsqlConnection connection, JournalId journal, JournalSnapshot snapshot)
    {
        using var read = new NpgsqlCommand("SELECT hash FROM entry WHERE journal = $1 AND version = $2", connection)
        {
            Parameters = { Sql.Text(journal.Value), Sql.Long(snapshot.Version) },
        };
        if (await read.ExecuteScalarAsync().ConfigureAwait(false) is not byte[] hash)
            return false;
        var seal = RowSeal.OfSnapshot(journal.Value, snapshot.Version, hash, snapshot.Body.Span);
        using var write = new NpgsqlCommand(
            "INSERT INTO snapshot (journal, version, entry_hash, sha256, body) VALUES ($1, $2, $3, $4, $5) "
            + "ON CONFLICT (journal) DO UPDATE SET version = excluded.version, entry_hash = excluded.entry_hash, "
            + "sha256 = excluded.sha256, body = excluded.body WHERE snapshot.version < excluded.version",
            connection)
        {
            CommandTimeout = 0,
            Parameters =
            {
                Sql.Text(journal.Value), Sql.Long(snapshot.Version), Sql.Blob(hash), Sql.Blob(seal), Sql.Blob(snapshot.Body),
            },
        };
        await write.ExecuteNonQueryAsync().ConfigureAwait(false);
        return true;
    }
}
