using System.Globalization;
using HealthGrains.Grains.Journal;
using Npgsql;

namespace HealthGrains.PostgreSql.Migrating;

/// <summary>What opening found.</summary>
internal sealed record OpenedStore(Guid StoreId, IReadOnlyList<long> Positions);

/// <summary>Brings the schema to the version that this program knows: all missing steps in one transaction, under a lock that
/// other processes starting at the same time wait for.</summary>
internal static class Migrator
{
    private const string TableOfMigrations = """
        CREATE TABLE IF NOT EXISTS migration (
            number integer PRIMARY KEY, what text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
        """;

    /// <summary>What <see cref="OpenAsync"/> would do, without doing it.</summary>
    public static async Task<IReadOnlyList<Migration>> PlanAsync(NpgsqlConnection connection)
    {
        var known = await KnownAsync(connection).ConfigureAwait(false);
        return [.. Migrations.All.Where(step => step.Number > known)];
    }

    /// <summary>Migrates, creates the store if there is none, and reads where it stands.</summary>
    public static async Task<OpenedStore> OpenAsync(NpgsqlConnection connection, int shards)
    {
        await RunAsync(connection, "BEGIN").ConfigureAwait(false);
        var waitMax = PostgreSqlLimits.MigrationWaitMax.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
        await RunAsync(connection, $"SET LOCAL lock_timeout = {waitMax}").ConfigureAwait(false);
        await RunAsync(connection, "SELECT pg_advisory_xact_lock(hashtext('healthgrains'), hashtext(current_schema()))")
            .ConfigureAwait(false);
        await RefuseUnsafeAsync(connection).ConfigureAwait(false);

        var missing = await PlanAsync(connection).ConfigureAwait(false);
        if (missing.Count > 0)
            await RunAsync(connection, TableOfMigrations).ConfigureAwait(false);
        foreach (var step in missing)
        {
            await RunAsync(connection, step.Text).ConfigureAwait(false);
            await RunAsync(
                connection, "INSERT INTO migration (number, what) VALUES ($1, $2)", Sql.Integer(step.Number), Sql.Text(step.What))
                .ConfigureAwait(false);
        }

        // The shards' rows are made with the store and never again: a lost one is damage, not a new beginning.
        await RunAsync(
            connection,
            "WITH made AS (INSERT INTO store SELECT true, gen_random_uuid(), $1 WHERE NOT EXISTS (SELECT FROM store) "
            + "RETURNING shards) INSERT INTO shard SELECT number, 0 FROM made, generate_series(0, shards - 1) number",
            Sql.Integer(shards)).ConfigureAwait(false);
        var opened = await ReadAsync(connection).ConfigureAwait(false);
        await RunAsync(connection, "COMMIT").ConfigureAwait(false);
        return opened;
    }

    private static async Task<int> KnownAsync(NpgsqlConnection connection)
    {
        if (await ScalarAsync(connection, "SELECT to_regclass('migration')::text").ConfigureAwait(false) is not string)
            return 0;
        var known = (int)(await ScalarAsync(connection, "SELECT coalesce(max(number), 0) FROM migration")
            .ConfigureAwait(false))!; // ! an aggregate always gives a row
        return known <= Migrations.All.Count
            ? known
            : throw new JournalUnavailableException(
                $"The database has schema {known}; this version knows schema {Migrations.All.Count}. "
                + "Open it with the version that migrated it, or a later one.",
                JournalUnavailableReason.Away);
    }

    private static async Task RefuseUnsafeAsync(NpgsqlConnection connection)
    {
        var isSafe = await ScalarAsync(
            connection, "SELECT current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on'")
            .ConfigureAwait(false);
        if (isSafe is not true)
        {
            throw new JournalUnavailableException(
                "The database server runs with fsync or full_page_writes switched off: nothing that it confirms is durable. "
                + "Switch both on.",
                JournalUnavailableReason.Away);
        }
    }

    private static async Task<OpenedStore> ReadAsync(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(
            "SELECT store_id, shards, shard, position FROM store, shard ORDER BY shard", connection);
        var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        await using var _ = reader.ConfigureAwait(false);
        var positions = new List<long>();
        var (storeId, shards) = (Guid.Empty, 0);
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            (storeId, shards) = (reader.GetGuid(0), reader.GetInt32(1));
            if (reader.GetInt32(2) != positions.Count)
                break;
            positions.Add(reader.GetInt64(3));
        }

        return positions.Count == shards
            ? new OpenedStore(storeId, positions)
            : throw new JournalDamagedException(new JournalDamage(
                null, positions.Count, 0, 0, "The rows of the shards are not those of the store."));
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, params NpgsqlParameter[] values)
    {
        using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        foreach (var value in values)
            command.Parameters.Add(value);
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync().ConfigureAwait(false);
    }
}
