using Google.Protobuf;

namespace HealthGrains.Rpc.Server;

/// <summary>The replies of one call. Disposed when its handler has returned; a handler that kept it finds it closed.</summary>
internal sealed class ReplyStream<T>(ServerExchange exchange) : IRpcReplyStream<T>, IDisposable
    where T : class, IMessage<T>
{
    private readonly ProgressTimer _notTaken = new(
        exchange.Lifetime, CallEnd.ReplyNotTaken,
        exchange.Method.Options.ReplyNotTakenTimeout ?? exchange.Options.ReplyNotTakenTimeout, exchange.Options.TimeProvider);

    private int _writing;
    private volatile bool _closed;

    public ValueTask WriteAsync(T message, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(message);
        ObjectDisposedException.ThrowIf(_closed, this);
        ct.ThrowIfCancellationRequested();
        exchange.Lifetime.Token.ThrowIfCancellationRequested();
        if (Interlocked.Exchange(ref _writing, 1) == 1)
            throw new InvalidOperationException("The previous write to this stream has not completed.");
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
                Volatile.Write(ref _writing, 0);
        }
    }

    public void Dispose()
    {
        _closed = true;
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
            Volatile.Write(ref _writing, 0);
        }
    }
}
