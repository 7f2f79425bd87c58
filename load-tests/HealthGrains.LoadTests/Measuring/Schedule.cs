namespace HealthGrains.LoadTests.Measuring;

/// <summary>A stretch of time in which the rate goes evenly from one value to another; starts a second.</summary>
internal readonly record struct Segment(double From, double To, TimeSpan Length)
{
    public double Starts => (From + To) / 2 * Length.TotalSeconds;
}

/// <summary>When each call is meant to start, decided before the first one: a server that stalls does not slow the clock
/// by which it is measured.</summary>
internal sealed class Schedule
{
    private readonly Segment[] _segments;

    /// <exception cref="ArgumentException">No segment, or one without length or with a rate that cannot be.</exception>
    public Schedule(params IReadOnlyList<Segment> segments)
    {
        if (segments.Count == 0 || segments.Any(segment =>
            segment.Length <= TimeSpan.Zero || segment.From < 0 || segment.To < 0
            || segment.From > Limits.RateMax || segment.To > Limits.RateMax))
        {
            throw new ArgumentException("Each part of a schedule has a length and rates from 0 to the maximum.", nameof(segments));
        }

        _segments = [.. segments];
        Length = _segments.Aggregate(TimeSpan.Zero, (sum, segment) => sum + segment.Length);

        // A sum of tenths is not quite whole; half a start more or less is nobody's.
        Count = (long)Math.Floor(_segments.Sum(segment => segment.Starts) + 1e-6);
    }

    public TimeSpan Length { get; }

    /// <summary>Starts in all.</summary>
    public long Count { get; }

    /// <summary>A ramp from a tenth of the rate, then the rate.</summary>
    public static Schedule Steady(double rate, TimeSpan length, TimeSpan ramp)
    {
        ramp = ramp > length ? length : ramp;
        var parts = new List<Segment>();
        if (ramp > TimeSpan.Zero)
            parts.Add(new Segment(rate / 10, rate, ramp));
        if (length > ramp)
            parts.Add(new Segment(rate, rate, length - ramp));
        return new Schedule(parts);
    }

    /// <summary>Four seconds at the rate, one second at a multiple of it, and again.</summary>
    public static Schedule Bursts(double rate, double factor, TimeSpan length)
    {
        var parts = new List<Segment>();
        for (var left = length; left > TimeSpan.Zero;)
        {
            var burst = parts.Count % 2 == 1;
            var part = TimeSpan.FromSeconds(burst ? 1 : 4);
            part = part < left ? part : left;
            parts.Add(burst ? new Segment(rate * factor, rate * factor, part) : new Segment(rate, rate, part));
            left -= part;
        }

        return new Schedule(parts);
    }

    /// <summary>When a start is meant to be, from the begin of the schedule.</summary>
    /// <param name="number">From 0 to <see cref="Count"/> − 1.</param>
    public TimeSpan StartOf(long number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, Count);
        var left = (double)number;
        var begin = TimeSpan.Zero;
        foreach (var segment in _segments)
        {
            if (left < segment.Starts)
                return begin + TimeSpan.FromSeconds(TimeOf(segment, left));
            left -= segment.Starts;
            begin += segment.Length;
        }

        return Length;
    }

    // Starts until t grow as From·t + (To − From)·t²/2T; this is the inverse, in a form that holds for From = To as well.
    private static double TimeOf(Segment segment, double starts)
    {
        if (starts <= 0)
            return 0;
        var slope = (segment.To - segment.From) / segment.Length.TotalSeconds;
        var root = Math.Sqrt(Math.Max(0, (segment.From * segment.From) + (2 * slope * starts)));
        return 2 * starts / (segment.From + root);
    }
}
