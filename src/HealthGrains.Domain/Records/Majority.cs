using System.Globalization;

namespace HealthGrains.Domain.Records;

/// <summary>When a person comes of age. Source: Code civil, article 414.</summary>
public static class Majority
{
    /// <param name="birthDate">yyyyMMdd; month and day may be 00 when they are unknown.</param>
    /// <param name="age">In years.</param>
    /// <returns>00:00 UTC of that birthday, of the earliest one that the date allows; null if it is no date.</returns>
    /// <remarks>The earliest, because what ends with it is somebody else's right to read.</remarks>
    public static DateTimeOffset? Of(string? birthDate, int age)
    {
        if (birthDate is not { Length: 8 } || !birthDate.All(char.IsAsciiDigit))
            return null;
        var year = int.Parse(birthDate.AsSpan(0, 4), CultureInfo.InvariantCulture);
        var month = Math.Max(1, int.Parse(birthDate.AsSpan(4, 2), CultureInfo.InvariantCulture));
        var day = Math.Max(1, int.Parse(birthDate.AsSpan(6, 2), CultureInfo.InvariantCulture));
        if (year is < 1800 or > 9000 || month > 12 || day > DateTime.DaysInMonth(year, month))
            return null;
        return new DateTimeOffset(year, month, day, 0, 0, 0, TimeSpan.Zero).AddYears(age);
    }
}
