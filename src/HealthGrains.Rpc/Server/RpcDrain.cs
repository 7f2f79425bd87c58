namespace HealthGrains.Rpc.Server;

/// <summary>The end of a server: first said, then waited for, then enforced.</summary>
/// <remarks>Unary calls are not followed here: they end by their deadlines, or with Kestrel's connections.</remarks>
internal sealed class RpcDrain(RpcServerOptions options) : IDisposable
{
    private readonly CancellationTokenSource _begun = new();
    private readonly CancellationTokenSource _over = new();
    private ITimer? _timer;

    /// <summary>Fires when the server begins to stop.</summary>
    public CancellationToken Begun => _begun.Token;

    /// <summary>Fires when streams have had their time.</summary>
    public CancellationToken Over => _over.Token;

    public void Begin()
    {
        if (_begun.IsCancellationRequested)
            return;
        options.Health.Shutdown();
        _timer = options.TimeProvider.CreateTimer(
            static source => _ = ((CancellationTokenSource)source!).CancelAsync(), _over, // ! passed just here
            options.DrainTimeout, Timeout.InfiniteTimeSpan);
        _ = _begun.CancelAsync();
    }

    public void Dispose() => _timer?.Dispose();
}
