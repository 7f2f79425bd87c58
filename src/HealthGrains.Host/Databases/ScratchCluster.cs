using System.Diagnostics;
using System.Globalization;
using System.Text;
using HealthGrains.Host.CommandLine;
using HealthGrains.Host.Files;

namespace HealthGrains.Host.Databases;

/// <summary>A PostgreSQL server of our own in a directory: for a first look, for tests and for drills. It listens on a Unix socket in
/// that directory alone, which only its own user and root may enter, syncs what it confirms, and has checksums.</summary>
/// <remarks>
/// <para>PostgreSQL refuses to run as root; then it runs as the user <c>postgres</c>, who must be able to reach the directory. A
/// cluster whose host was killed goes on running, and the next start finds it.</para>
/// <para>Several hosts of one directory share it: each holds a lock of the file <c>in-use</c>, and the last one to leave stops the
/// server. Who makes, starts or stops it holds that lock alone.</para>
/// </remarks>
internal sealed class ScratchCluster : IAsyncDisposable
{
    public const string User = "healthgrains";
    public const string Database = "postgres";

    // A socket's path has at most 107 bytes, and PostgreSQL appends its name.
    private const int SocketPathMax = 85;

    // Longer than a start or a stop takes.
    private static readonly TimeSpan OthersMax = TimeSpan.FromMinutes(3);

