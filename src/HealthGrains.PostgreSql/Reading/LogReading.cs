using HealthGrains.Grains.Journal;
using Npgsql;

namespace HealthGrains.PostgreSql.Reading;

/// <summary>Reads pages of a shard's log, and where readers of logs stand.</summary>
internal static class LogReading
{
    // The lengths are summed without reading the bodies, so that what is past the page's bytes stays on the disk.
    private const string Page = """
        SELECT journal, version, position, shard, hash, seal, body
        FROM (SELECT *, sum(octet_length(body)) OVER (ORDER BY position) - octet_length(body) AS bytes_before
              FROM (SELECT * FROM entry WHERE shard = $1 AND position > $2 ORDER BY position LIMIT $3) rows) page
        WHERE bytes_before < $4 ORDER BY position
        """;

    /// <summary>See <see cref="IJournalStore.ReadLogAsync"/>.</summary>
    public static async Task<IReadOnlyList<LogEntry>> ReadAsync(
        NpgsqlConnection connection, int shard, long afterPosition, int entriesMax, CancellationToken cancellation)
    {
        // In one transaction with the rows: what the shard counts must be there, to the last one.
        using var batch = connection.Reading()
            .With("SELECT position FROM shard WHERE shard = $1", Sql.Integer(shard))
            .With(
                Page, Sql.Integer(shard), Sql.Long(afterPosition), Sql.Integer(entriesMax), Sql.Long(JournalLimits.LogPageBytesMax))
            .With("COMMIT");
        var reader = await batch.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await using var _ = reader.ConfigureAwait(false);
        if (!await reader.ReadAsync(cancellation).ConfigureAwait(false))
            throw Damaged(null, shard, 0, 0, "The row of a shard is missing.");
        var count = Math.Clamp(reader.GetInt64(0) - afterPosition, 0, entriesMax);
        await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        var page = new List<LogEntry>((int)count);
        var bytes = 0L;
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            var row = StoredEntry.From(reader);
            if (row.Position != afterPosition + page.Count + 1)
                break;
            var text = reader.GetString(0);
            if (!row.IsSealed(text))
                throw Damaged(JournalIdText.TryParse(text), shard, row.Position, row.Version, "An entry is not as it was written.");
            var journal = JournalIdText.TryParse(text)
                ?? throw Damaged(null, shard, row.Position, row.Version, "An entry names no journal.");
            page.Add(new LogEntry(shard, row.Position, journal, row.Version, row.Body));
            bytes += row.Body.Length;
        }

        return page.Count == count || bytes >= JournalLimits.LogPageBytesMax
            ? page
            : throw Damaged(null, shard, afterPosition + page.Count + 1, 0, "An entry of the log is missing.");
    }

    /// <summary>The ends of all logs.</summary>
    public static async Task<IReadOnlyList<long>> PositionsAsync(
        NpgsqlConnection connection, int shards, CancellationToken cancellation)
    {
        using var command = new NpgsqlCommand("SELECT shard, position FROM shard ORDER BY shard", connection);
        var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await using var _ = reader.ConfigureAwait(false);
        var positions = new List<long>(shards);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false) && reader.GetInt32(0) == positions.Count)
            positions.Add(reader.GetInt64(1));
        return positions.Count == shards
            ? positions
            : throw Damaged(null, positions.Count, 0, 0, "The rows of the shards are not those of the store.");
    }

    /// <summary>Where a named reader stands.</summary>
    public static async Task<long> CheckpointAsync(
        NpgsqlConnection connection, string name, int shard, CancellationToken cancellation)
    {
        using var command = new NpgsqlCommand("SELECT position, seal FROM checkpoint WHERE name = $1 AND shard = $2", connection)
        {
            Parameters = { Sql.Text(name), Sql.Integer(shard) },
        };
        var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await using var _ = reader.ConfigureAwait(false);
        if (!await reader.ReadAsync(cancellation).ConfigureAwait(false))
            return 0;
        var position = reader.GetInt64(0);
        return RowSeal.OfCheckpoint(name, shard, position) == reader.GetInt64(1)
            ? position
            : throw Damaged(null, shard, 0, 0, "A checkpoint is not as it was written.");
    }

    private static JournalDamagedException Damaged(JournalId? journal, int shard, long position, long version, string what) =>
        new(new JournalDamage(journal, shard, position, version, what));
}
