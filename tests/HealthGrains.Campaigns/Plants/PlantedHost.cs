using System.CommandLine;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using HealthGrains.Host.Serving;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthGrains.Campaigns.Plants;

/// <summary>A server with a planted bug, between grains and store or between services and grains. It lives here, so that the
/// product has no way to it.</summary>
internal static class PlantedHost
{
    public const string EarlyAck = "early-ack";

    /// <summary>Records in which <see cref="StaleReads"/> plants.</summary>
    public const int PatientsDefault = 20;

    /// <summary>What can be planted, by name.</summary>
    public static IReadOnlyList<string> Plants { get; } = [EarlyAck, SwallowedFullStore.Name, .. ConsentPlants.Names, StaleReads.Name, NoDeduplication.Name];

    public static Command Command()
    {
        var data = new Option<string>("--data") { Required = true };
        var grpc = new Option<string>("--grpc") { Required = true };
        var web = new Option<string>("--web") { Required = true };
        var plant = new Option<string>("--plant") { DefaultValueFactory = _ => EarlyAck };
        plant.AcceptOnlyFromAmong([.. Plants]);
        var patients = new Option<int>("--plant-patients") { DefaultValueFactory = _ => PatientsDefault };
        var store = new Option<string>("--store") { DefaultValueFactory = _ => "sqlite" };
        var database = new Option<string?>("--postgresql");
        var engine = new Option<string?>("--engine");
        var silo = new Option<string?>("--silo");
        var cluster = new Option<string?>("--cluster");
        var command = new Command("serve-planted", "A server with a planted bug; for negative controls") { Hidden = true };
        foreach (var option in new Option[] { data, grpc, web, plant, patients, store, database, engine, silo, cluster })
            command.Options.Add(option);
        command.SetAction(async (parsed, stopping) =>
        {
            var name = parsed.GetValue(plant)!; // ! it has a default
            var values = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["Data"] = parsed.GetValue(data),
                ["Grpc"] = parsed.GetValue(grpc),
                ["Web"] = parsed.GetValue(web),
                ["Store"] = parsed.GetValue(store),
                ["PostgreSql:Connection"] = parsed.GetValue(database),
                ["Engine"] = parsed.GetValue(engine),
                ["Silo"] = parsed.GetValue(silo),
                ["Cluster"] = parsed.GetValue(cluster),
            };

            // This one needs no code: a parameter that lets the glass be broken by whoever is blocked.
            if (name == ConsentPlants.GlassOverBlock)
                values["Access:BlockOverridesEmergency"] = "false";
            var settings = ServerSettings.From(new ConfigurationBuilder()
                .AddEnvironmentVariables(ServerSettings.VariablePrefix).AddInMemoryCollection(values).Build());
            Func<IJournalStore, IJournalStore>? wrapStore = name switch
            {
                EarlyAck => store => new EarlyAckStore(store),
                SwallowedFullStore.Name => store => new SwallowedFullStore(store),
                _ => null,
            };
            Func<IGrainEngine, IGrainEngine>? wrapEngine = name switch
            {
                NoDeduplication.Name => engine => new NoDeduplication(engine),
                StaleReads.Name => engine => new StaleReads(engine, parsed.GetValue(patients)),
                EarlyAck or SwallowedFullStore.Name or ConsentPlants.GlassOverBlock => null,
                _ => engine => new ConsentPlants(engine, name),
            };
            await using var server = await RunningServer.StartAsync(
                settings,
                TimeProvider.System,
                NullLoggerFactory.Instance,
                TimeProvider.System.GetUtcNow(),
                wrapStore,
                wrapEngine);
            var asked = new TaskCompletionSource();
            await using var registration = stopping.Register(asked.SetResult);
            await asked.Task;
            await server.StopAsync();
            return 0;
        });
        return command;
    }
}
