using HealthGrains.Domain.Routing;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;

namespace HealthGrains.Services.Inbox;

internal sealed partial class InboxService
{
    /// <summary>Asks to be told no longer. It needs no right and no situation.</summary>
    private async Task<Wire.UnfollowResponse> UnfollowAsync(Wire.UnfollowRequest request, RpcCall call, CancellationToken ct)
    {
        var patient = RecordTarget.PatientOf(request.Patient, context.Identity);
        var answer = await context.AskAsync(
            Grains.GrainIds.Of(patient), new UnfollowPatient(CallerSession.Of(call).Caller.Actor), ct);
        return new Wire.UnfollowResponse { AlreadySo = answer.AlreadySo };
    }
}
