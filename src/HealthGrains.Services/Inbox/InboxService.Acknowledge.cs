using HealthGrains.Domain.Inboxes;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;

namespace HealthGrains.Services.Inbox;

internal sealed partial class InboxService
{
    /// <summary>States that every item up to a sequence was taken in.</summary>
    private async Task<Wire.AcknowledgeResponse> AcknowledgeAsync(
        Wire.AcknowledgeRequest request, RpcCall call, CancellationToken ct) => new()
        {
            AcknowledgedSequence = await context.AskAsync(
                InboxOf(CallerSession.Of(call)), new AcknowledgeInbox(request.UpToSequence), ct),
        };
}
