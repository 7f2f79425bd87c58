using HealthGrains.Domain.Consent;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.Consents;

internal sealed partial class ConsentsService
{
    /// <summary>Removes a block and nothing else.</summary>
    private async Task<Wire.UnblockProfessionalResponse> UnblockProfessionalAsync(
        Wire.UnblockProfessionalRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, null, context.Identity);
        var professional = ReadProfessional(request.ProfessionalId, "professional_id");
        var change = await context.AskAsync(target.Journal, new UnblockProfessional(professional) { By = target.By }, ct);
        return new Wire.UnblockProfessionalResponse { Receipt = ConsentMapping.ToReceipt(change) };
    }
}
