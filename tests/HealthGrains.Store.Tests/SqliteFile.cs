using HealthGrains.Grains.Journal;
using Microsoft.Data.Sqlite;

namespace HealthGrains.Store.Tests;

/// <summary>Changes a store's database behind its back, through another library than the store's own.</summary>
internal static class SqliteFile
{
    public static string PathIn(string directory) => Path.Combine(directory, "healthgrains.db");

    /// <summary>Runs SQL, which must change exactly one row.</summary>
    public static void Change(string directory, string sql)
    {
        using var connection = Open(directory);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        var rows = command.ExecuteNonQuery();
        if (rows != 1)
            throw new InvalidOperationException($"The damage changed {rows} rows: {sql}");
    }

    /// <summary>Flips the lowest bit of one byte of a stored blob or text; a negative index counts from the end.</summary>
    public static void Flip(string directory, string table, string column, string where, int index)
    {
        using var connection = Open(directory);
        using var read = connection.CreateCommand();
        read.CommandText = $"SELECT typeof({column}), CAST({column} AS BLOB) FROM {table} WHERE {where}";
        string type;
        byte[] bytes;
        using (var reader = read.ExecuteReader())
        {
            if (!reader.Read())
                throw new InvalidOperationException($"There is no row to damage: {where}");
            (type, bytes) = (reader.GetString(0), (byte[])reader[1]);
        }

        bytes[index < 0 ? bytes.Length + index : index] ^= 1;
        using var write = connection.CreateCommand();
        write.CommandText = $"UPDATE {table} SET {column} = CAST($bytes AS {type}) WHERE {where}";
        write.Parameters.AddWithValue("$bytes", bytes);
        if (write.ExecuteNonQuery() != 1)
            throw new InvalidOperationException($"The damage did not change one row: {where}");
    }

    /// <summary>Runs SQL of any kind.</summary>
    public static void Execute(string directory, string sql)
    {
        using var connection = Open(directory);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public static T Query<T>(string directory, string sql)
    {
        using var connection = Open(directory);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (T)command.ExecuteScalar()!; // ! every query of the tests gives a row
    }

    public static string LogOf(string directory, JournalId journal) =>
        $"log_{journal.ShardOf((int)Query<long>(directory, "SELECT shards FROM store"))}";

    private static SqliteConnection Open(string directory)
    {
        var connection = new SqliteConnection($"Data Source={PathIn(directory)};Pooling=False");
        connection.Open();
        return connection;
    }
}
