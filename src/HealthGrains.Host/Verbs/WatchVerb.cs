using System.CommandLine;
using HealthGrains.Host.CommandLine;

namespace HealthGrains.Host.Verbs;

internal static class WatchVerb
{
    public static Command Command() => new VerbCommand("watch", "", RunAsync);

    private static Task<ExitCode> RunAsync(VerbContext context) => throw new CliException(ExitCode.Unavailable, "watch is not built yet.");
}
