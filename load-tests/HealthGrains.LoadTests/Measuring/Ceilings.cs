using System.Diagnostics;
using HealthGrains.LoadTests.Scenarios;
using HealthGrains.Rpc;
using Microsoft.Data.Sqlite;

namespace HealthGrains.LoadTests.Measuring;

/// <summary>What this machine can do at most, measured in the run whose figures are compared with it.</summary>
internal static class Ceilings
{
    private const int Callers = 128;
    private const int RowsPerCommit = 256;

    /// <summary>Empty unary calls a second, closed model: nothing that the server does can be faster.</summary>
    public static async Task<double> EmptyCallsAsync(RpcChannel channel, TimeSpan length, CancellationToken cancellation)
    {
        long calls = 0;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            while (clock.Elapsed < length)
            {
                await channel.UnaryAsync<Grpc.Health.V1.HealthCheckRequest, Grpc.Health.V1.HealthCheckResponse>(
                    Methods.HealthCheck, new Grpc.Health.V1.HealthCheckRequest(),
                    new RpcCallOptions { Timeout = Limits.CallTimeout }, cancellation);
                Interlocked.Increment(ref calls);
            }
        }));
        return calls / clock.Elapsed.TotalSeconds;
    }

    /// <summary>Bytes a second that the disk takes: one file, pieces of 4 MiB that no compression shortens, each on the disk before the next.</summary>
    /// <param name="directory">On the disk that is of interest; a file is made in it and removed.</param>
    public static double DiskBytes(string directory, TimeSpan length)
    {
        const int piece = 4 << 20;
        Directory.CreateDirectory(directory);
        var file = Path.Combine(directory, $"ceiling-{Environment.ProcessId}.bin");
        var bytes = new byte[piece];
        new Random(1).NextBytes(bytes);
        try
        {
            using var handle = File.OpenHandle(file, FileMode.Create, FileAccess.Write, options: FileOptions.WriteThrough);
            long written = 0;
            var clock = Stopwatch.StartNew();
            while (clock.Elapsed < length)
            {
                RandomAccess.Write(handle, bytes, written);
                written += piece;
            }

            return written / clock.Elapsed.TotalSeconds;
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Rows a second that SQLite inserts durably, 256 in one commit: write-ahead log, synchronous=FULL, one writer.</summary>
    /// <param name="directory">On the disk that is of interest; a file is made in it and removed.</param>
    /// <param name="rowBytes">Bytes of each row's content.</param>
    /// <param name="length">How long to insert.</param>
    public static double SqliteRows(string directory, int rowBytes, TimeSpan length)
    {
        Directory.CreateDirectory(directory);
        var file = Path.Combine(directory, $"ceiling-{Environment.ProcessId}.db");
        try
        {
            using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
            connection.Open();
            Run("PRAGMA journal_mode=WAL");
            Run("PRAGMA synchronous=FULL");
            Run("CREATE TABLE entries (position INTEGER PRIMARY KEY, journal TEXT NOT NULL, bytes BLOB NOT NULL)");
            using var insert = connection.CreateCommand();
            insert.CommandText = "INSERT INTO entries (journal, bytes) VALUES ($journal, $bytes)";
            var journal = insert.Parameters.Add("$journal", SqliteType.Text);
            insert.Parameters.AddWithValue("$bytes", new byte[rowBytes]);
            long rows = 0;
            var clock = Stopwatch.StartNew();
            while (clock.Elapsed < length)
            {
                using var transaction = connection.BeginTransaction();
                insert.Transaction = transaction;
                for (var row = 0; row < RowsPerCommit; row++)
                {
                    journal.Value = $"patient-{rows % 200}";
                    insert.ExecuteNonQuery();
                    rows++;
                }

                transaction.Commit();
            }

            return rows / clock.Elapsed.TotalSeconds;

            void Run(string sql)
            {
                using var command = connection.CreateCommand();
                command.CommandText = sql;
                command.ExecuteNonQuery();
            }
        }
        finally
        {
            foreach (var left in new[] { file, file + "-wal", file + "-shm" })
                File.Delete(left);
        }
    }
}
