using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;

namespace HealthGrains.LoadTests.Targets;

/// <summary>What PostgreSQL alone takes: rows inserted durably, 256 in one commit through arrays, one session.</summary>
/// <remarks>The ceiling of everything that is stored row by row on this machine and this disk.</remarks>
internal static class RawRows
{
    private const int RowsPerCommit = 256;

    /// <param name="connection">Of the same server that is under test.</param>
    /// <param name="rowBytes">Bytes of each row's content; each row has others.</param>
    public static async Task<double> PostgreSqlAsync(string connection, int rowBytes, TimeSpan length, CancellationToken cancellation)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var session = await source.OpenConnectionAsync(cancellation);
        await RunAsync("DROP TABLE IF EXISTS load_ceiling; CREATE TABLE load_ceiling (position bigint PRIMARY KEY, journal text NOT NULL, bytes bytea NOT NULL)");
        try
        {
            await using var insert = new NpgsqlCommand("INSERT INTO load_ceiling SELECT * FROM unnest($1, $2, $3)", session);
            var positions = new long[RowsPerCommit];
            var journals = new string[RowsPerCommit];
            var bytes = new byte[RowsPerCommit][];
            var random = new Random(1);
            for (var row = 0; row < RowsPerCommit; row++)
            {
                journals[row] = $"patient-{row % 200}";
                random.NextBytes(bytes[row] = new byte[rowBytes]);
            }

            insert.Parameters.Add(new NpgsqlParameter { Value = positions, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
            insert.Parameters.Add(new NpgsqlParameter { Value = journals, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
            insert.Parameters.Add(new NpgsqlParameter { Value = bytes, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
            await insert.PrepareAsync(cancellation);
            long rows = 0;
            var clock = Stopwatch.StartNew();
            while (clock.Elapsed < length)
            {
                for (var row = 0; row < RowsPerCommit; row++)
                    positions[row] = rows++;
                await insert.ExecuteNonQueryAsync(cancellation);
            }

            return rows / clock.Elapsed.TotalSeconds;
        }
        finally
        {
            await RunAsync("DROP TABLE load_ceiling");
        }

        async Task RunAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, session);
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }
}
