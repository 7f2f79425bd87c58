using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Patients;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;
using HealthGrains.Services.Streams;

namespace HealthGrains.Services.Inbox;

internal sealed partial class InboxService
{
    /// <summary>The items after a cursor, then new ones as they come.</summary>
    /// <remarks>As for <c>PatientRecords.Watch</c>: subscribed before it reads, read by the cursor, one page held at most. The
    /// inbox's own journal wakes it. The patients of a window of <see cref="ServiceLimits.InboxWindowMax"/> items are asked beside
    /// each other, which loads those that sleep; what they allow is asked once more for each item, once the item before it
    /// has been taken. What may not be known any more leaves as NOTIFICATION_WITHDRAWN, so that the sequence has no
    /// gap.</remarks>
    internal async Task WatchInboxAsync(
        Wire.WatchInboxRequest request, IRpcReplyStream<Wire.InboxItem> replies, RpcCall call, CancellationToken ct)
    {
        var session = CallerSession.Of(call);
        var check = new InboxCheck(context, PatientState.ReaderOf(ReaderOf(session)), patiently: true);
        var inbox = InboxOf(session);
        using var place = context.Streams.Take(session.Caller.Key);
        using var feed = context.Feed.Subscribe(inbox);
        var pulse = new StreamPulse(feed, context.Time);
        context.Instruments.InboxWatcher(1);
        try
        {
            var cursor = request.AfterSequence;
            while (true)
            {
                session.ThrowIfExpired(context.Now);
                var page = await context.AskAsync(inbox, new ReadInbox(cursor, ServiceLimits.PageSizeMax), ct);
                if (page.FirstKept > cursor + 1)
                {
                    // A reader who was away for long: what the inbox does not hold any more comes from its journal first.
                    await foreach (var lines in LoggedAsync(inbox, cursor, page.FirstKept - 1, ServiceLimits.PageSizeMax, ct))
                        cursor = await SendAsync(lines, cursor, session, check, replies, ct);
                    continue;
                }

                cursor = await SendAsync(page.Lines, cursor, session, check, replies, ct);
                if (cursor < page.Last)
                    continue;
                if (await pulse.WaitAsync(session.Expires, null, ct) == Pulse.Heartbeat)
                {
                    await replies.WriteAsync(
                        new Wire.InboxItem
                        {
                            Sequence = cursor,
                            At = WireTimes.Of(context.Now),
                            Code = RecordMapping.Heartbeat,
                        },
                        ct);
                }
            }
        }
        finally
        {
            context.Instruments.InboxWatcher(-1);
        }
    }

    /// <summary>Sends a page, window by window.</summary>
    /// <returns>The last sequence sent.</returns>
    private async ValueTask<long> SendAsync(
        IReadOnlyList<InboxLine> lines,
        long cursor,
        CallerSession session,
        InboxCheck check,
        IRpcReplyStream<Wire.InboxItem> replies,
        CancellationToken ct)
    {
        var sent = 0;
        while (sent < lines.Count)
        {
            session.ThrowIfExpired(context.Now);
            var count = Math.Min(ServiceLimits.InboxWindowMax, lines.Count - sent);
            var items = await check.ToItemsAsync(lines, sent, count, ct);
            foreach (var answered in items)
            {
                // The slowest patient of a window holds up the answers of all, and a slow reader those of all but the first.
                var item = count > 1 && answered.Patient is not null
                    ? (await check.ToItemsAsync(lines, sent, 1, ct))[0]
                    : answered;
                await replies.WriteAsync(item, ct);
                cursor = item.Sequence;
                sent++;
            }
        }

        return cursor;
    }
}
