using System.Numerics;
using System.Threading.Tasks.Sources;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Feed;

/// <summary>The feed of one process.</summary>
/// <remarks>
/// <para>Watchers are linked lists, one for each journal that has any, in stripes with a lock each. Publishing takes one
/// lock and walks one list; for a journal without watchers it is a look-up. Continuations run on the thread pool, never
/// under the lock.</para>
/// <para>F1. A publish is never lost between two waits: a watcher that is not waiting is marked, and its next wait
/// returns at once. Any number of publishes before a wait are one.</para>
/// <para>F2. A watcher costs memory only until it is disposed; the last one of a journal takes the list with it.</para>
/// <para>F3. One watcher waits once at a time; a second wait beside the first is a bug.</para>
/// </remarks>
public sealed class ChangeFeed : IChangeFeed
{
    private const int StripesPerProcessor = 8;

    // Timers count in milliseconds of a clock of their own, and may be this much early.
    private static readonly TimeSpan TimerTick = TimeSpan.FromMilliseconds(1);

    private readonly TimeProvider _time;
    private readonly GrainsInstruments _instruments;
    private readonly int _watchersMax;
    private readonly Stripe[] _stripes;
    private int _watchers;

    /// <param name="time">Measures how long a watcher waits at most.</param>
    /// <param name="watchersMax">From 1.</param>
    /// <param name="instruments">Null for the process's own.</param>
    public ChangeFeed(
        TimeProvider time, int watchersMax = GrainLimits.WatchersMax, GrainsInstruments? instruments = null)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(watchersMax);
        _time = time;
        _watchersMax = watchersMax;
        _instruments = instruments ?? GrainsInstruments.Shared;
        var stripes = BitOperations.RoundUpToPowerOf2((uint)(Environment.ProcessorCount * StripesPerProcessor));
        _stripes = [.. Enumerable.Range(0, (int)stripes).Select(_ => new Stripe())];
    }

    /// <summary>Subscriptions that were not disposed.</summary>
    public int Watchers => Volatile.Read(ref _watchers);

    /// <summary>Subscriptions that a publish could reach, counted one by one; for tests of what is left behind.</summary>
    internal int WatchersListed
    {
        get
        {
            var listed = 0;
            foreach (var stripe in _stripes)
            {
                lock (stripe.Gate)
                {
                    foreach (var first in stripe.First.Values)
                    {
                        for (var watcher = first; watcher is not null; watcher = watcher.Next)
                            listed++;
                    }
                }
            }

            return listed;
        }
    }

    /// <inheritdoc/>
    public void Publish(JournalId journal)
    {
        if (Watchers == 0)
            return;
        var stripe = StripeOf(journal);
        lock (stripe.Gate)
        {
            for (var watcher = stripe.First.GetValueOrDefault(journal); watcher is not null; watcher = watcher.Next)
                watcher.Wake();
        }
    }

    /// <inheritdoc/>
    /// <exception cref="EngineOverloadedException">There are too many watchers; nothing was done.</exception>
    public IChangeSubscription Subscribe(JournalId journal)
    {
        if (Interlocked.Increment(ref _watchers) > _watchersMax)
        {
            Interlocked.Decrement(ref _watchers);
            throw new EngineOverloadedException("Too many watchers on this process.");
        }

        var watcher = new Watcher(this, StripeOf(journal), journal);
        lock (watcher.Stripe.Gate)
            watcher.Stripe.Add(watcher);
        _instruments.WatcherCame();
        return watcher;
    }

    private Stripe StripeOf(JournalId journal) => _stripes[(uint)journal.GetHashCode() & (uint)(_stripes.Length - 1)];

    private void CountOut()
    {
        Interlocked.Decrement(ref _watchers);
        _instruments.WatcherLeft();
    }

    private sealed class Stripe
    {
        /// <summary>Guards the lists and everything that changes in their watchers.</summary>
        public readonly Lock Gate = new();

        public readonly Dictionary<JournalId, Watcher> First = [];

        public void Add(Watcher watcher)
        {
            if (First.TryGetValue(watcher.Journal, out var first))
            {
                watcher.Next = first;
                first.Previous = watcher;
            }

            First[watcher.Journal] = watcher;
        }

        public void Remove(Watcher watcher)
        {
            if (watcher.Next is { } next)
                next.Previous = watcher.Previous;
            if (watcher.Previous is { } previous)
                previous.Next = watcher.Next;
            else if (watcher.Next is null)
                First.Remove(watcher.Journal);
            else
                First[watcher.Journal] = watcher.Next;
        }
    }

    private sealed class Watcher(ChangeFeed feed, Stripe stripe, JournalId journal)
        : IChangeSubscription, IValueTaskSource<bool>
    {
        private ManualResetValueTaskSourceCore<bool> _woken = new() { RunContinuationsAsynchronously = true };
        private CancellationTokenRegistration _givingUp;

        // The present wait's. A callback of an earlier wait's token may come late and must not end this one.
        private CancellationToken _cancellation;
        private ITimer? _timer;
        private bool _published;
        private bool _waits;
        private bool _disposed;

        // When the present wait ends by itself. The timer is not stopped with a wait, so that waking is cheap; when it fires
        // for one that is over, it must not end the next.
        private long _deadline;

        public Stripe Stripe { get; } = stripe;

        public JournalId Journal { get; } = journal;

        public Watcher? Previous { get; set; }

        public Watcher? Next { get; set; }

        public ValueTask<bool> WaitAsync(TimeSpan atMost, CancellationToken cancellation)
        {
            if (cancellation.IsCancellationRequested)
                return ValueTask.FromCanceled<bool>(cancellation);

            ValueTask<bool> wait;
            short version;
            lock (Stripe.Gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                Invariant.Hold(!_waits, "A watcher waits once at a time.");
                if (_published)
                {
                    _published = false;
                    return ValueTask.FromResult(true);
                }

                if (atMost <= TimeSpan.Zero && atMost != Timeout.InfiniteTimeSpan)
                    return ValueTask.FromResult(false);

                _woken.Reset();
                _waits = true;
                _cancellation = cancellation;
                version = _woken.Version;
                wait = new ValueTask<bool>(this, version);
                StartTimer(atMost);
            }

            if (cancellation.CanBeCanceled)
                GiveUpWith(cancellation, version);
            return wait;
        }

        /// <summary>Under the stripe's lock.</summary>
        public void Wake()
        {
            if (_waits)
                End(true);
            else
                _published = true;
        }

        public void Dispose()
        {
            lock (Stripe.Gate)
            {
                if (_disposed)
                    return;
                _disposed = true;
                Stripe.Remove(this);
                if (_waits)
                {
                    StopWaiting();
                    _woken.SetException(new ObjectDisposedException(nameof(IChangeSubscription)));
                }

                _timer?.Dispose();
            }

            feed.CountOut();
        }

        bool IValueTaskSource<bool>.GetResult(short token) => _woken.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _woken.GetStatus(token);

        void IValueTaskSource<bool>.OnCompleted(
            Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _woken.OnCompleted(continuation, state, token, flags);

        private void StartTimer(TimeSpan atMost)
        {
            if (atMost == Timeout.InfiniteTimeSpan)
            {
                _deadline = long.MaxValue;
                return;
            }

            _deadline = feed._time.GetTimestamp() + (long)(atMost.TotalSeconds * feed._time.TimestampFrequency);
            if (_timer is null)
            {
                _timer = feed._time.CreateTimer(
                    static watcher => ((Watcher?)watcher)?.TimeIsUp(), this, atMost, Timeout.InfiniteTimeSpan);
            }
            else
            {
                _timer.Change(atMost, Timeout.InfiniteTimeSpan);
            }
        }

        private void TimeIsUp()
        {
            lock (Stripe.Gate)
            {
                if (!_waits || _deadline == long.MaxValue)
                    return;
                var left = _deadline - feed._time.GetTimestamp();
                if (left <= 0)
                    End(false);
                else
                    _timer?.Change(TimerTick + feed._time.GetElapsedTime(0, left), Timeout.InfiniteTimeSpan);
            }
        }

        private void GiveUpWith(CancellationToken cancellation, short version)
        {
            var registration = cancellation.UnsafeRegister(
                static (watcher, token) => ((Watcher?)watcher)?.GiveUp(token), this);
            lock (Stripe.Gate)
            {
                // The wait may be over, and another one may have begun on another thread.
                if (_waits && _woken.Version == version)
                {
                    _givingUp = registration;
                    return;
                }
            }

            registration.Unregister();
        }

        private void GiveUp(CancellationToken cancellation)
        {
            lock (Stripe.Gate)
            {
                if (!_waits || _cancellation != cancellation)
                    return;
                StopWaiting();
                _woken.SetException(new OperationCanceledException(cancellation));
            }
        }

        private void End(bool published)
        {
            StopWaiting();
            _woken.SetResult(published);
        }

        private void StopWaiting()
        {
            _waits = false;
            _givingUp.Unregister();
            _givingUp = default;
            _cancellation = default;
        }
    }
}
