using System.Globalization;
using HealthGrains.Services.Admission;
using Microsoft.Extensions.Configuration;

namespace HealthGrains.Host.Serving;

/// <summary>The settings of admission: <c>Admission:Organization</c>, <c>:Patient</c>, <c>:Professional</c> as
/// <c>RATE,BURST</c> or <c>off</c>, and <c>Admission:PatientsPerHour</c>.</summary>
internal static class AdmissionSettings
{
    /// <exception cref="CommandLine.CliException">A value cannot be one.</exception>
    public static AdmissionRules From(IConfiguration values, bool isProduction)
    {
        var rules = isProduction ? AdmissionRules.Production : AdmissionRules.Bench;
        return rules with
        {
            Organization = RateOf(values, "Admission:Organization", rules.Organization),
            Patient = RateOf(values, "Admission:Patient", rules.Patient),
            Professional = RateOf(values, "Admission:Professional", rules.Professional),
            PatientsPerHour = NumberOf(values, "Admission:PatientsPerHour", rules.PatientsPerHour),
        };
    }

    private static CallRate? RateOf(IConfiguration values, string name, CallRate? otherwise)
    {
        if (values[name] is not { } text) return otherwise;
        if (text == "off") return null;
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        return parts.Length == 2
            && double.TryParse(parts[0], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var perSecond)
            && perSecond is > 0 and <= 1_000_000
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var burst)
            && burst is >= 1 and <= 10_000_000
                ? new CallRate(perSecond, burst)
                : throw ServerSettings.Wrong(name, text, "calls a second and calls at once, such as 50,500; or off");
    }

    private static int NumberOf(IConfiguration values, string name, int otherwise)
    {
        if (values[name] is not { } text) return otherwise;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 1_000_000
            ? number
            : throw ServerSettings.Wrong(name, text, "a number from 1 to 1000000");
    }
}
