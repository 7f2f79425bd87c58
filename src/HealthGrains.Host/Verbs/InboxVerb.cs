using System.CommandLine;
using HealthGrains.Contracts.V1;
using HealthGrains.Host.Client;
using HealthGrains.Host.CommandLine;

namespace HealthGrains.Host.Verbs;

/// <summary><c>inbox</c>: what a professional is told, over all patients whom he or she follows.</summary>
internal static class InboxVerb
{
    private const string Heartbeat = "HEARTBEAT";
    private const int AcknowledgeEvery = 200;

    private static readonly Option<string> FollowPatient = new("--follow-patient")
    {
        Description = "First ask to be told of this patient's documents", HelpName = "INS",
    };

    private static readonly Option<string> Oid = RecordPatient.Oid();

    private static readonly Option<long?> After = new("--after") { Description = "Items after this sequence (default 0)", HelpName = "N" };

    private static readonly Option<bool> Unread = new("--unread") { Description = "Items that were not acknowledged yet" };

    private static readonly Option<bool> Follow = new("--follow") { Description = "Go on with new items as they come" };

    private static readonly Option<long?> Count = new("--count") { Description = "End after so many items", HelpName = "N" };

    private static readonly Option<bool> Ack = new("--ack") { Description = "State that what was written out was taken in" };

    public static Command Command() =>
        new VerbCommand("inbox", "What a professional is told", RunAsync) { FollowPatient, Oid, After, Unread, Follow, Count, Ack };

    private static async Task<ExitCode> RunAsync(VerbContext context)
    {
        await using var server = ServerConnection.Open(context);
        if (context.Get(FollowPatient) is { } ins)
        {
            var followed = await server.AskAsync<FollowRequest, FollowResponse>(
                Methods.Follow, new FollowRequest { Patient = RecordPatient.Of(ins, context.Get(Oid), null) }, context.Stopping);
            context.Console.Tell(followed.AlreadySo ? "The patient was followed already." : "The patient is followed from now on.");
        }

        var after = context.Get(After) ?? 0;
        if (after < 0) throw new CliException(ExitCode.Usage, "--after is a sequence, from 0.");
        if (context.Get(Unread)) after = Math.Max(after, (await PageAsync(context, server, 0, 1)).AcknowledgedSequence);
        var left = context.Get(Count) ?? long.MaxValue;
        if (left <= 0) throw new CliException(ExitCode.Usage, "--count is 1 or more.");

        var acknowledged = after;
        var items = context.Get(Follow) ? FollowAsync(context, server, after) : ReadAsync(context, server, after);
        try
        {
            await foreach (var item in items)
            {
                if (item.Code == Heartbeat || item.Sequence <= after) continue;
                await context.Console.WriteLineAsync(context.Json ? JsonLine.Of(MessageJson.Of(item)) : TextOf(item));
                after = item.Sequence;
                if (context.Get(Follow) || after - acknowledged >= AcknowledgeEvery) acknowledged = await AcknowledgeAsync(context, server, acknowledged, after);
                if (--left == 0) break;
            }
        }
        catch (OperationCanceledException) when (context.Stopping.IsCancellationRequested)
        {
            // The cursor below is the safe place.
        }

        await AcknowledgeAsync(context, server, acknowledged, after);
        context.Console.Tell($"Everything up to {after}, without a gap. Next: healthgrains inbox --after {after}");
        return ExitCode.Ok;
    }

    // Only after the lines are out: an item is delivered when its reader has it.
    private static async Task<long> AcknowledgeAsync(VerbContext context, ServerConnection server, long acknowledged, long upTo)
    {
        if (!context.Get(Ack) || upTo <= acknowledged) return acknowledged;
        await server.AskAsync<AcknowledgeRequest, AcknowledgeResponse>(
            Methods.Acknowledge, new AcknowledgeRequest { UpToSequence = upTo }, CancellationToken.None);
        return upTo;
    }

    private static Task<ReadInboxResponse> PageAsync(VerbContext context, ServerConnection server, long after, int size) =>
        server.AskAsync<ReadInboxRequest, ReadInboxResponse>(
            Methods.ReadInbox, new ReadInboxRequest { AfterSequence = after, PageSize = size }, context.Stopping);

    private static async IAsyncEnumerable<InboxItem> ReadAsync(VerbContext context, ServerConnection server, long after)
    {
        ReadInboxResponse page;
        do
        {
            page = await PageAsync(context, server, after, 200);
            foreach (var item in page.Items) yield return item;
            after = page.NextSequence;
        }
        while (page.HasMore);
    }

    private static IAsyncEnumerable<InboxItem> FollowAsync(VerbContext context, ServerConnection server, long after) =>
        ResumingStream.FollowAsync(
            from => server.Channel.ServerStreaming<WatchInboxRequest, InboxItem>(
                Methods.WatchInbox, new WatchInboxRequest { AfterSequence = from }, server.Stream, context.Stopping),
            item => item.Sequence, after, context.Console, context.Time, context.Stopping);

    private static string TextOf(InboxItem item) =>
        $"{item.Sequence,6}  {MessageJson.Time(item.At)}  {item.Code}  {item.Patient?.Ins}  {item.DocumentId}";
}
