using System.Diagnostics.Metrics;

namespace HealthGrains.Services.Authentication;

/// <summary>What authentication counts. Tags come from bounded sets and name nobody.</summary>
internal static class AuthenticationInstruments
{
    private static readonly Meter Meter = new("HealthGrains.Authentication");

    private static readonly Counter<long> Refused = Meter.CreateCounter<long>(
        "healthgrains.authentication.refused", "{call}", "Calls whose credentials were not taken");

    public static void CountRefused(TokenProblem problem) =>
        Refused.Add(1, new KeyValuePair<string, object?>("reason", problem.ToString()));
}
