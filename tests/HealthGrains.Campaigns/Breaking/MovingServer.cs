using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Breaking;

/// <summary>A server that is killed and started again elsewhere, and the connections of clients who follow it.</summary>
internal sealed class MovingServer : IAsyncDisposable
{
    private readonly IReadOnlyList<string> _program;
    private readonly string _data;
    private readonly RpcChannel?[] _channels;
    private readonly Action<string>? _onLine;
    private readonly Lock _gate = new();
    private ServerProcess? _server;

    /// <param name="program">The program and its first arguments.</param>
    /// <param name="data">Its data directory.</param>
    /// <param name="channels">Connections that calls take in turn.</param>
    /// <param name="onLine">Told each line that it writes, from any thread.</param>
    public MovingServer(IReadOnlyList<string> program, string data, int channels, Action<string>? onLine = null)
    {
        _onLine = onLine;
        _program = program;
        _data = data;
        _channels = new RpcChannel?[channels];
    }

    public ServerProcess Running => _server ?? throw new InvalidOperationException("The server does not run.");

    /// <summary>Connections that were given up.</summary>
    public int Reconnects { get; private set; }

    public async Task StartAsync(CancellationToken cancellation)
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _server = await ServerProcess.StartAsync(_program, _data, null, cancellation, onLine: _onLine);
        for (var index = 0; index < _channels.Length; index++)
            await ReconnectAsync(index);
    }

    /// <summary>A connection to where the server is now, or was last.</summary>
    public RpcChannel Channel(int number)
    {
        lock (_gate)
            return _channels[number % _channels.Length] ?? throw new InvalidOperationException("The server was never started.");
    }

    /// <summary>Takes a new connection; calls that are under way on the old one lose their answers.</summary>
    public async Task ReconnectAsync(int index)
    {
        RpcChannel? before;
        lock (_gate)
        {
            before = _channels[index];
            _channels[index] = new RpcChannel(Running.Address, null);
            Reconnects += before is null ? 0 : 1;
        }

        if (before is not null)
            await before.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        foreach (var channel in _channels)
        {
            if (channel is not null)
                await channel.DisposeAsync();
        }
    }
}
