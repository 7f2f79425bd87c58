using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents.Intake;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.Consents;

internal sealed partial class ConsentsService
{
    private static readonly Refusal NotPatientsBasis = new(
        RefusalCode.MetadataInvalid, "An authorisation by the patient rests on the patient's own act.", "basis");

    /// <summary>Gives a professional or an organisation the right to read.</summary>
    private async Task<Wire.AuthorizeProfessionalResponse> AuthorizeProfessionalAsync(
        Wire.AuthorizeProfessionalRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, request.Access, context.Identity);
        var (kind, holder) = ReadHolder(request.Holder);
        if (request.Basis is not (Wire.Authorization.Types.Basis.Unspecified or Wire.Authorization.Types.Basis.Patient))
            throw RefusalStatus.Of(NotPatientsBasis);
        if (TextRules.CheckLine(request.HolderName, ServiceLimits.HolderNameCharsMax, "holder_name") is { } refusal)
            throw RefusalStatus.Of(refusal);

        var change = await context.AskAsync(
            target.Journal,
            new AuthorizeProfessional(
                kind,
                holder,
                WireTimes.Read(request.Start, "start"),
                WireTimes.Read(request.End, "end"),
                request.HolderName)
            {
                By = target.By,
            },
            ct);
        return new Wire.AuthorizeProfessionalResponse
        {
            Receipt = ConsentMapping.ToReceipt(change),
            Authorization = change.Granted is { } granted ? ConsentMapping.ToWire(granted, change.At) : null,
        };
    }
}
