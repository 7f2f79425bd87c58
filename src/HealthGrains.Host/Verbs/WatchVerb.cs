using System.CommandLine;
using HealthGrains.Contracts.V1;
using HealthGrains.Host.Client;
using HealthGrains.Host.CommandLine;

namespace HealthGrains.Host.Verbs;

/// <summary><c>watch</c>: the changes of one record, from a cursor, and as they come.</summary>
internal static class WatchVerb
{
    private const string Heartbeat = "HEARTBEAT";

    private static readonly Option<string> Patient = RecordPatient.Ins();
    private static readonly Option<string> Oid = RecordPatient.Oid();

    private static readonly Option<long> After = new("--after") { Description = "Changes after this sequence (default 0)", HelpName = "N" };

    private static readonly Option<bool> Follow = new("--follow") { Description = "Go on with new changes as they come" };

    private static readonly Option<long?> Count = new("--count") { Description = "End after so many changes", HelpName = "N" };

    public static Command Command() =>
        new VerbCommand("watch", "What changed in a record, from a cursor on", RunAsync) { Patient, Oid, After, Follow, Count };

    private static async Task<ExitCode> RunAsync(VerbContext context)
    {
        await using var server = ServerConnection.Open(context);
        var patient = RecordPatient.Of(context.Get(Patient), context.Get(Oid), server.Token);
        var after = context.Get(After);
        if (after < 0) throw new CliException(ExitCode.Usage, "--after is a sequence, from 0.");
        var left = context.Get(Count) ?? long.MaxValue;
        if (left <= 0) throw new CliException(ExitCode.Usage, "--count is 1 or more.");

        var changes = context.Get(Follow) ? FollowAsync(context, server, patient, after) : ReadAsync(context, server, patient, after);
        try
        {
            await foreach (var change in changes)
            {
                if (change.Code == Heartbeat || change.Sequence <= after) continue;
                await context.Console.WriteLineAsync(context.Json ? JsonLine.Of(MessageJson.Of(change)) : TextOf(change));
                after = change.Sequence;
                if (--left == 0) break;
            }
        }
        catch (OperationCanceledException) when (context.Stopping.IsCancellationRequested)
        {
            // The cursor below is the safe place.
        }

        context.Console.Tell($"Everything up to {after}, without a gap. Next: healthgrains watch --after {after}");
        return ExitCode.Ok;
    }

    private static async IAsyncEnumerable<RecordChange> ReadAsync(VerbContext context, ServerConnection server, Patient patient, long after)
    {
        ChangesSinceResponse page;
        do
        {
            page = await server.AskAsync<ChangesSinceRequest, ChangesSinceResponse>(
                Methods.ChangesSince, new ChangesSinceRequest { Patient = patient, AfterSequence = after, PageSize = 200 }, context.Stopping);
            foreach (var change in page.Changes) yield return change;
            after = page.NextSequence;
        }
        while (page.HasMore);
    }

    private static IAsyncEnumerable<RecordChange> FollowAsync(VerbContext context, ServerConnection server, Patient patient, long after) =>
        ResumingStream.FollowAsync(
            from => server.Channel.ServerStreaming<WatchRequest, RecordChange>(
                Methods.Watch, new WatchRequest { Patient = patient, AfterSequence = from }, server.Stream, context.Stopping),
            change => change.Sequence, after, context.Console, context.Time, context.Stopping);

    private static string TextOf(RecordChange change)
    {
        var what = change.Document is { } document
            ? $"  {document.Metadata?.Title} [{document.Metadata?.TypeCode}] {HumanValues.Size(document.Size)}  {document.DocumentId}"
            : change.DocumentId.Length > 0 ? $"  {change.DocumentId}" : "";
        var by = change.Actor is { } actor ? $"  by {(actor.Name.Length > 0 ? actor.Name : MessageJson.Name(actor.Kind))}" : "";
        return $"{change.Sequence,6}  {MessageJson.Time(change.At)}  {change.Code}{what}{by}";
    }
}
