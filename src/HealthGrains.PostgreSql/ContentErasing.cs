using HealthGrains.Grains.Journal;
using Npgsql;

namespace HealthGrains.PostgreSql;

/// <summary>Deletes contents, outside the turns' commits: done twice it does no harm.</summary>
internal static class ContentErasing
{
    /// <summary>Deletes a few contents of a journal.</summary>
    /// <returns>How many; 0 when none is left.</returns>
    public static async Task<int> EraseAsync(NpgsqlConnection connection, JournalId journal)
    {
        // The chunks of content rows that are locked: a second process deletes others, or waits and finds these gone.
        using var command = new NpgsqlCommand(
            "WITH picked AS MATERIALIZED (SELECT journal, sha256 FROM content WHERE journal = $1 LIMIT $2 FOR UPDATE), "
            + "parts AS (DELETE FROM chunk USING picked WHERE chunk.journal = picked.journal AND chunk.sha256 = picked.sha256), "
            + "gone AS (DELETE FROM content USING picked WHERE content.journal = picked.journal AND content.sha256 = picked.sha256 "
            + "RETURNING 1) SELECT count(*)::integer FROM gone",
            connection)
        {
            CommandTimeout = 0,
            Parameters = { Sql.Text(journal.Value), Sql.Integer(PostgreSqlLimits.ErasedTogetherMax) },
        };
        return (int)(await command.ExecuteScalarAsync().ConfigureAwait(false))!; // ! count gives a row
    }
}
