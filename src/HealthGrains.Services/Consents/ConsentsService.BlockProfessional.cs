using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents.Intake;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.Consents;

internal sealed partial class ConsentsService
{
    /// <summary>Blocks a professional: every permit that names them ends, and all reading stops.</summary>
    private async Task<Wire.BlockProfessionalResponse> BlockProfessionalAsync(
        Wire.BlockProfessionalRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, null, context.Identity);
        var professional = ReadProfessional(request.ProfessionalId, "professional_id");
        if (TextRules.CheckLines(request.Reason, ServiceLimits.ReasonCharsMax, "reason") is { } refusal)
            throw RefusalStatus.Of(refusal);
        var change = await context.AskAsync(
            target.Journal, new BlockProfessional(professional) { Reason = request.Reason, By = target.By }, ct);
        var response = new Wire.BlockProfessionalResponse { Receipt = ConsentMapping.ToReceipt(change) };
        foreach (var ended in change.Ended)
            response.Ended.Add(ConsentMapping.ToWire(ended with { RevokedAt = change.At }, change.At));
        return response;
    }
}
