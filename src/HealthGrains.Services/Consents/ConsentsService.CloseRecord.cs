using HealthGrains.Domain.Documents.Intake;
using HealthGrains.Domain.Records;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.Consents;

internal sealed partial class ConsentsService
{
    /// <summary>Closes the record: no deposit and no reading by professionals from then on.</summary>
    private async Task<Wire.CloseRecordResponse> CloseRecordAsync(
        Wire.CloseRecordRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, null, context.Identity);
        if (TextRules.CheckLines(request.Reason, ServiceLimits.ReasonCharsMax, "reason") is { } refusal)
            throw RefusalStatus.Of(refusal);
        var change = await context.AskAsync(target.Journal, new CloseRecord(request.Reason, request.DeletionRequested) { By = target.By }, ct);
        return new Wire.CloseRecordResponse { Receipt = ConsentMapping.ToReceipt(change) };
    }
}
