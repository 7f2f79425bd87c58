using System.CommandLine;
using HealthGrains.Host.Serving;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthGrains.Campaigns;

/// <summary>A server with a planted bug: <see cref="EarlyAckStore"/> between grains and store. It lives here, so that the
/// product has no way to it.</summary>
internal static class PlantedHost
{
    public static Command Command()
    {
        var data = new Option<string>("--data") { Required = true };
        var grpc = new Option<string>("--grpc") { Required = true };
        var web = new Option<string>("--web") { Required = true };
        var store = new Option<string>("--store");
        var database = new Option<string>("--postgresql");
        var command = new Command("serve-planted", "A server that acknowledges before the commit; for negative controls")
        {
            Hidden = true,
        };
        foreach (var option in new[] { data, grpc, web, store, database })
            command.Options.Add(option);
        command.SetAction(async (parsed, stopping) =>
        {
            var settings = ServerSettings.From(new ConfigurationBuilder()
                .AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
                {
                    ["Data"] = parsed.GetValue(data),
                    ["Grpc"] = parsed.GetValue(grpc),
                    ["Web"] = parsed.GetValue(web),
                    ["Store"] = parsed.GetValue(store) ?? "sqlite",
                    ["PostgreSql:Connection"] = parsed.GetValue(database),
                })
                .Build());
            await using var server = await RunningServer.StartAsync(
                settings,
                TimeProvider.System,
                NullLoggerFactory.Instance,
                TimeProvider.System.GetUtcNow(),
                store => new EarlyAckStore(store));
            var asked = new TaskCompletionSource();
            await using var registration = stopping.Register(asked.SetResult);
            await asked.Task;
            await server.StopAsync();
            return 0;
        });
        return command;
    }
}
