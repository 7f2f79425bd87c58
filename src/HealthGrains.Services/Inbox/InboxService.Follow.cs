using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Routing;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.Inbox;

internal sealed partial class InboxService
{
    // Who follows stands in the record's consents, which representatives read.
    private static readonly Refusal NotInSecret =
        new(RefusalCode.MetadataInvalid, "Nobody follows a patient in a secret session.", "access.secret_session");

    /// <summary>Asks to be told of a patient's new documents, in the situation of this call.</summary>
    private async Task<Wire.FollowResponse> FollowAsync(Wire.FollowRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, request.Access, context.Identity);
        if (target.Entrance.IsSecret)
            throw RefusalStatus.Of(NotInSecret);
        var answer = await context.AskAsync(target.Journal, new FollowPatient(target.By), ct);
        return new Wire.FollowResponse { Since = WireTimes.Of(answer.Since), AlreadySo = answer.AlreadySo };
    }
}
