using System.CommandLine;
using HealthGrains.Host.CommandLine;

namespace HealthGrains.Host.Verbs;

internal static class VerifyVerb
{
    public static Command Command() => new VerbCommand("verify", "", RunAsync);

    private static Task<ExitCode> RunAsync(VerbContext context) => throw new CliException(ExitCode.Unavailable, "verify is not built yet.");
}
