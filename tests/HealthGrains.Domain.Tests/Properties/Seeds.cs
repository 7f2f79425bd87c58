using System.Globalization;
using Xunit.Abstractions;

namespace HealthGrains.Domain.Tests.Properties;

/// <summary>Seeds of random sequences: drawn, or from HG_SEED on; printed either way. A failure names its own seed.</summary>
internal static class Seeds
{
    public const int StepsMax = 60;

    public static void ForEach(ITestOutputHelper output, int sequences, Action<int> play)
    {
        var given = Environment.GetEnvironmentVariable("HG_SEED");
        var first = int.TryParse(given, CultureInfo.InvariantCulture, out var parsed) ? parsed : Random.Shared.Next(1 << 30);
        output.WriteLine($"HG_SEED={first}, {sequences} sequences");
        for (var i = 0; i < sequences; i++)
        {
            try
            {
                play(first + i);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"HG_SEED={first + i} fails: {failure.Message}", failure);
            }
        }
    }
}
