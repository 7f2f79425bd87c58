using HealthGrains.Domain.Consent;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.Consents;

internal sealed partial class ConsentsService
{
    /// <summary>Names an authorised professional administrator, or dismisses.</summary>
    private async Task<Wire.SetAdministratorResponse> SetAdministratorAsync(
        Wire.SetAdministratorRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, null, context.Identity);
        var professional = ReadProfessional(request.ProfessionalId, "professional_id");
        var change = await context.AskAsync(
            target.Journal, new SetAdministrator(professional, request.IsAdmin) { By = target.By }, ct);
        return new Wire.SetAdministratorResponse
        {
            Receipt = ConsentMapping.ToReceipt(change),
            Authorization = change.Granted is { } granted ? ConsentMapping.ToWire(granted, change.At) : null,
        };
    }
}
