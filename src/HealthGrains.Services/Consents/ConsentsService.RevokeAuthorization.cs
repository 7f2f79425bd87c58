using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.Consents;

internal sealed partial class ConsentsService
{
    private static readonly Refusal NoSuchAuthorization =
        new(RefusalCode.TargetNotFound, "There is no such authorisation.", "authorization_id");

    private static readonly Refusal NoTarget =
        new(RefusalCode.MetadataInvalid, "The authorisation or its holder must be named.", "authorization_id");

    /// <summary>Ends an authorisation, or every permit of a holder, and may refuse an organisation from then on.</summary>
    private async Task<Wire.RevokeAuthorizationResponse> RevokeAuthorizationAsync(
        Wire.RevokeAuthorizationRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, null, context.Identity);
        var command = request.TargetCase switch
        {
            Wire.RevokeAuthorizationRequest.TargetOneofCase.AuthorizationId => new RevokeAuthorization(
                ReadNumber(request.AuthorizationId) ?? throw RefusalStatus.Of(NoSuchAuthorization),
                HolderKind.Professional,
                null,
                request.Deny),
            Wire.RevokeAuthorizationRequest.TargetOneofCase.Holder when ReadHolder(request.Holder) is var (kind, holder) =>
                new RevokeAuthorization(null, kind, holder, request.Deny),
            _ => throw RefusalStatus.Of(NoTarget),
        };
        var change = await context.AskAsync(target.Journal, command with { By = target.By }, ct);
        var response = new Wire.RevokeAuthorizationResponse { Receipt = ConsentMapping.ToReceipt(change) };
        foreach (var ended in change.Ended)
            response.Ended.Add(ConsentMapping.ToWire(ended with { RevokedAt = change.At }, change.At));
        return response;
    }
}
