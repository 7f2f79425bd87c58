using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HealthGrains.LoadTests.CommandLine;
using HealthGrains.LoadTests.Scenarios;
using HealthGrains.Rpc;

namespace HealthGrains.LoadTests.Targets;

/// <summary>The shipped server in a process of its own, as a person would start it, with quotas off: one producer stands for all.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int LinesMax = 20;
    private static readonly TimeSpan StartMax = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan StopMax = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    private static readonly string[] s_unlimited =
    [
        "HEALTHGRAINS__ADMISSION__ORGANIZATION=off", "HEALTHGRAINS__ADMISSION__PATIENT=off",
        "HEALTHGRAINS__ADMISSION__PROFESSIONAL=off", "HEALTHGRAINS__ADMISSION__PATIENTSPERHOUR=1000000",
    ];

    private readonly Process _process;
    private readonly HttpClient _http = new();
    private readonly Uri _metrics;

    private ServerProcess(Process process, Uri address, Uri metrics, TimeSpan startedIn)
    {
        _process = process;
        Address = address;
        _metrics = metrics;
        StartedIn = startedIn;
    }

    public Uri Address { get; }

    public int Id => _process.Id;

    /// <summary>From the start of the process to the first answer SERVING.</summary>
    public TimeSpan StartedIn { get; }

    /// <summary>The server that this tree builds, for the configuration of this program; null when it is not there.</summary>
    public static string? Program()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        for (var directory = own; directory is not null; directory = directory.Parent)
        {
            // bin/Release/net10.0 is the same below each project.
            var program = Path.Combine(
                directory.FullName, "src", "HealthGrains.Host", "bin", own.Parent?.Name ?? "", own.Name, "healthgrains.dll");
            if (File.Exists(program))
                return program;
        }

        return null;
    }

    /// <param name="program">Path of <c>healthgrains.dll</c>.</param>
    /// <param name="store">Arguments that choose data and store.</param>
    /// <exception cref="UsageException">It did not serve; with what it said last.</exception>
    public static async Task<ServerProcess> StartAsync(string program, IReadOnlyList<string> store, TimeProvider time, CancellationToken cancellation)
    {
        var (grpc, web) = (FreePort(), FreePort());
        var start = new ProcessStartInfo("dotnet", [program, "serve", .. store, "--grpc", $"127.0.0.1:{grpc}", "--web", $"127.0.0.1:{web}"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        foreach (var setting in s_unlimited)
            start.Environment[setting[..setting.IndexOf('=', StringComparison.Ordinal)]] = setting[(setting.IndexOf('=', StringComparison.Ordinal) + 1)..];
        var begin = time.GetTimestamp();
        var process = Process.Start(start) ?? throw new UsageException("dotnet could not be started.");
        var lines = new Queue<string>();
        process.OutputDataReceived += (_, line) => Keep(lines, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(lines, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var address = new Uri($"http://127.0.0.1:{grpc}");
        var serves = false;
        try
        {
            while (!await IsServingAsync(address, cancellation))
            {
                if (process.HasExited || time.GetElapsedTime(begin) > StartMax)
                    throw new UsageException($"The server does not serve: {Tail(lines)}");
                await Task.Delay(Look, time, cancellation);
            }

            serves = true;
            return new ServerProcess(process, address, new Uri($"http://127.0.0.1:{web}/metrics"), time.GetElapsedTime(begin));
        }
        finally
        {
            // Also when the run is interrupted: no server stays behind.
            if (!serves && !process.HasExited)
                process.Kill();
        }
    }

    /// <summary>Each name of its page of metrics with the sum of its series.</summary>
    public async Task<IReadOnlyDictionary<string, double>> ScrapeAsync(CancellationToken cancellation)
    {
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var line in (await _http.GetStringAsync(_metrics, cancellation)).Split('\n'))
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            var name = line[..line.AsSpan().IndexOfAny('{', ' ')];
            values[name] = values.GetValueOrDefault(name) + double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture);
        }

        return values;
    }

    /// <summary>Waits until everything that was accepted is delivered.</summary>
    public async Task RoutedAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellation)
    {
        var begin = time.GetTimestamp();
        while ((await ScrapeAsync(cancellation)).GetValueOrDefault("healthgrains_routing_lag") > 0)
        {
            if (time.GetElapsedTime(begin) > atMost)
                throw new RpcException(RpcStatusCode.DeadlineExceeded, $"routing did not come to its end within {atMost}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellation);
        }
    }

    /// <summary>Memory of the process that is in use now, bytes.</summary>
    public long Resident()
    {
        _process.Refresh();
        return _process.WorkingSet64;
    }

    /// <summary>The orderly end; killed if it takes too long.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]);
            using var limit = new CancellationTokenSource(StopMax);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        _process.Dispose();
        _http.Dispose();
    }

    private static async Task<bool> IsServingAsync(Uri address, CancellationToken cancellation)
    {
        try
        {
            // A refused connection costs next to nothing; the whole client is asked only once somebody listens.
            using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, address.Port), cancellation);
            await using var channel = new RpcChannel(address, null);
            return (await channel.UnaryAsync<Grpc.Health.V1.HealthCheckRequest, Grpc.Health.V1.HealthCheckResponse>(
                Methods.HealthCheck, new Grpc.Health.V1.HealthCheckRequest(), new RpcCallOptions { Timeout = TimeSpan.FromSeconds(2) }, cancellation))
                .Status == Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.Serving;
        }
        catch (Exception absent) when (absent is SocketException or RpcException)
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

    private static void Keep(Queue<string> lines, string? line)
    {
        if (line is null)
            return;
        lock (lines)
        {
            lines.Enqueue(line);
            if (lines.Count > LinesMax)
                lines.Dequeue();
        }
    }

    private static string Tail(Queue<string> lines)
    {
        lock (lines)
            return string.Join(" | ", lines);
    }
}
