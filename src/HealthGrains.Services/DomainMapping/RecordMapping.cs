using HealthGrains.Domain.Access;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Routing;

namespace HealthGrains.Services.DomainMapping;

/// <summary>The state of a record, its changes and its traces.</summary>
internal static class RecordMapping
{
    public const string Heartbeat = "HEARTBEAT";

    private const string Allow = "ALLOW";
    private const string AllowEmergency = "ALLOW_EMERGENCY";

    public static Wire.RecordState ToWire(RecordState state) => state switch
    {
        RecordState.Absent => Wire.RecordState.Absent,
        RecordState.Announced => Wire.RecordState.Announced,
        RecordState.Opposed => Wire.RecordState.Opposed,
        RecordState.OpenNotActivated => Wire.RecordState.OpenNotActivated,
        RecordState.OpenActivated => Wire.RecordState.OpenActivated,
        RecordState.Closed => Wire.RecordState.Closed,
        RecordState.Destroyed => Wire.RecordState.Destroyed,
        _ => Wire.RecordState.Unspecified,
    };

    public static Wire.GetRecordResponse ToWire(RecordView view, PatientId patient)
    {
        var isOwner = view.Standing is CallerStanding.Owner or CallerStanding.Delegate;
        return new Wire.GetRecordResponse
        {
            Patient = ActorMapping.ToWire(patient),
            State = ToWire(view.Status.State),
            OpenedAt = WireTimes.Of(view.OpenedAt),
            ActivatedAt = WireTimes.Of(view.ActivatedAt),
            ClosedAt = view.Status.State == RecordState.Closed ? WireTimes.Of(view.Status.Since) : null,

            // The person's own words are not for the professionals.
            ClosingReason = isOwner ? view.Status.ClosingReason : "",
            DeletionRequested = isOwner && view.Status.DeletionRequested,
            CallerStatus = view.Standing switch
            {
                CallerStanding.Owner => Wire.GetRecordResponse.Types.CallerStatus.Owner,
                CallerStanding.Delegate => Wire.GetRecordResponse.Types.CallerStatus.Delegate,
                CallerStanding.Authorized => Wire.GetRecordResponse.Types.CallerStatus.Authorized,
                CallerStanding.NotAuthorized => Wire.GetRecordResponse.Types.CallerStatus.NotAuthorized,
                CallerStanding.Blocked => Wire.GetRecordResponse.Types.CallerStatus.Blocked,
                CallerStanding.Denied => Wire.GetRecordResponse.Types.CallerStatus.Denied,
                _ => Wire.GetRecordResponse.Types.CallerStatus.Unspecified,
            },
            AuthorizedUntil = WireTimes.Of(view.PermittedUntil),
            CallerIsAdministrator = view.IsAdministrator,
            CallerIsAttendingPhysician = view.IsAttendingPhysician,
            CallerFollows = view.Follows,
            Documents = view.Documents,
            Sequence = view.Sequence,
        };
    }

    public static Wire.RecordChange ToWire(Change change, PatientId patient, DocumentMapping documents) => new()
    {
        Sequence = change.Item.Sequence,
        At = WireTimes.Of(change.Item.At),
        Code = ChangeCodes.Name(change.Item.Code),
        Label = ChangeCodes.Label(change.Item.Code),
        Document = change.Document is { } view ? documents.ToWire(view, patient) : null,
        Actor = ActorMapping.ToWire(change.Item.By),
        DocumentId = change.Item.Document?.ToString() ?? "",
        Urn = ChangeCodes.Described(change.Item.Code).Urn,
        Silent = change.Item.IsSilent,
    };

    public static Wire.AccessTrace ToWire(TracedAccess access)
    {
        var wire = new Wire.AccessTrace
        {
            Sequence = access.Sequence,
            At = WireTimes.Of(access.At),
            Actor = ActorMapping.ToWire(access.By),
            Action = ActionOf(access.Trace.Action),
            Mode = access.Trace.Mode switch
            {
                AccessMode.Emergency => Wire.AccessContext.Types.Mode.Emergency,
                AccessMode.RegulationCentre => Wire.AccessContext.Types.Mode.RegulationCentre,
                _ => Wire.AccessContext.Types.Mode.Normal,
            },
            Reason = access.Trace.Reason,
            Outcome = access.Trace.Refused is { } refused ? RefusalCodes.Name(refused)
                : access.Trace.Mode == AccessMode.Normal ? Allow
                : AllowEmergency,
            Step = (int)access.Trace.Step,
            MatrixVersion = access.Trace.MatrixVersion,
            Secret = access.Trace.Secret,
            Group = GroupOf(access.Trace.Action),
        };
        foreach (var document in access.Trace.Documents)
            wire.DocumentIds.Add(document.ToString());
        return wire;
    }

    public static Wire.AccessTrace.Types.Group GroupOf(AccessAction action) => action switch
    {
        AccessAction.ListDocuments or AccessAction.ReadEntry or AccessAction.ReadContent or AccessAction.SetLabels
            or AccessAction.Export or AccessAction.Deposit => Wire.AccessTrace.Types.Group.MedicalDocument,
        _ => Wire.AccessTrace.Types.Group.General,
    };

    private static string ActionOf(AccessAction action) => action switch
    {
        AccessAction.ReadRecord => "GetRecord",
        AccessAction.ListDocuments => "ListDocuments",
        AccessAction.ReadEntry => "GetDocument",
        AccessAction.ReadContent => "ReadContent",
        AccessAction.SetLabels => "SetConfidentiality",
        AccessAction.Follow => "Follow",
        AccessAction.Authorize => "AuthorizeProfessional",
        AccessAction.Export => "ExportRecord",
        AccessAction.ReadConsents => "GetConsents",
        AccessAction.ReadTraces => "ListAccesses",
        AccessAction.Deposit => "Submit",
        AccessAction.ChangeConsents => "Consents",
        AccessAction.Explain => "ExplainAccess",
        AccessAction.SupportDelegates => "AddDelegate",
        AccessAction.SupportPhysician => "SetAttendingPhysician",
        AccessAction.SupportVerify => "VerifyRecord",
        AccessAction.SupportAlias => "AddAlias",
        _ => "",
    };
}
