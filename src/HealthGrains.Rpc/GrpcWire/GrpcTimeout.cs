using System.Globalization;

namespace HealthGrains.Rpc.GrpcWire;

/// <summary>The header "grpc-timeout": one to eight digits and a unit (gRPC over HTTP2, Timeout).</summary>
internal static class GrpcTimeout
{
    private const int DigitsMax = 8;
    private const long LargestValue = 99_999_999;

    /// <summary>False for anything but digits and one of H, M, S, m, u, n. Nanoseconds are rounded up to 100.</summary>
    public static bool TryParse(string text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > DigitsMax + 1)
            return false;
        long value = 0;
        foreach (char c in text.AsSpan(0, text.Length - 1))
        {
            if (!char.IsAsciiDigit(c))
                return false;
            value = value * 10 + (c - '0');
        }
        // The largest of these is 99,999,999 hours, 3.6 * 10^18 ticks: it fits.
        long? ticks = text[^1] switch
        {
            'H' => value * TimeSpan.TicksPerHour,
            'M' => value * TimeSpan.TicksPerMinute,
            'S' => value * TimeSpan.TicksPerSecond,
            'm' => value * TimeSpan.TicksPerMillisecond,
            'u' => value * TimeSpan.TicksPerMicrosecond,
            'n' => (value + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick,
            _ => null,
        };
        timeout = new TimeSpan(ticks ?? 0);
        return ticks is not null;
    }

    /// <summary>The finest unit that eight digits hold, rounded up, so that a server never ends a call before its caller does.</summary>
    public static string Format(TimeSpan timeout)
    {
        long ticks = Math.Max(1, timeout.Ticks);
        (long perUnit, char unit)[] units =
        [
            (TimeSpan.TicksPerMicrosecond, 'u'), (TimeSpan.TicksPerMillisecond, 'm'), (TimeSpan.TicksPerSecond, 'S'),
            (TimeSpan.TicksPerMinute, 'M'), (TimeSpan.TicksPerHour, 'H'),
        ];
        foreach ((long perUnit, char unit) in units)
        {
            long value = (ticks - 1) / perUnit + 1;
            if (value <= LargestValue)
                return string.Create(CultureInfo.InvariantCulture, $"{value}{unit}");
        }
        return string.Create(CultureInfo.InvariantCulture, $"{LargestValue}H");
    }
}
