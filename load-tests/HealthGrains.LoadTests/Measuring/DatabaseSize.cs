using Npgsql;

namespace HealthGrains.LoadTests.Measuring;

/// <summary>What a database of PostgreSQL holds, and how much log it has written since it was made. Bytes.</summary>
/// <remarks>The files of a data directory are no measure: the log keeps gigabytes that are used again and again.</remarks>
internal sealed record DatabaseSize(long Data, decimal Log)
{
    /// <exception cref="NpgsqlException">The database cannot be asked.</exception>
    public static async Task<DatabaseSize> ReadAsync(string connection, CancellationToken cancellation)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand("SELECT pg_database_size(current_database()), pg_current_wal_lsn() - '0/0'::pg_lsn");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return new DatabaseSize(reader.GetInt64(0), reader.GetDecimal(1));
    }

    /// <summary>The scratch cluster of a data directory, if it runs there.</summary>
    public static string? ScratchOf(string? data)
    {
        var root = data is null ? null : Path.Combine(Path.GetFullPath(data), "postgresql");
        return root is not null && File.Exists(Path.Combine(root, "data", "postmaster.pid")) ? $"Host={root};Username=healthgrains;Database=postgres" : null;
    }
}
