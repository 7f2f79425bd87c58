using System.Globalization;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;

namespace HealthGrains.Services.Consents;

/// <summary>The consent state of a record and its changes, by the patient's side. One RPC a file.</summary>
internal sealed partial class ConsentsService(ServiceContext context)
{
    public RpcService Bind() => new ServiceBinder(Wire.ConsentsReflection.Descriptor.Services[0], context.Admission)
        .Unary<Wire.GetConsentsRequest, Wire.GetConsentsResponse>("GetConsents", GetConsentsAsync)
        .Unary<Wire.OpenRecordRequest, Wire.OpenRecordResponse>("OpenRecord", OpenRecordAsync)
        .Unary<Wire.CloseRecordRequest, Wire.CloseRecordResponse>("CloseRecord", CloseRecordAsync)
        .Unary<Wire.AuthorizeProfessionalRequest, Wire.AuthorizeProfessionalResponse>(
            "AuthorizeProfessional", AuthorizeProfessionalAsync)
        .Unary<Wire.RevokeAuthorizationRequest, Wire.RevokeAuthorizationResponse>(
            "RevokeAuthorization", RevokeAuthorizationAsync)
        .Unary<Wire.BlockProfessionalRequest, Wire.BlockProfessionalResponse>("BlockProfessional", BlockProfessionalAsync)
        .Unary<Wire.UnblockProfessionalRequest, Wire.UnblockProfessionalResponse>(
            "UnblockProfessional", UnblockProfessionalAsync)
        .Unary<Wire.SetEmergencyAccessRequest, Wire.SetEmergencyAccessResponse>(
            "SetEmergencyAccess", SetEmergencyAccessAsync)
        .Unary<Wire.ExplainAccessRequest, Wire.ExplainAccessResponse>("ExplainAccess", ExplainAccessAsync)
        .Unary<Wire.GetPreferencesRequest, Wire.GetPreferencesResponse>("GetPreferences", GetPreferencesAsync)
        .Unary<Wire.SetPreferencesRequest, Wire.SetPreferencesResponse>("SetPreferences", SetPreferencesAsync)
        .Unary<Wire.SetPurposeConsentRequest, Wire.SetPurposeConsentResponse>("SetPurposeConsent", SetPurposeConsentAsync)
        .Unary<Wire.SetAdministratorRequest, Wire.SetAdministratorResponse>("SetAdministrator", SetAdministratorAsync)
        .Unary<Wire.SetAttendingPhysicianRequest, Wire.SetAttendingPhysicianResponse>(
            "SetAttendingPhysician", SetAttendingPhysicianAsync)
        .Unary<Wire.AddDelegateRequest, Wire.AddDelegateResponse>("AddDelegate", AddDelegateAsync)
        .Unary<Wire.RevokeDelegateRequest, Wire.RevokeDelegateResponse>("RevokeDelegate", RevokeDelegateAsync)
        .Unary<Wire.AnswerDelegationRequest, Wire.AnswerDelegationResponse>("AnswerDelegation", AnswerDelegationAsync)
        .Service;

    /// <exception cref="RpcException">METADATA_INVALID.</exception>
    private ProfessionalId ReadProfessional(string text, string field) =>
        ProfessionalId.TryParse(text, context.Identity, out var id) && id.Kind == ProfessionalIdKind.Rpps
            ? id
            : throw RefusalStatus.Of(new Refusal(
                RefusalCode.MetadataInvalid, "Not the number of a professional: 8 and an RPPS number.", field));

    /// <exception cref="RpcException">METADATA_INVALID.</exception>
    private (HolderKind Kind, string Id) ReadHolder(Wire.Holder? holder) => holder?.HolderCase switch
    {
        Wire.Holder.HolderOneofCase.ProfessionalId =>
            (HolderKind.Professional, ReadProfessional(holder.ProfessionalId, "holder.professional_id").ToString()),
        Wire.Holder.HolderOneofCase.OrganizationId =>
            StructureId.TryParse(holder.OrganizationId, context.Identity, out var structure)
                ? (HolderKind.Organization, structure.ToString())
                : throw RefusalStatus.Of(new Refusal(
                    RefusalCode.MetadataInvalid, "Not the number of a structure.", "holder.organization_id")),
        _ => throw RefusalStatus.Of(new Refusal(RefusalCode.MetadataInvalid, "The holder must be named.", "holder")),
    };

    private static int? ReadNumber(string authorizationId) =>
        int.TryParse(authorizationId, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
