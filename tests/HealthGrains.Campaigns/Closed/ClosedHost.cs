using System.Collections.Frozen;
using System.CommandLine;
using System.Text.Json;
using System.Buffers.Text;
using HealthGrains.Host.Serving;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using HealthGrains.Services.Calls;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Campaigns.Closed;

/// <summary>Servers with a planted hole, for negative controls. They live here, so that the product has no way to them.</summary>
internal static partial class ClosedHost
{
    /// <summary>The quotas are another campaign's.</summary>
    public static readonly IReadOnlyDictionary<string, string> Unlimited = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["Admission:Organization"] = "off",
        ["Admission:Patient"] = "off",
        ["Admission:Professional"] = "off",
        ["Admission:PatientsPerHour"] = "1000000",
    }.ToFrozenDictionary();

    /// <summary>The program and its first arguments: the product itself, or one with a hole.</summary>
    public static IReadOnlyList<string> Server(string? plant) => plant is null
        ? ["dotnet", Path.Combine(AppContext.BaseDirectory, "healthgrains.dll"), "serve"]
        : ["dotnet", Path.Combine(AppContext.BaseDirectory, "campaigns.dll"), "serve-closed", "--plant", plant];

    public static Command Command()
    {
        var data = new Option<string>("--data") { Required = true };
        var grpc = new Option<string>("--grpc") { Required = true };
        var web = new Option<string>("--web") { Required = true };
        var plant = new Option<string>("--plant") { Required = true };
        var command = new Command("serve-closed", "A server with a planted hole; for negative controls") { Hidden = true };
        foreach (var option in new[] { data, grpc, web, plant })
            command.Options.Add(option);
        command.SetAction(async (parsed, stopping) =>
        {
            var settings = ServerSettings.From(new ConfigurationBuilder()
                .AddEnvironmentVariables(ServerSettings.VariablePrefix)
                .AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
                {
                    ["Data"] = parsed.GetValue(data), ["Grpc"] = parsed.GetValue(grpc), ["Web"] = parsed.GetValue(web),
                })
                .Build());
            using var loggers = ServerLogging.Create(settings);
            var which = parsed.GetValue(plant);
            await using var server = await RunningServer.StartAsync(
                settings,
                TimeProvider.System,
                loggers,
                TimeProvider.System.GetUtcNow(),
                store => which switch
                {
                    "thrower" => new ThrowingStore(store),
                    "slow" => new SlowStore(store),
                    _ => store,
                },
                wrapAuthentication: check => which switch
                {
                    "unsigned" => TakingUnsigned(check),
                    "handler" => Throwing(check),
                    "logger" => Telling(check, loggers.CreateLogger("HealthGrains.Planted")),
                    _ => check,
                });
            var asked = new TaskCompletionSource();
            await using var registration = stopping.Register(asked.SetResult);
            await asked.Task;
            await server.StopAsync();
            return 0;
        });
        return command;
    }

    // One method of them all fails as a bug does.
    private static RpcCheck Throwing(RpcCheck check) => async (call, waiting) =>
    {
        await check(call, waiting);
        if (call.Method.EndsWith("/GetConsents", StringComparison.Ordinal))
            throw new InvalidOperationException("A planted bug.");
    };

    // A line that a developer wrote on a bad day.
    private static RpcCheck Telling(RpcCheck check, ILogger log) => async (call, waiting) =>
    {
        await check(call, waiting);
        if (call.Caller is CallerSession { Caller: Caller.Patient self })
            PlantedLine(log, self.Id.Number);
    };

    [LoggerMessage(1, LogLevel.Debug, "Patient {Ins} calls", EventName = "PlantedLine")]
    private static partial void PlantedLine(ILogger log, string ins);

    // A validator that has the oldest hole of all: it believes the token that says that it need not be checked.
    private static RpcCheck TakingUnsigned(RpcCheck check) => (call, waiting) =>
    {
        var token = call.RequestHeaders.Get("authorization")?.Split(' ')[^1].Split('.');
        if (token is not { Length: >= 2 } || !IsUnsigned(token[0]))
            return check(call, waiting);
        call.Caller = new CallerSession(new Caller.Operator("unsigned"), null);
        return ValueTask.CompletedTask;
    };

    private static bool IsUnsigned(string header)
    {
        try
        {
            using var json = JsonDocument.Parse(Base64Url.DecodeFromChars(header));
            return json.RootElement.TryGetProperty("alg", out var alg) && string.Equals(alg.GetString(), "none", StringComparison.OrdinalIgnoreCase);
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
