using System.Globalization;

namespace HealthGrains.Domain.Cda;

/// <summary>How much of a point in time was stated.</summary>
public enum CdaTimePrecision
{
    Year = 1,
    Month = 2,
    Day = 3,
    Hour = 4,
    Minute = 5,
    Second = 6,
}

/// <summary>A point in time (HL7 v3 data type TS): <c>yyyyMMddHHmmss[.ffff][+zzzz]</c>, cut anywhere after the year.</summary>
/// <param name="Value">The start of the stated year, month, day, hour, minute or second.</param>
/// <param name="Precision">What was stated.</param>
/// <param name="HasOffset">Whether an offset was stated; without one the value counts as UTC, since the answer may not
/// depend on where the server stands.</param>
public readonly record struct CdaTime(DateTimeOffset Value, CdaTimePrecision Precision, bool HasOffset)
{
    private const int TextMax = 32;

    public static bool TryParse(string? text, out CdaTime time)
    {
        time = default;
        if (text is null || text.Length is < 4 or > TextMax) return false;

        var sign = text.AsSpan().LastIndexOfAny('+', '-');
        var offset = TimeSpan.Zero;
        if (sign >= 0 && !TryOffset(text.AsSpan(sign), out offset)) return false;

        var stamp = sign >= 0 ? text.AsSpan(0, sign) : text.AsSpan();
        var dot = stamp.IndexOf('.');
        var fraction = dot >= 0 ? stamp[(dot + 1)..] : [];
        if (dot >= 0 && (dot != 14 || fraction.IsEmpty || fraction.ContainsAnyExceptInRange('0', '9'))) return false;
        var digits = dot >= 0 ? stamp[..dot] : stamp;
        if (digits.Length is not (4 or 6 or 8 or 10 or 12 or 14) || digits.ContainsAnyExceptInRange('0', '9')) return false;

        var year = Number(digits, 0, 4, 1);
        var month = Number(digits, 4, 2, 1);
        var day = Number(digits, 6, 2, 1);
        var hour = Number(digits, 8, 2, 0);
        var minute = Number(digits, 10, 2, 0);
        var second = Number(digits, 12, 2, 0);
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        if (hour > 23 || minute > 59 || second > 59) return false;

        var local = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Unspecified);
        if (!fraction.IsEmpty)
        {
            var ticks = 0L;
            for (var i = 0; i < 7; i++) ticks = (ticks * 10) + (i < fraction.Length ? fraction[i] - '0' : 0);
            local = local.AddTicks(ticks);
        }

        // The first and last days of the calendar have no UTC counterpart with every offset.
        var utc = local.Ticks - offset.Ticks;
        if (utc < DateTime.MinValue.Ticks || utc > DateTime.MaxValue.Ticks) return false;
        time = new CdaTime(new DateTimeOffset(local, offset), (CdaTimePrecision)((digits.Length - 2) / 2), sign >= 0);
        return true;
    }

    private static int Number(ReadOnlySpan<char> digits, int start, int length, int absent) => start >= digits.Length
        ? absent
        : int.Parse(digits.Slice(start, length), NumberStyles.None, CultureInfo.InvariantCulture);

    // Offsets on earth lie between -12:00 and +14:00; both +hhmm and +hh are written.
    private static bool TryOffset(ReadOnlySpan<char> text, out TimeSpan offset)
    {
        offset = default;
        var digits = text[1..];
        if (digits.Length is not (2 or 4) || digits.ContainsAnyExceptInRange('0', '9')) return false;
        var hours = Number(digits, 0, 2, 0);
        var minutes = Number(digits, 2, 2, 0);
        if (hours > 14 || minutes > 59 || (hours == 14 && minutes > 0)) return false;
        offset = new TimeSpan(hours, minutes, 0);
        if (text[0] == '-') offset = -offset;
        return true;
    }
}
