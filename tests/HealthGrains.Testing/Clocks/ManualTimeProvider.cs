namespace HealthGrains.Testing.Clocks;

/// <summary>Time that moves only when a test says so: one owner moves it, everybody may read it.</summary>
/// <remarks>The clock, the timestamps and the timers move together. Timers run on the thread of <see cref="Advance"/>, in
/// the order in which they are due, each at its own time; what they start may still be running when it returns.</remarks>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly DateTimeOffset _start;
    private TimeSpan _elapsed;

    /// <param name="start">UTC; by default a day in October 2025.</param>
    public ManualTimeProvider(DateTimeOffset? start = null) =>
        _start = start ?? new DateTimeOffset(2025, 10, 1, 8, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Timers that are set to fire.</summary>
    public int TimersSet
    {
        get
        {
            lock (_gate)
                return _timers.Count;
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
            return _start + _elapsed;
    }

    public override long GetTimestamp()
    {
        lock (_gate)
            return _elapsed.Ticks;
    }

    /// <summary>Moves time forward and runs the timers that become due.</summary>
    /// <param name="by">Zero runs what is due already.</param>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        TimeSpan until;
        lock (_gate)
            until = _elapsed + by;
        while (TakeDue(until) is { } due)
            due.Fire();
        lock (_gate)
            _elapsed = until > _elapsed ? until : _elapsed;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private ManualTimer? TakeDue(TimeSpan until)
    {
        lock (_gate)
        {
            var due = _timers.Where(timer => timer.DueAt <= until).MinBy(timer => timer.DueAt);
            if (due is null)
                return null;
            if (due.DueAt > _elapsed)
                _elapsed = due.DueAt;
            if (due.Period > TimeSpan.Zero)
                due.DueAt += due.Period;
            else
                _timers.Remove(due);
            return due;
        }
    }

    private sealed class ManualTimer(ManualTimeProvider time, TimerCallback callback, object? state) : ITimer
    {
        private bool _disposed;

        public TimeSpan DueAt { get; set; }

        public TimeSpan Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
                if (_disposed)
                    return false;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    DueAt = time._elapsed + dueTime;
                    Period = period == Timeout.InfiniteTimeSpan ? TimeSpan.Zero : period;
                    time._timers.Add(this);
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (time._gate)
            {
                _disposed = true;
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
