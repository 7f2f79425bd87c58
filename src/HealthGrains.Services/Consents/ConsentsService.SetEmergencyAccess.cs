using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.Consents;

internal sealed partial class ConsentsService
{
    /// <summary>Sets the three emergency flags.</summary>
    private async Task<Wire.SetEmergencyAccessResponse> SetEmergencyAccessAsync(
        Wire.SetEmergencyAccessRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, null, context.Identity);
        var flags = request.Emergency ?? new Wire.EmergencyAccess();
        var change = await context.AskAsync(
            target.Journal,
            new SetEmergencyAccess(
                ReadDecision(flags.RegulationCentre, "emergency.regulation_centre"),
                ReadDecision(flags.BreakTheGlass, "emergency.break_the_glass"),
                ReadDecision(flags.MaskedDocuments, "emergency.masked_documents"))
            {
                By = target.By,
            },
            ct);
        return new Wire.SetEmergencyAccessResponse
        {
            Receipt = ConsentMapping.ToReceipt(change),
            Emergency = change.Emergency is { } now ? ConsentMapping.ToWire(now) : null,
        };
    }

    /// <returns>Null when it is left as it is.</returns>
    private static bool? ReadDecision(Wire.Decision decision, string field) => decision switch
    {
        Wire.Decision.Unspecified => null,
        Wire.Decision.Permit => true,
        Wire.Decision.Deny => false,
        _ => throw RefusalStatus.Of(new Refusal(RefusalCode.MetadataInvalid, "This decision is not known.", field)),
    };
}
