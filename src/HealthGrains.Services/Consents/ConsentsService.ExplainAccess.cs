using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Documents.Intake;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;
using Change = HealthGrains.Contracts.V1.ExplainAccessRequest.ChangeOneofCase;
using Mode = HealthGrains.Contracts.V1.AccessContext.Types.Mode;

namespace HealthGrains.Services.Consents;

internal sealed partial class ConsentsService
{
    private const string Physician = "10";

    private static readonly Refusal OnlyOneself = new(
        RefusalCode.CallerKindForbidden, "A professional asks for himself or herself, and tries no change.", "professional");

    /// <summary>Which rule allows or refuses whom, and what a change would change.</summary>
    private async Task<Wire.ExplainAccessResponse> ExplainAccessAsync(
        Wire.ExplainAccessRequest request, RpcCall call, CancellationToken ct)
    {
        var session = CallerSession.Of(call);
        var target = RecordTarget.ForReading(session, request.Patient, request.Access, context.Identity);
        var isProfessional = target.By.Kind == ActorKind.Professional;
        if (isProfessional && (request.ChangeCase != Change.None
            || (request.Professional is { Id.Length: > 0 } other && other.Id != target.By.Id)))
        {
            throw RefusalStatus.Of(OnlyOneself);
        }

        var document = request.DocumentId.Length == 0 ? (DocumentId?)null
            : DocumentId.TryParse(request.DocumentId, out var id) ? id
            : throw RefusalStatus.Of(new Refusal(RefusalCode.MetadataInvalid, "Not a document id.", "document_id"));
        var explanation = await context.AskAsync(
            target.Journal,
            new ExplainAccess(
                target.By,
                isProfessional ? null : SubjectOf(request.Professional),
                document,
                isProfessional ? target.Entrance : TriedEntrance(request.Access),
                TriedChangeOf(request)),
            ct);
        return ExplanationMapping.ToWire(explanation, isProfessional);
    }

    private Reader? SubjectOf(Wire.Professional? professional)
    {
        if (professional is not { Id.Length: > 0 })
            return null;
        var id = ReadProfessional(professional.Id, "professional.id");
        var code = professional.Profession.Length > 0 ? professional.Profession : Physician;
        if (!ProfessionSystems.TryFind(code, "", out var profession))
            throw Invalid("Not a profession code.", "professional.profession");
        StructureId structure = default;
        return professional.OrganizationId.Length > 0
            && !StructureId.TryParse(professional.OrganizationId, context.Identity, out structure)
                ? throw Invalid("Not the number of a structure.", "professional.organization_id")
                : new Reader(id, profession, structure);
    }

    // The patient tries an emergency as somebody would come who fulfils its conditions.
    private static Entrance TriedEntrance(Wire.AccessContext? access) => access?.Mode switch
    {
        null or Mode.Unspecified or Mode.Normal => Entrance.Normal,
        Mode.Emergency => new Entrance(AccessMode.Emergency, "-", false),
        Mode.RegulationCentre => new Entrance(AccessMode.RegulationCentre, "-", true),
        _ => throw Invalid("This mode is not known.", "access.mode"),
    };

    private TriedChange? TriedChangeOf(Wire.ExplainAccessRequest request) => request.ChangeCase switch
    {
        Change.None => null,
        Change.Revoke => new TriedChange(
            request.Revoke.TargetCase switch
            {
                Wire.RevokeAuthorizationRequest.TargetOneofCase.AuthorizationId => new RevokeAuthorization(
                    ReadNumber(request.Revoke.AuthorizationId) ?? throw RefusalStatus.Of(NoSuchAuthorization),
                    HolderKind.Professional,
                    null,
                    request.Revoke.Deny),
                Wire.RevokeAuthorizationRequest.TargetOneofCase.Holder when ReadHolder(request.Revoke.Holder) is var (kind, holder) =>
                    new RevokeAuthorization(null, kind, holder, request.Revoke.Deny),
                _ => throw RefusalStatus.Of(NoTarget),
            },
            null,
            null),
        Change.Block => Tried(new BlockProfessional(ReadProfessional(request.Block.ProfessionalId, "block.professional_id"))),
        Change.Unblock => Tried(new UnblockProfessional(ReadProfessional(request.Unblock.ProfessionalId, "unblock.professional_id"))),
        Change.Authorize when ReadHolder(request.Authorize.Holder) is var (kind, holder) => Tried(new AuthorizeProfessional(
            kind,
            holder,
            WireTimes.Read(request.Authorize.Start, "authorize.start"),
            WireTimes.Read(request.Authorize.End, "authorize.end"),
            "")),
        Change.Emergency => Tried(new SetEmergencyAccess(
            ReadDecision(request.Emergency.Emergency?.RegulationCentre ?? default, "emergency.emergency.regulation_centre"),
            ReadDecision(request.Emergency.Emergency?.BreakTheGlass ?? default, "emergency.emergency.break_the_glass"),
            ReadDecision(request.Emergency.Emergency?.MaskedDocuments ?? default, "emergency.emergency.masked_documents"))),
        Change.Labels => new TriedChange(null, LabelsOf(request.Labels), null),
        Change.Close => new TriedChange(null, null, new CloseRecord("", request.Close.DeletionRequested)),
        _ => throw Invalid("This change is not known.", "change"),
    };

    private static TriedChange Tried(ConsentCommand change) => new(change, null, null);

    // On whatever version of the entry is in force: nothing is overwritten.
    private static SetConfidentiality LabelsOf(Wire.TriedLabels labels) => new(
        DocumentId.TryParse(labels.DocumentId, out var id) ? id : throw Invalid("Not a document id.", "labels.document_id"),
        ExplainAccess.AnyVersion,
        SubmissionMapping.ToStated(labels.Confidentiality).Value
            ?? throw Invalid("The whole new set of labels must be stated.", "labels.confidentiality"),
        Actor.Patient);

    private static RpcException Invalid(string message, string field) =>
        RefusalStatus.Of(new Refusal(RefusalCode.MetadataInvalid, message, field));
}
