using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents.Intake;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.Consents;

internal sealed partial class ConsentsService
{
    /// <summary>Permits or denies one purpose.</summary>
    private async Task<Wire.SetPurposeConsentResponse> SetPurposeConsentAsync(
        Wire.SetPurposeConsentRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, null, context.Identity);
        var row = request.Consent ?? new Wire.PurposeConsent();
        if ((TextRules.CheckLine(row.Purpose, Purposes.NameCharsMax, "consent.purpose")
            ?? TextRules.CheckLine(row.TermsVersion, ServiceLimits.TermsVersionCharsMax, "consent.terms_version")
            ?? TextRules.CheckLine(row.Perimeter, ServiceLimits.PerimeterCharsMax, "consent.perimeter")) is { } refusal)
        {
            throw RefusalStatus.Of(refusal);
        }

        var change = await context.AskAsync(
            target.Journal,
            new SetPurposeConsent(row.Purpose, ReadDecision(row.Decision, "consent.decision"), row.TermsVersion, row.Perimeter)
            {
                By = target.By,
            },
            ct);
        return new Wire.SetPurposeConsentResponse
        {
            Receipt = ConsentMapping.ToReceipt(change),
            Consent = change.Purpose is { } now ? ConsentMapping.ToWire(now) : null,
        };
    }
}
