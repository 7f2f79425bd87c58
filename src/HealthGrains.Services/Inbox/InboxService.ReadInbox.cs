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
        var page = await context.AskAsync(
            InboxOf(session),
            new Domain.Inboxes.ReadInbox(request.AfterSequence, PageSizes.Of(request.PageSize)),
            ct);
        var next = page.Lines.Count == 0 ? request.AfterSequence : page.Lines[^1].Sequence;
        var response = new Wire.ReadInboxResponse
        {
            NextSequence = next,
            HasMore = next < page.Last,
            AcknowledgedSequence = page.Acknowledged,
        };

        // All of it leaves at once, so all of it is asked about at once.
        var check = new InboxCheck(context, Domain.Patients.PatientState.ReaderOf(reader), patiently: false);
        response.Items.Add(await check.ToItemsAsync(page.Lines, 0, page.Lines.Count, ct));
        return response;
    }
}
