using Google.Protobuf;

namespace HealthGrains.Rpc.Server;

/// <summary>The replies of one call. Closed when its handler has returned.</summary>
internal sealed class ReplyStream<T>(ServerExchange exchange) : IRpcReplyStream<T>, IAsyncDisposable
    where T : class, IMessage<T>
{
    private readonly StreamGate _gate = new();
    private readonly ProgressTimer _notTaken = new(
        exchange.Lifetime, CallEnd.ReplyNotTaken,
        exchange.Method.Options.ReplyNotTakenTimeout ?? exchange.Options.ReplyNotTakenTimeout, exchange.Options.TimeProvider);

    public ValueTask WriteAsync(T message, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(message);
        ct.ThrowIfCancellationRequested();
        exchange.Lifetime.Token.ThrowIfCancellationRequested();
        _gate.Enter();
        bool pending = false;
        try
        {
            exchange.Write(message);
            ValueTask flushing = exchange.FlushAsync(ct);
            pending = !flushing.IsCompletedSuccessfully;
            return pending ? WaitAsync(flushing) : flushing;
        }
        finally
        {
            if (!pending)
                _gate.Leave();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _gate.CloseAsync(exchange.CloseOutput);
        _notTaken.Dispose();
    }

    private async ValueTask WaitAsync(ValueTask flushing)
    {
        _notTaken.WaitBegins();
        try
        {
            await flushing;
        }
        finally
        {
            _notTaken.WaitEnds();
            _gate.Leave();
        }
    }
}
