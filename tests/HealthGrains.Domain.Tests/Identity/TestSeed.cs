using System.Globalization;
using Xunit.Abstractions;

namespace HealthGrains.Domain.Tests.Identity;

/// <summary>The seed of a random test: taken from HG_TEST_SEED, or drawn, and printed either way.</summary>
internal static class TestSeed
{
    internal static Random Draw(ITestOutputHelper output)
    {
        var given = Environment.GetEnvironmentVariable("HG_TEST_SEED");
        var seed = int.TryParse(given, CultureInfo.InvariantCulture, out var parsed)
            ? parsed
            : Random.Shared.Next();
        output.WriteLine($"HG_TEST_SEED={seed}");
        return new Random(seed);
    }
}
