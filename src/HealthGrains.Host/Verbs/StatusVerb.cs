using System.CommandLine;
using System.Text.Json.Nodes;
using HealthGrains.Contracts.V1;
using HealthGrains.Host.Client;
using HealthGrains.Host.CommandLine;
using Spectre.Console;

namespace HealthGrains.Host.Verbs;

/// <summary><c>status</c>: what a server is doing; for operators.</summary>
internal static class StatusVerb
{
    public static Command Command() => new VerbCommand("status", "What a server is doing (operators)", RunAsync);

    private static async Task<ExitCode> RunAsync(VerbContext context)
    {
        await using var server = ServerConnection.Open(context);
        var status = await server.AskAsync<GetStatusRequest, GetStatusResponse>(Methods.GetStatus, new GetStatusRequest(), context.Stopping);
        if (context.Json)
        {
            await context.Console.WriteLineAsync(JsonLine.Of(JsonOf(status)));
            return ExitCode.Ok;
        }

        var lag = status.Shards.Sum(s => s.Lag);
        var up = status.At is null || status.StartedAt is null ? TimeSpan.Zero : status.At.ToDateTime() - status.StartedAt.ToDateTime();
        var table = CliTable.Create("", "");
        table.AddRow("version", status.Version);
        table.AddRow("up for", HumanValues.Duration(up));
        table.AddRow("store", $"{status.StoreKind}  {status.StoreId}");
        table.AddRow("engine", status.EngineKind);
        table.AddRow("documents accepted", HumanValues.Count(status.DocumentsAccepted));
        table.AddRow("documents refused", HumanValues.Count(status.DocumentsRefused));
        table.AddRow("calls shed", HumanValues.Count(status.CallsShed));
        table.AddRow("grains active", HumanValues.Count(status.Activations));
        table.AddRow("calls waiting", HumanValues.Count(status.MailboxDepth));
        table.AddRow("watchers", $"{HumanValues.Count(status.RecordWatchers)} of records, {HumanValues.Count(status.InboxWatchers)} of inboxes");
        table.AddRow("log", $"{HumanValues.Count(status.Shards.Sum(s => s.Position))} entries in {status.Shards.Count} shards, {HumanValues.Count(lag)} not routed yet");
        table.AddRow("alarms", HumanValues.Count(status.Alarms));
        table.AddRow("matrix", status.MatrixIsPlaceholder ? $"{status.MatrixVersion} (placeholder)" : status.MatrixVersion);
        foreach (var alarm in status.LookupAlarms)
            table.AddRow("looks up too many patients", $"{alarm.ProfessionalId}, {HumanValues.Count(alarm.Refused)} refused since {MessageJson.Time(alarm.Since)}");
        await CliTable.WriteAsync(context.Console, table);
        return ExitCode.Ok;
    }

    private static JsonObject JsonOf(GetStatusResponse status) => new()
    {
        ["version"] = status.Version,
        ["started_at"] = MessageJson.Time(status.StartedAt),
        ["at"] = MessageJson.Time(status.At),
        ["store_kind"] = status.StoreKind,
        ["store_id"] = status.StoreId,
        ["engine_kind"] = status.EngineKind,
        ["activations"] = status.Activations,
        ["mailbox_depth"] = status.MailboxDepth,
        ["record_watchers"] = status.RecordWatchers,
        ["inbox_watchers"] = status.InboxWatchers,
        ["documents_accepted"] = status.DocumentsAccepted,
        ["documents_refused"] = status.DocumentsRefused,
        ["calls_shed"] = status.CallsShed,
        ["alarms"] = status.Alarms,
        ["matrix_is_placeholder"] = status.MatrixIsPlaceholder,
        ["matrix_version"] = status.MatrixVersion,
        ["lookup_alarms"] = new JsonArray([.. status.LookupAlarms.Select(alarm => (JsonNode)new JsonObject
        {
            ["professional_id"] = alarm.ProfessionalId,
            ["since"] = MessageJson.Time(alarm.Since),
            ["refused"] = alarm.Refused,
        })]),
        ["shards"] = new JsonArray([.. status.Shards.Select(shard => (JsonNode)new JsonObject
        {
            ["shard"] = shard.Shard,
            ["position"] = shard.Position,
            ["router_checkpoint"] = shard.RouterCheckpoint,
            ["lag"] = shard.Lag,
            ["router_moved_at"] = MessageJson.Time(shard.RouterMovedAt),
        })]),
    };
}
