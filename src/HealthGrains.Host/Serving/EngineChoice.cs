using HealthGrains.Grains;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Routing;
using HealthGrains.Grains.Turns;
using HealthGrains.Host.CommandLine;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Host.Serving;

/// <summary>Which engine asks the grains. To add one: a line here, and its project among the references.</summary>
internal static class EngineChoice
{
    public const string Standalone = "standalone";
    public const string Orleans = "orleans";

    /// <summary>Starts the engine of the settings.</summary>
    /// <param name="settings">Checked.</param>
    /// <param name="services">What the grains are given.</param>
    /// <param name="opened">The store below them, and what the router needs of it.</param>
    /// <param name="feed">Where the watchers of this process wait.</param>
    /// <param name="wrap">For campaigns that plant a bug between services and grains; it returns what it is given otherwise.</param>
    /// <param name="time">The process's clock.</param>
    /// <param name="loggers">The process's log.</param>
    /// <exception cref="CliException">This build does not have it.</exception>
    public static async Task<StartedEngine> StartAsync(
        ServerSettings settings,
        GrainServices services,
        OpenedStore opened,
        ChangeFeed feed,
        Func<IGrainEngine, IGrainEngine> wrap,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        Check(settings);
#if ENGINE_ORLEANS
        if (settings.Engine == Orleans)
            return await OrleansChoice.StartAsync(settings, services, opened.Keys, feed, time, loggers);
#endif
        await Task.CompletedTask;
        var engine = wrap(new StandaloneEngine(
            GrainCatalog.Models.Factory(services), time, loggers.CreateLogger<StandaloneEngine>(), instruments: services.Instruments));
        var router = new Router(
            opened.Store, engine, opened.Keys, time, loggers.CreateLogger<Router>(), opened.IsShared ? feed : null, opened.Leases);
        router.Start();
        return new StartedEngine(engine, router);
    }

    /// <summary>Whether this build has it, and the settings fit it, before anything is opened.</summary>
    public static void Check(ServerSettings settings)
    {
        switch (settings.Engine)
        {
            case Standalone:
                return;
            case Orleans when !IsBuiltIn:
                throw new CliException(
                    ExitCode.Usage, "The engine orleans is not built into this version; build with -p:Engine=Orleans.", "healthgrains serve --engine standalone");
            case Orleans when settings.Store != StoreChoice.PostgreSql:
                throw new CliException(
                    ExitCode.Usage, "The engine orleans needs a store that several servers share: --store postgresql.", "healthgrains serve --engine standalone");
            case Orleans when settings.PostgreSqlConnection is null:
                throw new CliException(
                    ExitCode.Usage, "The engine orleans needs a database that the servers share: --postgresql 'Host=…;Database=…;Username=…'.", "healthgrains serve --engine standalone");
            case Orleans:
                return;
            default:
                throw new CliException(ExitCode.Usage, $"--engine '{settings.Engine}' is none of standalone, orleans.");
        }
    }

#if ENGINE_ORLEANS
    private static bool IsBuiltIn => true;
#else
    private static bool IsBuiltIn => false;
#endif
}

/// <summary>An engine that runs, with the router of the shards that are routed in this process.</summary>
internal sealed record StartedEngine(IGrainEngine Engine, Router Router);
