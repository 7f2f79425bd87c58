using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace HealthGrains.LoadTests.Measuring;

/// <summary>Processor time and memory at one moment. Null where it cannot be known.</summary>
/// <param name="At">Second of the run.</param>
/// <param name="ToolCpu">Processors in use by this program since the sample before.</param>
/// <param name="ToolBytes">Its resident memory.</param>
/// <param name="ServerCpu">The same of the server.</param>
/// <param name="ServerBytes">The same of the server.</param>
/// <param name="DataBytes">Size of the data directory.</param>
internal sealed record Sample(int At, double ToolCpu, long ToolBytes, double? ServerCpu, long? ServerBytes, long? DataBytes);

/// <summary>Watches this process, and the server by its process id or by its page of metrics.</summary>
internal sealed class ProcessSampler(int? serverPid, Uri? metrics, string? data) : IDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(2) };
    private readonly List<Sample> _samples = [];
    private (double At, double Tool, double? Server)? _last;

    public IReadOnlyList<Sample> Samples => _samples;

    /// <param name="at">Time since the begin of the run.</param>
    public async Task TakeAsync(TimeSpan at, CancellationToken cancellation)
    {
        using var self = Process.GetCurrentProcess();
        var tool = self.TotalProcessorTime.TotalSeconds;
        var (server, bytes) = await ServerAsync(cancellation);
        if (_last is { } last && at.TotalSeconds > last.At)
        {
            var span = at.TotalSeconds - last.At;
            _samples.Add(new Sample(
                (int)at.TotalSeconds, (tool - last.Tool) / span, self.WorkingSet64,
                (server - last.Server) / span, bytes, SizeOf(data)));
        }

        _last = (at.TotalSeconds, tool, server);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Bytes of the files in a directory and below; null without one.</summary>
    public static long? SizeOf(string? directory)
    {
        if (directory is null || !Directory.Exists(directory))
            return null;
        try
        {
            return new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        }
        catch (IOException)
        {
            // A file went while it was counted: no figure this second.
            return null;
        }
    }

    /// <summary>The value of a line without labels in Prometheus text.</summary>
    internal static double? ValueOf(string text, string name)
    {
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith(name + " ", StringComparison.Ordinal)
                && double.TryParse(line.AsSpan(name.Length + 1).Trim(), CultureInfo.InvariantCulture, out var value))
            {
                return value;
            }
        }

        return null;
    }

    private async Task<(double? Cpu, long? Bytes)> ServerAsync(CancellationToken cancellation)
    {
        try
        {
            if (serverPid is { } pid)
            {
                using var process = Process.GetProcessById(pid);
                return (process.TotalProcessorTime.TotalSeconds, process.WorkingSet64);
            }

            if (metrics is null)
                return (null, null);
            var text = await _http.GetStringAsync(metrics, cancellation);
            return (ValueOf(text, "process_cpu_seconds_total"), (long?)ValueOf(text, "process_resident_memory_bytes"));
        }
        catch (Exception gone) when (gone is HttpRequestException or ArgumentException or InvalidOperationException
            or Win32Exception or TaskCanceledException)
        {
            return (null, null);
        }
    }
}
