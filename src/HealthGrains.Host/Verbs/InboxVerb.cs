using System.CommandLine;
using HealthGrains.Host.CommandLine;

namespace HealthGrains.Host.Verbs;

internal static class InboxVerb
{
    public static Command Command() => new VerbCommand("inbox", "", RunAsync);

    private static Task<ExitCode> RunAsync(VerbContext context) => throw new CliException(ExitCode.Unavailable, "inbox is not built yet.");
}
