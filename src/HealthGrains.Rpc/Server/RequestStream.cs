using Google.Protobuf;
using HealthGrains.Rpc.Envelope;

namespace HealthGrains.Rpc.Server;

/// <summary>The requests of one call. Closed when its handler has returned.</summary>
internal sealed class RequestStream<T>(ServerExchange exchange, MessageCodec<T> codec) : IRpcRequestStream<T>, IAsyncDisposable
    where T : class, IMessage<T>
{
    private readonly StreamGate _gate = new();
    private readonly ProgressTimer _idle =
        new(exchange.Lifetime, CallEnd.RequestIdle, exchange.Method.Options.IdleTimeout, exchange.Options.TimeProvider);

    private T? _current;
    private bool _ended;

    public T Current => _current ?? throw new InvalidOperationException("No message was read yet, or the stream has ended.");

    public async ValueTask<bool> MoveNextAsync(CancellationToken ct)
    {
        _gate.Enter();
        try
        {
            if (_ended)
                return false;
            ValueTask<T?> read = exchange.ReadAsync(codec, ct);
            if (read.IsCompletedSuccessfully)
                _current = await read;
            else
                _current = await WaitAsync(read);
            _ended = _current is null;
            return !_ended;
        }
        finally
        {
            _gate.Leave();
        }
    }

    public async IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        while (await MoveNextAsync(cancellationToken))
            yield return Current;
    }

    public async ValueTask DisposeAsync()
    {
        await _gate.CloseAsync(exchange.CancelRead);
        _idle.Dispose();
    }

    private async ValueTask<T?> WaitAsync(ValueTask<T?> read)
    {
        _idle.WaitBegins();
        try
        {
            return await read;
        }
        finally
        {
            _idle.WaitEnds();
        }
    }
}
