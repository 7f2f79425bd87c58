using System.CommandLine;
using HealthGrains.Host.CommandLine;

namespace HealthGrains.Host.Verbs;

internal static class ServeVerb
{
    public static Command Command() => new VerbCommand("serve", "", RunAsync);

    private static Task<ExitCode> RunAsync(VerbContext context) => throw new CliException(ExitCode.Unavailable, "serve is not built yet.");
}
