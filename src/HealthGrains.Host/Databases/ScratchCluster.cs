using System.Diagnostics;
using System.Globalization;
using HealthGrains.Host.CommandLine;

namespace HealthGrains.Host.Databases;

/// <summary>A PostgreSQL server of our own in a directory: for a first look, for tests and for drills. It listens on a Unix socket in
/// that directory alone, syncs what it confirms, and has checksums.</summary>
/// <remarks>PostgreSQL refuses to run as root; then it runs as the user <c>postgres</c>, who must be able to reach the directory. A
/// cluster whose host was killed goes on running, and the next start finds it.</remarks>
internal sealed class ScratchCluster : IAsyncDisposable
{
    public const string User = "healthgrains";
    public const string Database = "postgres";

    // A socket's path has at most 107 bytes, and PostgreSQL appends its name.
    private const int SocketPathMax = 85;

    private readonly string _programs;

    private ScratchCluster(string programs, string directory, string sockets)
    {
        _programs = programs;
        Root = directory;
        Sockets = sockets;
    }

    /// <summary>Holds <c>data</c>, the server's log and, if its path is short enough, the socket.</summary>
    public string Root { get; }

    public string Sockets { get; }

    public string Data => Path.Combine(Root, "data");

    public string LogFile => Path.Combine(Root, "log");

    public string Connection => $"Host={Sockets};Username={User};Database={Database}";

    /// <summary>The process that starts the others, or 0 when the cluster does not run.</summary>
    public int Postmaster
    {
        get
        {
            var file = Path.Combine(Data, "postmaster.pid");
            return File.Exists(file) && int.TryParse(File.ReadLines(file).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                ? id
                : 0;
        }
    }

    /// <summary>The folder of the newest installed server programs, or null.</summary>
    public static string? Programs()
    {
        string[] roots = ["/usr/lib/postgresql", "/usr/local/lib/postgresql", "/usr/pgsql"];
        var versions = roots.Where(Directory.Exists).SelectMany(Directory.GetDirectories)
            .Select(folder => Path.Combine(folder, "bin"))
            .OrderByDescending(folder => double.TryParse(
                Path.GetFileName(Path.GetDirectoryName(folder)), CultureInfo.InvariantCulture, out var version) ? version : 0);
        var inPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return versions.Concat(inPath).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")));
    }

    /// <summary>Starts the cluster of a directory, making it if there is none.</summary>
    /// <param name="directory">An absolute path.</param>
    /// <param name="settings">More settings of the server, such as <c>archive_mode=on</c>; kept in its configuration when it is made.</param>
    /// <exception cref="CliException">There is no PostgreSQL here, or it does not start.</exception>
    public static async Task<ScratchCluster> StartAsync(string directory, params string[] settings)
    {
        var programs = Programs() ?? throw new CliException(
            ExitCode.Unavailable,
            "No PostgreSQL is installed here (no initdb in /usr/lib/postgresql/*/bin or in the path), so no scratch cluster can be made.",
            "apt-get install postgresql, or --postgresql 'Host=…;Database=…;Username=…' for one that runs");
        var cluster = new ScratchCluster(programs, directory, SocketsOf(directory));
        if (!File.Exists(Path.Combine(cluster.Data, "PG_VERSION")))
            await cluster.MakeAsync(settings);
        await cluster.StartAsync();
        return cluster;
    }

    /// <summary>A cluster whose data somebody else put there, as a restored one.</summary>
    public static async Task<ScratchCluster> AdoptAsync(string directory)
    {
        var cluster = new ScratchCluster(Programs() ?? "", directory, SocketsOf(directory));
        await cluster.StartAsync();
        return cluster;
    }

    public async Task StartAsync()
    {
        var (running, _) = await RunAsync("pg_ctl", "status", "--pgdata", Data);
        if (running == 0)
            return;
        var (exit, said) = await RunAsync(
            "pg_ctl", "start", "--silent", "--wait", "--timeout", "120", "--pgdata", Data, "--log", LogFile,
            "--options", $"-c listen_addresses='' -c unix_socket_directories='{Sockets}'");
        if (exit != 0)
            throw Failed("start", said);
    }

    /// <param name="mode"><c>fast</c>, <c>smart</c> or <c>immediate</c>.</param>
    public async Task StopAsync(string mode = "fast")
    {
        var (exit, said) = await RunAsync("pg_ctl", "stop", "--silent", "--wait", "--mode", mode, "--pgdata", Data);
        if (exit != 0 && Postmaster != 0)
            throw Failed("stop", said);
    }

    /// <summary>Stops it; the data stays.</summary>
    public async ValueTask DisposeAsync() => await StopAsync();

    /// <summary>Runs a program of PostgreSQL as the user that the server runs as.</summary>
    public async Task<(int Exit, string Said)> RunAsync(string program, params string[] arguments)
    {
        string[] command = [Path.Combine(_programs, program), .. arguments];
        if (Environment.IsPrivilegedProcess)
            command = ["runuser", "-u", "postgres", "--", .. command];
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { WorkingDirectory = "/", UseShellExecute = false };

        // A server that is started keeps the handles that it inherits: standard output is read from those that end.
        var isRead = program is not "pg_ctl";
        (start.RedirectStandardOutput, start.RedirectStandardError) = (isRead, isRead);
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start) ?? throw Failed("run", program);
        var errors = isRead ? process.StandardError.ReadToEndAsync() : Task.FromResult("");
        var output = isRead ? await process.StandardOutput.ReadToEndAsync() : "";
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }

    private static string SocketsOf(string directory) => directory.Length <= SocketPathMax
        ? directory
        : throw new CliException(
            ExitCode.Usage, $"The path {directory} is too long for a socket (at most {SocketPathMax} characters): choose a shorter --data.");

    private async Task MakeAsync(string[] settings)
    {
        Directory.CreateDirectory(Root);
        if (Environment.IsPrivilegedProcess)
        {
            // The server's user passes through the data directory to its own; the secrets beside it stay their owner's.
            if (Path.GetDirectoryName(Root) is { } parent && !OperatingSystem.IsWindows())
                File.SetUnixFileMode(parent, File.GetUnixFileMode(parent) | UnixFileMode.OtherExecute);
            using var owner = Process.Start("chown", ["postgres", Root]);
            await owner.WaitForExitAsync();
        }

        var (exit, said) = await RunAsync(
            "initdb", "--pgdata", Data, "--username", User, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--data-checksums");
        if (exit != 0)
            throw Failed("make", said);
        await File.AppendAllLinesAsync(
            Path.Combine(Data, "postgresql.conf"),
            ["fsync = on", "max_connections = 200", "max_wal_size = 4GB", "shared_buffers = 256MB", .. settings]);
    }

    private CliException Failed(string what, string said)
    {
        var lines = File.Exists(LogFile) ? File.ReadLines(LogFile).TakeLast(2) : [];
        var reason = string.Join(' ', said.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(2).Concat(lines));
        return new CliException(
            ExitCode.Unavailable, $"The scratch cluster in {Root} could not {what}. {reason}".TrimEnd(),
            Environment.IsPrivilegedProcess ? "choose a --data that the user postgres can reach, or do not run as root" : "");
    }
}
