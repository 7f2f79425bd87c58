using System.CommandLine;
using System.Text.Json.Nodes;
using HealthGrains.Contracts.V1;
using HealthGrains.Host.Client;
using HealthGrains.Host.CommandLine;
using Spectre.Console;

namespace HealthGrains.Host.Verbs;

/// <summary><c>deliveries</c>: what a server cannot deliver, and trying it again; for operators.</summary>
internal static class DeliveriesVerb
{
    private const int PageSize = 200;

    private static readonly Option<string> Kind = new("--kind")
    {
        Description = "Only these: not-taken-in (past the deadline), quarantined, misrouting", HelpName = "KIND",
    };

    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Only count what would be tried" };

    private static readonly Option<int> Limit = new("--limit")
    {
        Description = "Lines at most", HelpName = "N", DefaultValueFactory = _ => 1_000,
    };

    private static readonly Argument<string[]> Ids = new("DELIVERY")
    {
        Description = "Ids as listed by 'deliveries stalled'; none: the 1,000 oldest", Arity = ArgumentArity.ZeroOrMore,
    };

    public static Command Command()
    {
        Kind.AcceptOnlyFromAmong("not-taken-in", "quarantined", "misrouting");
        Kind.Recursive = true;
        var deliveries = new Command("deliveries", "What cannot be delivered, and trying it again (operators)")
        {
            new VerbCommand("stalled", "List what is set aside, past its deadline, or probably misrouted", ListAsync) { Limit },
            new VerbCommand("redrive", "Try again now, after the cause is mended", RedriveAsync) { Ids, DryRun },
        };
        deliveries.Options.Add(Kind);
        return deliveries;
    }

    private static async Task<ExitCode> ListAsync(VerbContext context)
    {
        await using var server = ServerConnection.Open(context);
        var left = context.Get(Limit);
        var shown = 0L;
        var total = 0L;
        var table = CliTable.Create("delivery", "what", "reason", "tries", "accepted", "alarm since", "recipient", "document", "producer");
        for (var token = ""; left > 0;)
        {
            var page = await server.AskAsync<ListStalledDeliveriesRequest, ListStalledDeliveriesResponse>(
                Methods.ListStalledDeliveries,
                new ListStalledDeliveriesRequest
                {
                    Kind = KindOf(context.Get(Kind)), PageSize = Math.Min(left, PageSize), PageToken = token,
                },
                context.Stopping);
            total = page.Total;
            foreach (var line in page.Deliveries)
            {
                if (context.Json)
                    await context.Console.WriteLineAsync(JsonLine.Of(Of(line)));
                else
                    table.AddRow(
                        line.DeliveryId, Word(line.Kind), line.Reason, HumanValues.Count(line.Attempts), MessageJson.Time(line.AcceptedAt) ?? "",
                        MessageJson.Time(line.AlarmedAt) ?? "", line.RecipientJournal, line.DocumentId, line.Producer);
            }

            shown += page.Deliveries.Count;
            left -= page.Deliveries.Count;
            token = page.NextPageToken;
            if (token.Length == 0)
                break;
        }

        if (!context.Json && shown > 0)
            await CliTable.WriteAsync(context.Console, table);
        context.Console.Tell(total == 0 ? "Nothing is stalled." : $"{HumanValues.Count(shown)} of {HumanValues.Count(total)} shown. After mending: healthgrains deliveries redrive");
        return ExitCode.Ok;
    }

    private static async Task<ExitCode> RedriveAsync(VerbContext context)
    {
        await using var server = ServerConnection.Open(context);
        var request = new RedriveDeliveriesRequest { Kind = KindOf(context.Get(Kind)), DryRun = context.Get(DryRun) };
        request.DeliveryIds.AddRange(context.Get(Ids) ?? []);
        var answer = await server.AskAsync<RedriveDeliveriesRequest, RedriveDeliveriesResponse>(
            Methods.RedriveDeliveries, request, context.Stopping);
        if (context.Json)
        {
            await context.Console.WriteLineAsync(JsonLine.Of(new JsonObject
            {
                ["selected"] = answer.Selected,
                ["delivered"] = answer.Delivered,
                ["still_stalled"] = answer.StillStalled,
                ["dry_run"] = request.DryRun,
            }));
        }
        else
        {
            await context.Console.WriteLineAsync(request.DryRun
                ? $"{HumanValues.Count(answer.Selected)} would be tried."
                : $"{HumanValues.Count(answer.Delivered)} of {HumanValues.Count(answer.Selected)} arrived, {HumanValues.Count(answer.StillStalled)} did not.");
        }

        return answer.StillStalled > 0 ? ExitCode.Partial : ExitCode.Ok;
    }

    private static StallKind KindOf(string? kind) => kind switch
    {
        "not-taken-in" => StallKind.NotTakenIn,
        "quarantined" => StallKind.Quarantined,
        "misrouting" => StallKind.MisroutingSuspected,
        _ => StallKind.Unspecified,
    };

    private static string Word(StallKind kind) => kind switch
    {
        StallKind.NotTakenIn => "past its deadline",
        StallKind.Quarantined => "set aside",
        StallKind.MisroutingSuspected => "misrouting?",
        _ => "?",
    };

    private static JsonObject Of(StalledDelivery line) => new()
    {
        ["delivery_id"] = line.DeliveryId,
        ["kind"] = MessageJson.Name(line.Kind),
        ["shard"] = line.Shard,
        ["position"] = line.Position,
        ["accepted_at"] = MessageJson.Time(line.AcceptedAt),
        ["alarmed_at"] = MessageJson.Time(line.AlarmedAt),
        ["producer"] = line.Producer,
        ["document_id"] = line.DocumentId,
        ["recipient_journal"] = line.RecipientJournal,
        ["patient_journal"] = line.PatientJournal,
        ["attempts"] = line.Attempts,
        ["reason"] = line.Reason,
    };
}
