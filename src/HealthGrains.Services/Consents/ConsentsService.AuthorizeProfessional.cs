using HealthGrains.Domain.Actors;
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

    private static readonly Refusal FromNow = new(
        RefusalCode.MetadataInvalid, "What a professional states holds from now on.", "start");

    /// <summary>Gives a professional or an organisation the right to read.</summary>
    private async Task<Wire.AuthorizeProfessionalResponse> AuthorizeProfessionalAsync(
        Wire.AuthorizeProfessionalRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, request.Access, context.Identity);
        if (target.By.Kind == ActorKind.Professional && StatesOwnRight(request, target.By) is { } stated)
            return await AuthorizeOneselfAsync(request, target, stated, ct);
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
        return Answer(change);
    }

    /// <returns>Who is authorised, if the professional speaks for himself or herself, or for the structure in which he or she acts;
    /// null where he or she acts for the patient.</returns>
    private static HolderKind? StatesOwnRight(Wire.AuthorizeProfessionalRequest request, Actor by) =>
        request.Basis == Wire.Authorization.Types.Basis.Patient ? null
            : request.Holder?.HolderCase switch
            {
                null or Wire.Holder.HolderOneofCase.None => HolderKind.Professional,
                Wire.Holder.HolderOneofCase.ProfessionalId when request.Holder.ProfessionalId == by.Id => HolderKind.Professional,
                Wire.Holder.HolderOneofCase.OrganizationId when request.Holder.OrganizationId == by.Structure.ToString() => HolderKind.Organization,
                _ => null,
            };

    private async Task<Wire.AuthorizeProfessionalResponse> AuthorizeOneselfAsync(
        Wire.AuthorizeProfessionalRequest request, RecordTarget target, HolderKind holder, CancellationToken ct)
    {
        if (request.Start is not null)
            throw RefusalStatus.Of(FromNow);
        var basis = request.Basis == Wire.Authorization.Types.Basis.CareTeam ? AuthorizationBasis.CareTeam : AuthorizationBasis.Explicit;
        return Answer(await context.AskAsync(
            target.Journal, new AuthorizeOneself(target.By, holder, basis, WireTimes.Read(request.End, "end")), ct));
    }

    private static Wire.AuthorizeProfessionalResponse Answer(ConsentChange change) => new()
    {
        Receipt = ConsentMapping.ToReceipt(change),
        Authorization = change.Granted is { } granted ? ConsentMapping.ToWire(granted, change.At) : null,
    };
}
