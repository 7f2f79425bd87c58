using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;
using Npgsql;

namespace HealthGrains.PostgreSql.Keys;

/// <summary>Keyed rows in the database of the journals: one round trip for a call.</summary>
/// <remarks>Keys are inserted in their order, so that two processes that add the same ones wait for each other and never in a
/// circle. What stands is read in a statement of its own, which sees what the other process committed meanwhile.</remarks>
internal sealed class PostgreSqlKeyedRows(Database database) : IKeyedRows
{
    public async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> AddAsync(
        string table, IReadOnlyList<KeyedRow> rows, CancellationToken shutdown)
    {
        KeyedLimits.Check(table, rows);
        if (rows.Count == 0)
            return [];
        var keys = rows.Select(row => row.Key).ToArray();
        var values = rows.Select(row => row.Value).ToArray();
        string? warning = null;
        void OnNotice(object? sender, NpgsqlNoticeEventArgs raised)
        {
            if (raised.Notice.SqlState.StartsWith("01", StringComparison.Ordinal))
                warning = raised.Notice.SqlState;
        }

        var standing = await database.ReadAsync(
            async (connection, _) =>
            {
                connection.Notice += OnNotice;
                try
                {
                    using var batch = new NpgsqlBatch(connection) { Timeout = 0 }
                        .With(
                            "INSERT INTO keyed SELECT $1, pair.key, pair.value FROM unnest($2, $3) WITH ORDINALITY "
                            + "AS pair (key, value, number) ORDER BY pair.key, pair.number ON CONFLICT DO NOTHING",
                            Sql.Text(table), Sql.Blobs(keys), Sql.Blobs(values))
                        .With(
                            "SELECT keyed.value FROM unnest($2) WITH ORDINALITY AS wanted (key, number) "
                            + "JOIN keyed ON keyed.tab = $1 AND keyed.key = wanted.key ORDER BY wanted.number",
                            Sql.Text(table), Sql.Blobs(keys));
                    var reader = await batch.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
                    await using var closing = reader.ConfigureAwait(false);
                    var found = new List<ReadOnlyMemory<byte>>(rows.Count);
                    while (await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false))
                        found.Add(reader.GetFieldValue<byte[]>(0));
                    return found;
                }
                finally
                {
                    connection.Notice -= OnNotice;
                }
            },
            shutdown).ConfigureAwait(false);
        if (warning is not null || standing.Count != rows.Count)
            throw new JournalOutcomeUnknownException("The server did not confirm rows without a doubt.");
        return standing;
    }

    public async ValueTask<ReadOnlyMemory<byte>?> FindAsync(
        string table, ReadOnlyMemory<byte> key, CancellationToken cancellation)
    {
        var value = await database.ReadAsync(
            async (connection, token) =>
            {
                using var command = new NpgsqlCommand("SELECT value FROM keyed WHERE tab = $1 AND key = $2", connection)
                {
                    Parameters = { Sql.Text(table), Sql.Blob(key) },
                };
                return await command.ExecuteScalarAsync(token).ConfigureAwait(false) as byte[];
            },
            cancellation).ConfigureAwait(false);
        return value is null ? null : new ReadOnlyMemory<byte>(value);
    }
}
