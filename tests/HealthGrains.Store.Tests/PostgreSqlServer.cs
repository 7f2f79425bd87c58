using System.Diagnostics;
using HealthGrains.Testing;
using Npgsql;
using Xunit;

namespace HealthGrains.Store.Tests;

/// <summary>The tests that share one PostgreSQL server.</summary>
[CollectionDefinition(Name)]
public sealed class PostgreSqlTests : ICollectionFixture<PostgreSqlServer>
{
    public const string Name = "PostgreSQL";
}

/// <summary>The server that <c>HG_TEST_POSTGRES</c> names, else a private cluster in a temporary directory, which listens on
/// a Unix socket there alone and is gone afterwards.</summary>
public sealed class PostgreSqlServer : IAsyncLifetime
{
    public const string Variable = "HG_TEST_POSTGRES";
    public const string Program = "/usr/lib/postgresql/*/bin/initdb";

    private string? _directory;
    private string _programs = "";

    /// <summary>A connection string whose user may create schemas.</summary>
    public string Connection { get; private set; } = "";

    public async Task InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } connection)
        {
            Connection = connection;
            return;
        }

        var initdb = InstalledProgram.Find(Program)
            ?? throw new InvalidOperationException($"There is no PostgreSQL: {Variable} is not set, and no {Program} is installed.");
        _programs = Path.GetDirectoryName(initdb)!; // ! a file has a folder
        _directory = Directory.CreateTempSubdirectory("healthgrains-postgresql-").FullName;
        if (Environment.IsPrivilegedProcess)
            await RunAsync("chown", "postgres", _directory);
        await RunAsServerAsync(
            initdb, "--pgdata", Data, "--username", "healthgrains", "--auth", "trust", "--encoding", "UTF8", "--locale", "C",
            "--data-checksums", "--no-sync");
        await RunAsServerAsync(
            Path.Combine(_programs, "pg_ctl"), "start", "--silent", "--wait", "--pgdata", Data,
            "--log", Path.Combine(_directory, "log"),
            "--options", $"-c listen_addresses='' -c unix_socket_directories='{_directory}' -c max_connections=300 -c fsync=on");
        Connection = $"Host={_directory};Username=healthgrains;Database=postgres";
    }

    public async Task DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_directory is null)
            return;
        await RunAsServerAsync(
            Path.Combine(_programs, "pg_ctl"), "stop", "--silent", "--wait", "--mode", "immediate", "--pgdata", Data);
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Runs SQL and gives the number of rows that it changed.</summary>
    public static async Task<int> ExecuteAsync(string connection, string sql)
    {
        await using var open = new NpgsqlConnection(connection);
        await open.OpenAsync();
        await using var command = new NpgsqlCommand(sql, open);
        return await command.ExecuteNonQueryAsync();
    }

    private string Data => Path.Combine(_directory!, "data"); // ! asked only after it was made

    // The server refuses to run as root.
    private Task RunAsServerAsync(params string[] command) => Environment.IsPrivilegedProcess
        ? RunAsync(["runuser", "-u", "postgres", "--", .. command])
        : RunAsync(command);

    private async Task RunAsync(params string[] command)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            WorkingDirectory = _directory,
            RedirectStandardOutput = command.Any(word => word.EndsWith("initdb", StringComparison.Ordinal)),
        };
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start)!; // ! a new process, not a document
        var output = start.RedirectStandardOutput ? await process.StandardOutput.ReadToEndAsync() : "";
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}. {output}");
    }
}
