using System.Runtime.InteropServices;

namespace HealthGrains.Services.Admission;

/// <summary>One token bucket for each identity, all of one rate.</summary>
/// <remarks>
/// <para>A bucket is one number: when it will be full again (the generic cell rate algorithm, ITU-T I.371). A bucket that is
/// full is as good as none, so forgetting it is exact, and only those that are not full cost memory.</para>
/// <para>The table has a maximum. When a part of it is full of buckets that are not, what comes anew shares one: the known
/// identities are not touched by however many strangers there are.</para>
/// </remarks>
internal sealed class RateTable
{
    private const int Parts = 16;
    private const string Shared = "";

    private readonly Part[] _parts = [.. Enumerable.Range(0, Parts).Select(_ => new Part())];
    private readonly TimeProvider _time;
    private readonly double _interval;
    private readonly double _whole;
    private readonly int _partMax;
    private readonly long _sweepEvery;

    public RateTable(CallRate rate, int identitiesMax, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rate.PerSecond);
        ArgumentOutOfRangeException.ThrowIfLessThan(rate.Burst, 1);
        _time = time;
        _interval = time.TimestampFrequency / rate.PerSecond;
        _whole = _interval * rate.Burst;
        _partMax = Math.Max(1, identitiesMax / Parts);
        _sweepEvery = time.TimestampFrequency / 10;
    }

    /// <summary>Buckets that are kept; for tests and metrics.</summary>
    public int Count => _parts.Sum(part =>
    {
        lock (part)
            return part.FullAt.Count;
    });

    /// <summary>Takes one token.</summary>
    /// <returns>Zero, or how long it takes until there is one; nothing was taken then.</returns>
    public TimeSpan Take(string identity)
    {
        var part = _parts[(uint)StringComparer.Ordinal.GetHashCode(identity) % Parts];
        lock (part)
        {
            var now = _time.GetTimestamp();
            if (part.FullAt.Count >= _partMax && !part.FullAt.ContainsKey(identity))
            {
                Sweep(part, now);
                if (part.FullAt.Count >= _partMax)
                    identity = Shared;
            }

            ref var fullAt = ref CollectionsMarshal.GetValueRefOrAddDefault(part.FullAt, identity, out _);
            var after = Math.Max(fullAt, now) + _interval;
            var over = after - now - _whole;

            // Half a tick: a bucket of whole tokens is not refused its last one by a rounding.
            if (over > 0.5)
                return TimeSpan.FromSeconds(over / _time.TimestampFrequency);
            fullAt = after;
            return TimeSpan.Zero;
        }
    }

    private void Sweep(Part part, long now)
    {
        // Not for each of many strangers.
        if (now - part.SweptAt < _sweepEvery && part.SweptAt != 0)
            return;
        part.SweptAt = now;
        foreach (var (identity, fullAt) in part.FullAt)
            if (fullAt <= now)
                part.FullAt.Remove(identity);
    }

    private sealed class Part
    {
        public Dictionary<string, double> FullAt { get; } = new(StringComparer.Ordinal);

        public long SweptAt { get; set; }
    }
}
