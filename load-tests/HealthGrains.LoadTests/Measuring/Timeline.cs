namespace HealthGrains.LoadTests.Measuring;

/// <summary>What happened in one second of the run. Latencies in microseconds, by the second in which the call ended.</summary>
internal sealed record Second(
    int At, long Started, long Completed, long Failed, long Overflow, long P50, long P90, long P99, long P999, long Max);

/// <summary>Counts a run second by second. Thread-safe.</summary>
internal sealed class Timeline
{
    private readonly Lock _lock = new();
    private readonly List<Slot> _slots = [];

    /// <summary>A call was made, or was due and not made.</summary>
    public void Started(TimeSpan at, bool overflow)
    {
        var slot = SlotAt(at);
        Interlocked.Increment(ref overflow ? ref slot.Overflow : ref slot.Started);
    }

    /// <summary>A call ended.</summary>
    /// <param name="at">When, since the begin.</param>
    /// <param name="latency">From its intended start.</param>
    /// <param name="failed">It was not answered as asked.</param>
    public void Ended(TimeSpan at, TimeSpan latency, bool failed)
    {
        var slot = SlotAt(at);
        if (failed)
            Interlocked.Increment(ref slot.Failed);
        else
            slot.Latencies.Record(latency);
    }

    public Second At(int second)
    {
        lock (_lock)
            return second < _slots.Count ? _slots[second].Read(second) : new Second(second, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    public IReadOnlyList<Second> All()
    {
        lock (_lock)
            return [.. _slots.Select((slot, second) => slot.Read(second))];
    }

    private Slot SlotAt(TimeSpan at)
    {
        var second = Math.Clamp((int)at.TotalSeconds, 0, (int)Limits.DurationMax.TotalSeconds * 2);
        lock (_lock)
        {
            while (_slots.Count <= second)
            {
                _slots.Add(new Slot());

                // Nothing is added to a second that is over: its figures stay, its buckets go.
                if (_slots.Count > 3)
                    _slots[^4].Seal(_slots.Count - 4);
            }

            return _slots[second];
        }
    }

    private sealed class Slot
    {
        public long Started;
        public long Failed;
        public long Overflow;
        private Second? _sealed;

        public Histogram Latencies { get; private set; } = new();

        public void Seal(int second)
        {
            _sealed = Read(second);
            Latencies = s_gone;
        }

        public Second Read(int second) => _sealed is { } known
            ? known with { Started = Started, Failed = Failed, Overflow = Overflow }
            : new Second(
                second, Started, Latencies.Count, Failed, Overflow, Latencies.Quantile(0.5), Latencies.Quantile(0.9),
                Latencies.Quantile(0.99), Latencies.Quantile(0.999), Latencies.Max);

        private static readonly Histogram s_gone = new();
    }
}
