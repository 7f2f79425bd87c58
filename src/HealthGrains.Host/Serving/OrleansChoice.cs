#if ENGINE_ORLEANS
using HealthGrains.Grains;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Keys;
using HealthGrains.Grains.Turns;
using HealthGrains.Host.CommandLine;
using HealthGrains.Orleans;
using HealthGrains.Orleans.Storage;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HealthGrains.Host.Serving;

/// <summary>The cluster engine, where it is built in.</summary>
internal static class OrleansChoice
{
    // Members, reminders and subscriptions: a few statements a second, beside the store's own connections.
    private const int ConnectionsMax = 8;

    /// <summary>The store's connection of one silo: its sessions name it, so that the database refuses their commits once the silo is
    /// dead to the others.</summary>
    public static string StoreConnection(ServerSettings settings)
    {
        var connection = new NpgsqlConnectionStringBuilder(settings.PostgreSqlConnection);
        connection.Options = $"{connection.Options} -c {OrleansTables.SiloSetting}={settings.SiloName}".Trim();
        return connection.ConnectionString;
    }

    /// <exception cref="CliException">The settings do not make a silo.</exception>
    public static async Task<StartedEngine> StartAsync(
        ServerSettings settings, GrainServices services, IKeyedRows keys, ChangeFeed feed, TimeProvider time, ILoggerFactory loggers)
    {
        var connection = new NpgsqlConnectionStringBuilder(settings.PostgreSqlConnection)
        {
            MaxPoolSize = ConnectionsMax,
            ApplicationName = "healthgrains cluster",
            IncludeErrorDetail = false,
        }.ConnectionString;
        await OrleansTables.MigrateAsync(connection, CancellationToken.None);
        var engine = await OrleansEngine.StartAsync(
            new OrleansEngineOptions
            {
                Store = services.Store,
                Keys = keys,
                Grains = GrainCatalog.Models.Factory(services),
                Feed = feed,
                Connection = connection,
                Cluster = settings.Cluster,
                Silo = settings.Silo,
                Name = settings.SiloName,
            },
            time,
            loggers);
        return new StartedEngine(engine, engine.Router);
    }
}
#endif
