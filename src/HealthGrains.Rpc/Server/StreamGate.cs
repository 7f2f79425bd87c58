namespace HealthGrains.Rpc.Server;

/// <summary>Lets one operation at a time through to one direction of a stream, and none once the handler has returned.</summary>
/// <remarks>A handler may return while an operation that it forgot still runs; Kestrel reuses the stream's buffers for the
/// next call, so that operation is cancelled and waited for first.</remarks>
internal sealed class StreamGate
{
    private const int Free = 0;
    private const int Busy = 1;
    private const int Closing = 2;
    private const int Closed = 3;

    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state;

    /// <exception cref="InvalidOperationException">The previous operation has not completed.</exception>
    /// <exception cref="ObjectDisposedException">The call is over.</exception>
    public void Enter()
    {
        int before = Interlocked.CompareExchange(ref _state, Busy, Free);
        if (before == Busy)
            throw new InvalidOperationException("The previous operation on this stream has not completed.");
        ObjectDisposedException.ThrowIf(before != Free, this);
    }

    public void Leave()
    {
        if (Interlocked.CompareExchange(ref _state, Free, Busy) == Busy)
            return;
        Volatile.Write(ref _state, Closed);
        _left.TrySetResult();
    }

    /// <param name="cancel">Ends the operation that is under way, if there is one.</param>
    public Task CloseAsync(Action cancel)
    {
        if (Interlocked.CompareExchange(ref _state, Closed, Free) == Free)
            return Task.CompletedTask;
        if (Interlocked.CompareExchange(ref _state, Closing, Busy) == Busy)
        {
            cancel();
            return _left.Task;
        }
        // It left between the two looks.
        Volatile.Write(ref _state, Closed);
        return Task.CompletedTask;
    }
}
