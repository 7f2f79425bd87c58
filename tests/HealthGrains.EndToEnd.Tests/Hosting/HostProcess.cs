using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using HealthGrains.Testing.Clocks;

namespace HealthGrains.EndToEnd.Tests.Hosting;

/// <summary>A server as a process of its own: started on free ports, waited for, stopped by a signal or killed.</summary>
/// <remarks>The data directory outlives the process, so a test can kill one server and start the next one on it. Only
/// processes started here are ever signalled, by their id.</remarks>
public sealed partial class HostProcess : IAsyncDisposable
{
    private const int Terminate = 15;

    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly TaskCompletionSource<(int Grpc, int Web)> _serving = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HostProcess(Process process, string data)
    {
        _process = process;
        Data = data;
    }

    /// <summary>The build output that is run.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "healthgrains.dll");

    public string Data { get; }

    public int Id => _process.Id;

    /// <summary>http://127.0.0.1 and the real port.</summary>
    public Uri Grpc { get; private set; } = null!;

    public Uri Web { get; private set; } = null!;

    /// <summary>Everything that it has written so far, both outputs, line by line.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines) return [.. _lines];
        }
    }

    /// <summary>Starts a server and waits for the line that says that it serves.</summary>
    /// <param name="data">Data directory; null for a new one.</param>
    /// <param name="options">More options of <c>serve</c>. Ports are free ones unless named here.</param>
    public static async Task<HostProcess> StartAsync(string? data = null, params string[] options)
    {
        data ??= NewDirectory();
        string[] ports = options.Contains("--grpc") ? [] : ["--grpc", "127.0.0.1:0", "--web", "127.0.0.1:0"];
        var process = new Process { StartInfo = StartInfo(["serve", "--data", data, .. ports, .. options]) };
        var host = new HostProcess(process, data);
        process.OutputDataReceived += (_, line) => host.Take(line.Data);
        process.ErrorDataReceived += (_, line) => host.Take(line.Data);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => host._serving.TrySetException(new InvalidOperationException("It ended before it served."));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            var (grpc, web) = await host._serving.Task.Within("starting a server", data);
            host.Grpc = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{grpc}"));
            host.Web = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{web}"));
            return host;
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException)
        {
            var said = string.Join('\n', host.Lines);
            await host.DisposeAsync();
            throw new InvalidOperationException($"The server did not start: {e.Message}\n{said}", e);
        }
    }

    /// <summary>Runs a verb to its end.</summary>
    /// <returns>Exit code and what it wrote.</returns>
    public static async Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(StartInfo(arguments))!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().Within("running healthgrains", arguments[0]);
        return (process.ExitCode, await output, await error);
    }

    public static ProcessStartInfo StartInfo(IEnumerable<string> arguments)
    {
        // A test run that a shell put into the background inherits an ignored SIGINT, and so would the server.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add(Program);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);

        // What the developer's shell says must not leak into a test.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("HEALTHGRAINS", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        return start;
    }

    public static string NewDirectory() => Directory.CreateTempSubdirectory("healthgrains-test-").FullName;

    /// <summary>Asks it to stop, as an operator does, and waits for its end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        if (!_process.HasExited) Signal(Terminate);
        await _process.WaitForExitAsync().Within("stopping a server", Data);
        return _process.ExitCode;
    }

    /// <summary>Sends a signal by number.</summary>
    public void Signal(int number) => Signal(_process, number);

    /// <summary>Sends a signal by number to a process that a test has started.</summary>
    public static void Signal(Process process, int number)
    {
        if (NativeMethods.Kill(process.Id, number) != 0) throw new InvalidOperationException($"Signal {number} was not sent.");
    }

    /// <summary>The process ends this moment, as with kill -9: nothing of its own runs any more.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().Within("killing a server", Data);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null) return;
        lock (_lines) _lines.Add(line);
        if (Serves().Match(line) is { Success: true } match)
        {
            _serving.TrySetResult((
                int.Parse(match.Groups["grpc"].ValueSpan, CultureInfo.InvariantCulture),
                int.Parse(match.Groups["web"].ValueSpan, CultureInfo.InvariantCulture)));
        }
    }

    [GeneratedRegex(@"serves grpc=\S*:(?<grpc>\d+) web=\S*:(?<web>\d+) ", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Serves();

    private static class NativeMethods
    {
        [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Kill(int process, int signal);
    }
}
