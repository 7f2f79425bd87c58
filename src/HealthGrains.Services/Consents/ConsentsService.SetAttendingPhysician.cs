using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Identity;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.Consents;

internal sealed partial class ConsentsService
{
    /// <summary>Records the declared family doctor, as health insurance knows it.</summary>
    private async Task<Wire.SetAttendingPhysicianResponse> SetAttendingPhysicianAsync(
        Wire.SetAttendingPhysicianRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, null, context.Identity);
        var physician = request.ProfessionalId.Length == 0
            ? (ProfessionalId?)null
            : ReadProfessional(request.ProfessionalId, "professional_id");
        var change = await context.AskAsync(target.Journal, new SetAttendingPhysician(physician, target.By), ct);
        return new Wire.SetAttendingPhysicianResponse { Receipt = ConsentMapping.ToReceipt(change) };
    }
}
