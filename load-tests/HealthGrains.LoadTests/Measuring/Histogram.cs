using System.Numerics;

namespace HealthGrains.LoadTests.Measuring;

/// <summary>Counts durations in log-linear buckets: exact up to 63 µs, then 64 buckets for each doubling, so that any
/// quantile is at most 1/64 (1.6 %) above the true value.</summary>
/// <remarks>Thread-safe. Values are microseconds from 0; what is longer than <see cref="ValueMax"/> counts as that long,
/// and <see cref="Max"/> is exact below it.</remarks>
internal sealed class Histogram
{
    /// <summary>2^32 − 1 µs, more than an hour.</summary>
    public const long ValueMax = uint.MaxValue;

    private const int SubBits = 6;
    private const int Sub = 1 << SubBits;
    private const int Buckets = (32 - SubBits + 1) * Sub;

    private readonly Lock _lock = new();
    private readonly long[] _counts = new long[Buckets];
    private long _count;
    private long _sum;
    private long _max;

    public long Count
    {
        get
        {
            lock (_lock)
                return _count;
        }
    }

    public long Max
    {
        get
        {
            lock (_lock)
                return _max;
        }
    }

    /// <summary>Microseconds; 0 when nothing was counted.</summary>
    public double Mean
    {
        get
        {
            lock (_lock)
                return _count == 0 ? 0 : (double)_sum / _count;
        }
    }

    public void Record(TimeSpan duration) => Record((long)duration.TotalMicroseconds);

    public void Record(long microseconds)
    {
        var value = Math.Clamp(microseconds, 0, ValueMax);
        lock (_lock)
        {
            _counts[IndexOf(value)]++;
            _count++;
            _sum += value;
            _max = Math.Max(_max, value);
        }
    }

    /// <summary>The smallest bucket border that at least the given part of all values does not exceed, never above
    /// <see cref="Max"/>; 0 when nothing was counted.</summary>
    /// <param name="quantile">0 to 1, as 0.99.</param>
    public long Quantile(double quantile)
    {
        lock (_lock)
        {
            if (_count == 0)
                return 0;
            var rank = Math.Max(1, (long)Math.Ceiling(quantile * _count));
            long seen = 0;
            for (var index = 0; index < Buckets; index++)
            {
                seen += _counts[index];
                if (seen >= rank)
                    return Math.Min(UpperOf(index), _max);
            }

            return _max;
        }
    }

    /// <summary>Buckets that hold something, in order: their highest value in microseconds and their count.</summary>
    public IReadOnlyList<(long UpTo, long Count)> Filled()
    {
        lock (_lock)
            return [.. _counts.Select((count, index) => (UpperOf(index), count)).Where(bucket => bucket.count > 0)];
    }

    /// <summary>The bucket of a value in microseconds.</summary>
    internal static int IndexOf(long value)
    {
        if (value < Sub)
            return (int)value;
        var shift = BitOperations.Log2((ulong)value) - SubBits;
        return ((shift + 1) << SubBits) + (int)((value >> shift) - Sub);
    }

    /// <summary>The highest value that a bucket takes.</summary>
    internal static long UpperOf(int index)
    {
        if (index < Sub)
            return index;
        var shift = (index >> SubBits) - 1;
        return ((Sub + (index & (Sub - 1)) + 1L) << shift) - 1;
    }
}
