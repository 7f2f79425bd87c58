using HealthGrains.Domain.Documents.Intake;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.Consents;

internal sealed partial class ConsentsService
{
    private static readonly Refusal TermsMissing = new(
        RefusalCode.MetadataInvalid, "The version of the terms that the person accepted is required.", "terms_version");

    /// <summary>Activates the record, or re-opens it.</summary>
    private async Task<Wire.OpenRecordResponse> OpenRecordAsync(
        Wire.OpenRecordRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, null, context.Identity);
        if (request.TermsVersion.Length == 0)
            throw RefusalStatus.Of(TermsMissing);
        if (TextRules.CheckLine(request.TermsVersion, ServiceLimits.TermsVersionCharsMax, "terms_version") is { } refusal)
            throw RefusalStatus.Of(refusal);
        var change = await context.AskAsync(target.Journal, new OpenRecord { TermsVersion = request.TermsVersion, By = target.By }, ct);
        return new Wire.OpenRecordResponse { Receipt = ConsentMapping.ToReceipt(change) };
    }
}
