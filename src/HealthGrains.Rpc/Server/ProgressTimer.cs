namespace HealthGrains.Rpc.Server;

/// <summary>Ends a call when one wait of it takes too long. Used by one reader or one writer at a time.</summary>
internal sealed class ProgressTimer(CallLifetime lifetime, CallEnd cause, TimeSpan? limit, TimeProvider time) : IDisposable
{
    private ITimer? _timer;

    // A callback that was already on its way when the wait ended must not end the next wait.
    private int _waiting;

    public void WaitBegins()
    {
        if (limit is not { } due)
            return;
        Volatile.Write(ref _waiting, 1);
        if (_timer is null)
        {
            _timer = time.CreateTimer(
                static self => ((ProgressTimer)self!).OnTimer(), this, due, Timeout.InfiniteTimeSpan); // ! passed just here
        }
        else
        {
            _timer.Change(due, Timeout.InfiniteTimeSpan);
        }
    }

    public void WaitEnds()
    {
        if (limit is null)
            return;
        Volatile.Write(ref _waiting, 0);
        _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer?.Dispose();

    private void OnTimer()
    {
        if (Volatile.Read(ref _waiting) == 1)
            lifetime.Stop(cause);
    }
}
