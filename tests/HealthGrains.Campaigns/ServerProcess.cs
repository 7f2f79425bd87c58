using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns;

/// <summary>The server under test, in a process of its own.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int FreezeTriesMax = 10_000;

    private readonly Process _process;
    private readonly Queue<string> _lastLines;
    private bool _disposed;

    private ServerProcess(Process process, Queue<string> lastLines, Uri address, Uri web, TimeSpan startedIn)
    {
        Web = web;
        _process = process;
        _lastLines = lastLines;
        Address = address;
        StartedIn = startedIn;
    }

    public Uri Address { get; }

    /// <summary>Health and metrics.</summary>
    public Uri Web { get; }

    public int Id => _process.Id;

    /// <summary>From start of the process to the first SERVING.</summary>
    public TimeSpan StartedIn { get; }

    public bool HasExited => _process.HasExited;

    /// <param name="command">The program and its first arguments, as <c>dotnet healthgrains.dll serve</c>.</param>
    /// <param name="data">The data directory.</param>
    /// <param name="preload">A library for LD_PRELOAD: a planted fault.</param>
    /// <param name="settings">Variables beside those of this process, by the names of the settings, as <c>Auth:Issuer</c>; null
    /// for no quotas, because a campaign speaks for very few identities.</param>
    /// <param name="onLine">Told each line that it writes, from any thread.</param>
    /// <param name="environment">More variables, by their own names.</param>
    /// <param name="listen">An address of the network that it runs in, which this process reaches.</param>
    public static async Task<ServerProcess> StartAsync(
        IReadOnlyList<string> command,
        string data,
        string? preload,
        CancellationToken cancellation,
        IReadOnlyDictionary<string, string>? settings = null,
        Action<string>? onLine = null,
        IReadOnlyDictionary<string, string>? environment = null,
        string listen = "127.0.0.1")
    {
        var grpc = FreePort();
        var web = FreePort();
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in command.Skip(1))
            start.ArgumentList.Add(argument);
        foreach (var argument in new[] { "--data", data, "--grpc", $"{listen}:{grpc}", "--web", $"{listen}:{web}" })
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in settings ?? Closed.ClosedHost.Unlimited)
            start.Environment["HEALTHGRAINS__" + name.Replace(":", "__", StringComparison.Ordinal).ToUpperInvariant()] = value;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
            start.Environment[name] = value;
        if (preload is not null)
            start.Environment["LD_PRELOAD"] = preload;

        var clock = Stopwatch.StartNew();
        var lines = new Queue<string>();
        var process = Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
        process.OutputDataReceived += (_, line) => Keep(lines, line.Data, onLine);
        process.ErrorDataReceived += (_, line) => Keep(lines, line.Data, onLine);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        var address = new Uri($"http://{listen}:{grpc}");
        var deadline = TimeSpan.FromSeconds(60);
        var serves = false;
        try
        {
            while (!await IsServingAsync(address, cancellation))
            {
                if (process.HasExited)
                {
                    // Its last lines are still on their way.
                    await process.WaitForExitAsync(cancellation);
                    throw new ServerRefusedException(Tail(lines), process.ExitCode);
                }

                if (clock.Elapsed > deadline)
                    throw new ServerRefusedException($"The server did not serve within {deadline}: {Tail(lines)}");
                await Task.Delay(20, cancellation);
            }

            serves = true;
            return new ServerProcess(process, lines, address, new Uri($"http://{listen}:{web}"), clock.Elapsed);
        }
        finally
        {
            // Also when the campaign is interrupted: no server stays behind.
            if (!serves && !process.HasExited)
                process.Kill();
        }
    }

    /// <summary>kill -9: no handler runs, nothing is flushed.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
            Posix.Signal(_process.Id, Posix.Kill);
        await _process.WaitForExitAsync();
    }

    /// <summary>Whether it says that it serves.</summary>
    public Task<bool> ServesAsync(CancellationToken cancellation) => IsServingAsync(Address, cancellation);

    /// <summary>Waits for an end that nobody asked for.</summary>
    /// <returns>The exit code, 128 and the signal for one that was killed; null when it lives on.</returns>
    public async Task<int?> EndedWithinAsync(TimeSpan atMost, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(atMost);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Stops the process where it stands, or lets it go on.</summary>
    public void Signal(int signal) => Posix.Signal(_process.Id, signal);

    /// <summary>Stops every thread: when it completes, no thread runs a line of the program any more. One that waits in the kernel
    /// stops before it returns from there.</summary>
    public async Task FreezeAsync()
    {
        Signal(Posix.Stop);
        for (var tries = 0; tries < FreezeTriesMax; tries++)
        {
            if (Directory.GetDirectories($"/proc/{_process.Id}/task").All(IsStill))
                return;
            await Task.Delay(1);
        }

        throw new InvalidOperationException("The server did not stop on SIGSTOP.");
    }

    // Third field after the name in parentheses: T stopped, t traced, D waits in the kernel, Z and X are gone.
    private static bool IsStill(string task)
    {
        try
        {
            var line = File.ReadAllText(Path.Combine(task, "stat"));
            return line[line.LastIndexOf(')') + 2] is 'T' or 't' or 'D' or 'Z' or 'X';
        }
        catch (IOException)
        {
            return true; // A thread that ended between the list and this.
        }
    }

    /// <summary>The orderly end; the exit code.</summary>
    public async Task<int> StopAsync()
    {
        if (!_process.HasExited)
            Posix.Signal(_process.Id, Posix.Terminate);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException late)
        {
            await KillAsync();
            throw new InvalidOperationException(
                $"The server did not end within 30 s of SIGTERM: {Tail(_lastLines)}", late);
        }

        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        await KillAsync();
        _process.Dispose();
    }

    private static async Task<bool> IsServingAsync(Uri address, CancellationToken cancellation)
    {
        await using var channel = new RpcChannel(address, null);
        try
        {
            var answer = await channel.UnaryAsync<Grpc.Health.V1.HealthCheckRequest, Grpc.Health.V1.HealthCheckResponse>(
                "/grpc.health.v1.Health/Check",
                new Grpc.Health.V1.HealthCheckRequest(),
                new RpcCallOptions { Timeout = TimeSpan.FromSeconds(2) },
                cancellation);
            return answer.Status == Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.Serving;
        }
        catch (RpcException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void Keep(Queue<string> lines, string? line, Action<string>? onLine)
    {
        if (line is null)
            return;
        onLine?.Invoke(line);
        lock (lines)
        {
            lines.Enqueue(line);
            if (lines.Count > 20)
                lines.Dequeue();
        }
    }

    private static string Tail(Queue<string> lines)
    {
        lock (lines)
            return string.Join(" | ", lines);
    }
}

/// <summary>The server ended instead of serving.</summary>
/// <param name="said">Its last lines.</param>
/// <param name="exit">Its exit code; null when it did not end in time.</param>
internal sealed class ServerRefusedException(string said, int? exit = null) : Exception(said)
{
    public int? Exit { get; } = exit;
}
