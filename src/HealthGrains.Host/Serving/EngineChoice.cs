using HealthGrains.Grains;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Turns;
using HealthGrains.Host.CommandLine;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Host.Serving;

/// <summary>Which engine asks the grains. To add one: a line here, and its project among the references.</summary>
internal static class EngineChoice
{
    public const string Standalone = "standalone";
    public const string Orleans = "orleans";

    /// <exception cref="CliException">This build does not have it.</exception>
    public static IGrainEngine Create(ServerSettings settings, GrainServices services, TimeProvider time, ILoggerFactory loggers)
    {
        Check(settings);
        return new StandaloneEngine(
            GrainCatalog.Models.Factory(services), time, loggers.CreateLogger<StandaloneEngine>(), instruments: services.Instruments);
    }

    /// <summary>Whether this build has it, before anything is opened.</summary>
    public static void Check(ServerSettings settings)
    {
        if (settings.Engine == Standalone) return;
        throw settings.Engine == Orleans
            ? new CliException(ExitCode.Usage, "The engine orleans is not built into this version; build with -p:Engine=Orleans.", "healthgrains serve --engine standalone")
            : new CliException(ExitCode.Usage, $"--engine '{settings.Engine}' is none of standalone, orleans.");
    }
}
