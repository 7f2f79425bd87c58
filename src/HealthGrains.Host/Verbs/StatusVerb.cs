using System.CommandLine;
using HealthGrains.Host.CommandLine;

namespace HealthGrains.Host.Verbs;

internal static class StatusVerb
{
    public static Command Command() => new VerbCommand("status", "", RunAsync);

    private static Task<ExitCode> RunAsync(VerbContext context) => throw new CliException(ExitCode.Unavailable, "status is not built yet.");
}
