using System.Runtime.CompilerServices;
using HealthGrains.Domain.Inboxes;
using HealthGrains.Grains.Journal;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.Paging;

namespace HealthGrains.Services.Inbox;

internal sealed partial class InboxService
{
    /// <summary>The items after a cursor, in one page, each of them asked about once more right before.</summary>
    private async Task<Wire.ReadInboxResponse> ReadInboxAsync(
        Wire.ReadInboxRequest request, RpcCall call, CancellationToken ct)
    {
        var session = CallerSession.Of(call);
        var reader = ReaderOf(session);
        var size = PageSizes.Of(request.PageSize);
        var inbox = InboxOf(session);
        var page = await context.AskAsync(inbox, new Domain.Inboxes.ReadInbox(request.AfterSequence, size), ct);
        var lines = page.Lines;
        if (page.FirstKept > request.AfterSequence + 1)
        {
            await foreach (var logged in LoggedAsync(inbox, request.AfterSequence, page.FirstKept - 1, size, ct))
            {
                lines = logged;
                break;
            }
        }

        var next = lines.Count == 0 ? request.AfterSequence : lines[^1].Sequence;
        var response = new Wire.ReadInboxResponse
        {
            NextSequence = next,
            HasMore = next < page.Last,
            AcknowledgedSequence = page.Acknowledged,
        };

        // All of it leaves at once, so all of it is asked about at once.
        var check = new InboxCheck(context, Domain.Patients.PatientState.ReaderOf(reader), patiently: false);
        response.Items.Add(await check.ToItemsAsync(lines, 0, lines.Count, ct));
        return response;
    }

    /// <summary>Lines that lie unread for so long that the inbox does not hold them any more, in pages.</summary>
    private async IAsyncEnumerable<IReadOnlyList<InboxLine>> LoggedAsync(
        JournalId inbox, long after, long last, int size, [EnumeratorCancellation] CancellationToken ct)
    {
        var page = new List<InboxLine>(size);
        await foreach (var (sequence, delivery) in context.InboxLines.ReadAsync(inbox, after, last, ct))
        {
            page.Add(new InboxLine(sequence, delivery));
            if (page.Count < size && sequence < last)
                continue;
            yield return page;
            page = new List<InboxLine>(size);
        }
    }
}
