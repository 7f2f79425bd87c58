using Google.Protobuf;
using HealthGrains.Rpc.Envelope;

namespace HealthGrains.Rpc.Server;

/// <summary>The requests of one call. Disposed when its handler has returned; a handler that kept it finds it closed.</summary>
internal sealed class RequestStream<T>(ServerExchange exchange, MessageCodec<T> codec) : IRpcRequestStream<T>, IDisposable
    where T : class, IMessage<T>
{
    private readonly ProgressTimer _idle =
        new(exchange.Lifetime, CallEnd.RequestIdle, exchange.Method.Options.IdleTimeout, exchange.Options.TimeProvider);

    private T? _current;
    private bool _ended;
    private int _reading;
    private volatile bool _closed;

    public T Current => _current ?? throw new InvalidOperationException("No message was read yet, or the stream has ended.");

    public async ValueTask<bool> MoveNextAsync(CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (_ended)
            return false;
        if (Interlocked.Exchange(ref _reading, 1) == 1)
            throw new InvalidOperationException("The previous read of this stream has not completed.");
        _idle.WaitBegins();
        try
        {
            _current = await exchange.ReadAsync(codec, ct);
        }
        finally
        {
            _idle.WaitEnds();
            Volatile.Write(ref _reading, 0);
        }
        _ended = _current is null;
        return !_ended;
    }

    public async IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        while (await MoveNextAsync(cancellationToken))
            yield return Current;
    }

    public void Dispose()
    {
        _closed = true;
        _idle.Dispose();
    }
}
