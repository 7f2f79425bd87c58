using System.Globalization;

namespace HealthGrains.LoadTests.CommandLine;

/// <summary>A wrong option, in a sentence. Exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>Durations as people write them.</summary>
internal static class Values
{
    /// <summary>90 (seconds), 250ms, 30s, 15m, 1h.</summary>
    public static TimeSpan Duration(string option, string text)
    {
        var digits = text.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        double? factor = text[digits..].Trim() switch
        {
            "" or "s" => 1,
            "ms" => 0.001,
            "m" or "min" => 60,
            "h" => 3600,
            _ => null,
        };
        if (factor is { } known && double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number * known <= Limits.DurationMax.TotalSeconds)
        {
            return TimeSpan.FromSeconds(number * known);
        }

        throw new UsageException($"{option} '{text}' is no duration up to {Limits.DurationMax.TotalHours} h, such as 250ms, 30s or 5m.");
    }

    public static Uri Address(string option, string text) =>
        Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text, UriKind.Absolute, out var address)
            && address.Scheme is "http" or "https"
            ? address
            : throw new UsageException($"{option} '{text}' is no address such as http://127.0.0.1:8081.");
}
