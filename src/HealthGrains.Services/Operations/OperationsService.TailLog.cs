using Google.Protobuf.WellKnownTypes;
using HealthGrains.Grains.Journal;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.Operations;

internal sealed partial class OperationsService
{
    private const string UnreadableEvent = "Unreadable";

    /// <summary>The log of a shard from a position, then as it grows: what was committed, of which kind, never what it says.</summary>
    private async Task TailLogAsync(
        Wire.TailLogRequest request, IRpcReplyStream<Wire.LogEntry> replies, RpcCall call, CancellationToken ct)
    {
        var session = CallerSession.Of(call);
        if (request.Shard < 0 || request.Shard >= context.Store.Shards)
            throw Invalid("There is no such shard.", "shard");
        var last = (await context.Store.ReadPositionsAsync(ct))[request.Shard];
        if (request.AfterPosition < 0 || request.AfterPosition > last)
            throw Invalid("The position is beyond the last one of this shard.", "after_position");

        using var place = context.Streams.Take(session.Caller.Key);
        var at = request.AfterPosition;
        var beat = context.Time.GetTimestamp();
        while (!request.UntilNow || at < last)
        {
            session.ThrowIfExpired(context.Now);
            var page = await context.Store.ReadLogAsync(request.Shard, at, ServiceLimits.TailPageMax, ct);
            foreach (var entry in page)
            {
                if (request.UntilNow && entry.Position > last)
                    return;
                await replies.WriteAsync(ToWire(entry), ct);
                at = entry.Position;
            }

            if (page.Count > 0)
                continue;
            await context.Store.WaitForLogAsync(request.Shard, at, Left(session, beat), ct);
            if (context.Time.GetElapsedTime(beat) < ServiceLimits.Heartbeat)
                continue;
            beat = context.Time.GetTimestamp();
            await replies.WriteAsync(
                new Wire.LogEntry
                {
                    Shard = request.Shard,
                    Position = at,
                    JournalKind = RecordMapping.Heartbeat,
                    At = WireTimes.Of(context.Now),
                },
                ct);
        }
    }

    // Until the next heartbeat, or until the token ends.
    private TimeSpan Left(CallerSession session, long beat)
    {
        var left = ServiceLimits.Heartbeat - context.Time.GetElapsedTime(beat);
        if (session.Expires is { } end && end - context.Now < left)
            left = end - context.Now;
        return left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1);
    }

    private Wire.LogEntry ToWire(LogEntry entry)
    {
        var (type, at) = Describe(entry);
        return new Wire.LogEntry
        {
            Shard = entry.Shard,
            Position = entry.Position,
            JournalKind = entry.Journal.Kind switch
            {
                JournalKind.Patient => "patient",
                JournalKind.Inbox => "inbox",
                JournalKind.Sender => "sender",
                JournalKind.Agenda => "agenda",
                JournalKind.Caregiver => "caregiver",
                _ => "",
            },
            Journal = context.Pseudonyms.Of(entry.Journal),
            Version = entry.Version,
            EventType = type,
            At = at,
        };
    }

    private (string Type, Timestamp? At) Describe(LogEntry entry)
    {
        try
        {
            var (type, at) = context.Dependencies.DescribeEvent(entry.Journal.Kind, entry.Body);
            return (type, WireTimes.Of(at));
        }
        catch (FormatException)
        {
            // The tail goes on: one entry of a newer version, or a damaged one, hides no other.
            return (UnreadableEvent, null);
        }
    }
}