    private readonly string _programs;
    private FileStream? _use;

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
        await cluster.PrepareAsync();
        await cluster.EnterAsync(settings);
        return cluster;
    }

    /// <summary>A cluster whose data somebody else put there, as a restored one.</summary>
    public static async Task<ScratchCluster> AdoptAsync(string directory)
    {
        var cluster = new ScratchCluster(Programs() ?? "", directory, SocketsOf(directory));
        await cluster.EnterAsync([]);
        return cluster;
    }

    public async Task StartAsync()
    {
        // The file outlives a server that was killed, and by then its number may be that of another program, as after a restart
        // of a container; PostgreSQL itself would take that one for a server.
        if (Postmaster is not 0 and var server)
        {
            if (IsAnotherProgram(server))
                File.Delete(Path.Combine(Data, "postmaster.pid"));
            else if ((await RunAsync("pg_ctl", "status", "--silent", "--pgdata", Data)).Exit == 0)
                return;
        }

        var (exit, said) = await RunAsync(
            "pg_ctl", "start", "--silent", "--wait", "--timeout", "120", "--pgdata", Data, "--log", LogFile,
            "--options", $"-c listen_addresses='' -c unix_socket_directories='{Sockets}' -c unix_socket_permissions=0700");
        if (exit != 0)
            throw Failed("start", said);
    }

    /// <param name="mode"><c>fast</c>, <c>smart</c> or <c>immediate</c>.</param>
    public async Task StopAsync(string mode = "fast")
    {
        // A drill may have deleted it.
        if (Postmaster == 0)
            return;
        var (exit, said) = await RunAsync("pg_ctl", "stop", "--silent", "--wait", "--mode", mode, "--pgdata", Data);
        if (exit != 0 && Postmaster != 0)
            throw Failed("stop", said);
    }

    /// <summary>Stops it, unless another host uses it; the data stays.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_use is { } use)
            await use.DisposeAsync();
        _use = null;
        if (TryLock(FileShare.None) is not { } alone)
            return;
        await using (alone)
            await StopAsync();
    }

    /// <summary>Runs a program of PostgreSQL as the user that the server runs as.</summary>
    public async Task<(int Exit, string Said)> RunAsync(string program, params string[] arguments)
    {
        var start = StartOf(program, arguments);

        // A server that is started keeps the handles that it inherits: standard output is read from those that end.
        var isRead = program is not "pg_ctl" || arguments is ["status", ..];
        (start.RedirectStandardOutput, start.RedirectStandardError) = (isRead, isRead);
        using var process = Process.Start(start) ?? throw Failed("run", program);
        var errors = isRead ? process.StandardError.ReadToEndAsync() : Task.FromResult("");
        var output = isRead ? await process.StandardOutput.ReadToEndAsync() : "";
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }

    /// <summary>The same for a program that goes on; its caller ends it.</summary>
    public Process Start(string program, params string[] arguments) =>
        Process.Start(StartOf(program, arguments)) ?? throw Failed("run", program);

    private ProcessStartInfo StartOf(string program, string[] arguments)
    {
        string[] command = [Path.Combine(_programs, program), .. arguments];
        if (Environment.IsPrivilegedProcess)
            command = ["runuser", "-u", "postgres", "--", .. command];
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { WorkingDirectory = "/", UseShellExecute = false };
        start.Environment["LC_ALL"] = "C";
        return start;
    }

    private static string SocketsOf(string directory)
    {
        if (Encoding.UTF8.GetByteCount(directory) > SocketPathMax)
        {
            throw new CliException(
                ExitCode.Usage, $"The path {directory} is too long for a socket (at most {SocketPathMax} bytes): choose a shorter --data.");
        }

        // Each of these ends or divides a value in a connection string, in a shell or in the server's settings.
        return directory.AsSpan().ContainsAny("'\",;=\\")
            ? throw new CliException(ExitCode.Usage, $"The path {directory} cannot hold a socket: choose a --data without quotes, commas, semicolons, equals signs and backslashes.")
            : directory;
    }

    /// <summary>The directory, for the server's user alone: the server trusts whoever reaches its socket.</summary>
    private async Task PrepareAsync()
    {
        Directory.CreateDirectory(Root);
        if (OperatingSystem.IsWindows())
            return;
        if (Environment.IsPrivilegedProcess)
        {
            // The server's user passes through the data directory to its own; the secrets beside it stay their owner's.
            if (Path.GetDirectoryName(Root) is { } parent)
                File.SetUnixFileMode(parent, File.GetUnixFileMode(parent) | UnixFileMode.OtherExecute);
            using var owner = Process.Start("chown", ["postgres", Root]);
            await owner.WaitForExitAsync();
        }

        File.SetUnixFileMode(Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private async Task EnterAsync(string[] settings)
    {
        for (var waiting = Stopwatch.StartNew(); waiting.Elapsed < OthersMax;)
        {
            if (TryLock(FileShare.None) is { } alone)
            {
                await using (alone)
                {
                    if (!File.Exists(Path.Combine(Data, "PG_VERSION")))
                        await MakeAsync(settings);
                    await StartAsync();
                }
            }

            _use = TryLock(FileShare.Read);
            if (_use is not null)
            {
                // Between the two locks the last of the others may have stopped it.
                await StartAsync();
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }

        throw Failed("start", "Another host has been starting or stopping it for minutes.");
    }

    /// <returns>Null while somebody holds a lock that excludes this one.</returns>
    private FileStream? TryLock(FileShare share)
    {
        const int wouldBlock = 11;
        try
        {
            return new FileStream(Path.Combine(Root, "in-use"), FileMode.OpenOrCreate, FileAccess.Read, share);
        }
        catch (DirectoryNotFoundException)
        {
            // A drill deleted it all.
            return null;
        }
        catch (IOException locked) when (locked.HResult == wouldBlock)
        {
            return null;
        }
    }

    private static bool IsAnotherProgram(int id)
    {
        try
        {
            return !File.ReadAllText($"/proc/{id.ToString(CultureInfo.InvariantCulture)}/comm").StartsWith("post", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It has ended, or this system does not tell.
            return false;
        }
    }

    private async Task MakeAsync(string[] settings)
    {
        // Elsewhere first: what a killed initdb left behind looks like a cluster, and never starts.
        var making = Path.Combine(Root, "making");
        if (Directory.Exists(making))
            Directory.Delete(making, recursive: true);
        var (exit, said) = await RunAsync(
            "initdb", "--pgdata", making, "--username", User, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--data-checksums");
        if (exit != 0)
            throw Failed("make", said);
        await File.AppendAllLinesAsync(
            Path.Combine(making, "postgresql.conf"),
            ["fsync = on", "max_connections = 200", "max_wal_size = 4GB", "shared_buffers = 256MB", .. settings]);
        Directory.Move(making, Data);
        DurableFile.SyncDirectory(Root);
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
