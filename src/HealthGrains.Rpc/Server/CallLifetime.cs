using Microsoft.AspNetCore.Http.Features;

namespace HealthGrains.Rpc.Server;

/// <summary>Why a call is over.</summary>
internal enum CallEnd
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>The handler finished in time; its outcome is the call's.</summary>
    Completed,

    /// <summary>The deadline passed.</summary>
    DeadlineExceeded,

    /// <summary>The caller reset the stream or its connection is gone.</summary>
    ClientGone,

    /// <summary>The caller of a stream sent nothing for too long.</summary>
    RequestIdle,

    /// <summary>The caller took nothing of what was sent to it for too long.</summary>
    ReplyNotTaken,

    /// <summary>The server stops and does not wait any longer.</summary>
    Draining,
}

/// <summary>When a call ends, and who decided it. A deadline becomes a token here and nowhere else.</summary>
/// <remarks>
/// States: under way, then exactly one <see cref="CallEnd"/> for ever.
/// I1. The first of completion and the causes that end a call wins; the others do nothing (one compare-and-swap).
/// I2. The token fires if and only if a cause other than completion won, and only after <see cref="End"/> shows it,
///     so whoever sees the token fire can ask why.
/// I3. A completed call's token never fires, however late its timer.
/// The timer starts with <see cref="Arm"/>, not with the call: most unary calls complete without ever waiting, and
/// <see cref="TryComplete"/> looks at the clock itself.
/// The token source is not disposed: a handler may keep its token longer than the call, and nothing of it needs disposing.
/// </remarks>
internal sealed class CallLifetime : IDisposable
{
    // Timers hold up to 2^32 - 2 ms; a longer deadline is reached in several steps.
    private static readonly TimeSpan s_longestTimer = TimeSpan.FromDays(40);

    private readonly CancellationTokenSource _source = new();
    private readonly TimeProvider _time;
    private readonly IHttpRequestLifetimeFeature _request;
    private readonly long _started;
    private readonly TimeSpan? _timeout;
    private CancellationTokenRegistration _registration;
    private ITimer? _timer;
    private bool _armed;

    // Written by the handler's thread, timers and Kestrel; see I1.
    private int _end;

    /// <param name="timeout">From now; null for none; zero or less ends the call at once.</param>
    /// <param name="request">Its token fires when the caller has reset the stream or lost its connection. Only asked for
    /// it when the call has to wait: the token is made on demand.</param>
    public CallLifetime(TimeProvider time, TimeSpan? timeout, IHttpRequestLifetimeFeature request)
    {
        _time = time;
        _timeout = timeout;
        _request = request;
        _started = time.GetTimestamp();
        if (timeout <= TimeSpan.Zero)
            Stop(CallEnd.DeadlineExceeded);
    }

    public CancellationToken Token => _source.Token;

    public CallEnd End => (CallEnd)Volatile.Read(ref _end);

    public TimeSpan Elapsed => _time.GetElapsedTime(_started);

    /// <summary>True if the call ended for a reason other than completion.</summary>
    public bool IsStopped => End is not (CallEnd.None or CallEnd.Completed);

    /// <summary>Starts the timer and watches the caller; called before the first wait.</summary>
    public void Arm()
    {
        if (_armed)
            return;
        _armed = true;
        _registration = _request.RequestAborted.UnsafeRegister(
            static self => ((CallLifetime)self!).Stop(CallEnd.ClientGone), this); // ! passed just here
        if (_timeout is not { } timeout || IsStopped)
            return;
        // The field is set before the timer can fire: a callback may start it again.
        _timer = _time.CreateTimer(
            static self => ((CallLifetime)self!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan); // ! passed just here
        Start(timeout - Elapsed);
    }

    /// <summary>True if the call was still under way and is now complete.</summary>
    public bool TryComplete()
    {
        if (!_armed && Elapsed >= _timeout)
            Stop(CallEnd.DeadlineExceeded);
        return Interlocked.CompareExchange(ref _end, (int)CallEnd.Completed, (int)CallEnd.None) == (int)CallEnd.None;
    }

    /// <summary>Ends the call for this reason, unless it is over already.</summary>
    public void Stop(CallEnd cause)
    {
        if (Interlocked.CompareExchange(ref _end, (int)cause, (int)CallEnd.None) == (int)CallEnd.None)
        {
            // Asynchronously: what handlers registered on the token must neither run on a timer's thread nor fail there.
            _ = _source.CancelAsync();
        }
    }

    /// <summary>The status of a call that was stopped.</summary>
    public RpcException ToStatus() => End switch
    {
        CallEnd.DeadlineExceeded => new RpcException(RpcStatusCode.DeadlineExceeded, "the deadline passed; the call may have taken effect"),
        CallEnd.ClientGone => new RpcException(RpcStatusCode.Cancelled, "the caller gave up"),
        CallEnd.RequestIdle => new RpcException(RpcStatusCode.DeadlineExceeded, "the stream was silent for longer than the method allows"),
        CallEnd.ReplyNotTaken => RetryLater("the replies were not taken for longer than the method allows"),
        CallEnd.Draining => RetryLater("the server is stopping"),
        _ => throw new InvalidOperationException("The call was not stopped."),
    };

    public void Dispose()
    {
        _registration.Dispose();
        _timer?.Dispose();
    }

    internal static RpcException RetryLater(string message) => new(RpcStatusCode.Unavailable, message,
        new Google.Rpc.RetryInfo { RetryDelay = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(Limits.RetryDelay) });

    private void OnTimer()
    {
        TimeSpan left = _timeout.GetValueOrDefault() - Elapsed;
        // A timer may fire a moment early, and a long deadline takes several of them.
        if (left > TimeSpan.Zero)
            Start(left);
        else
            Stop(CallEnd.DeadlineExceeded);
    }

    // Rounded up to the millisecond that timers count in, so that none fires early for nothing.
    private void Start(TimeSpan left)
    {
        var due = TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, left.TotalMilliseconds)));
        _timer?.Change(due < s_longestTimer ? due : s_longestTimer, Timeout.InfiniteTimeSpan);
    }
}
