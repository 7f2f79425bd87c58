namespace HealthGrains.Campaigns.Calls;

/// <summary>A server whose calls can be made to fail, started again in the same directory as often as need be.</summary>
internal sealed class FailingHost(IReadOnlyList<string> program, FailingCalls calls, string data) : IAsyncDisposable
{
    private readonly List<string> _lines = [];
    private ServerProcess? _server;

    public string Data { get; } = data;

    public ServerProcess Running => _server ?? throw new InvalidOperationException("The server does not run.");

    public bool IsRunning => _server is { HasExited: false };

    /// <summary>What the command line said at its end, of the last process.</summary>
    public string LastLine
    {
        get
        {
            lock (_lines)
                return _lines.LastOrDefault(IsClosing) ?? _lines.LastOrDefault() ?? "";
        }
    }

    /// <summary>Lines that say why the process ended: one is right.</summary>
    public int ClosingLines
    {
        get
        {
            lock (_lines)
                return _lines.Count(IsClosing);
        }
    }

    public bool SaysUnhandled
    {
        get
        {
            lock (_lines)
                return _lines.Exists(line => line.Contains("Unhandled exception", StringComparison.Ordinal));
        }
    }

    /// <exception cref="ServerRefusedException">It ended instead of serving.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _server = null;
        lock (_lines)
            _lines.Clear();
        _server = await ServerProcess.StartAsync(
            program, Data, calls.Library, cancellation, onLine: Keep, environment: new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["HG_FAIL_CONTROL"] = calls.ControlFile,
                ["HG_FAIL_PATH"] = Data,
            });
    }

    /// <returns>The exit code and its last words when it did not come to serve; null when it serves.</returns>
    public async Task<(int? Exit, string Said)> TryStartAsync(CancellationToken cancellation)
    {
        try
        {
            await StartAsync(cancellation);
            return (null, "");
        }
        catch (ServerRefusedException refused)
        {
            return (refused.Exit ?? -1, LastLine);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _server = null;
    }

    private static bool IsClosing(string line) => line.StartsWith("healthgrains: ", StringComparison.Ordinal);

    private void Keep(string line)
    {
        lock (_lines)
            _lines.Add(line);
    }
}
