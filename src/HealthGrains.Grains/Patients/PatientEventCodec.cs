using Google.Protobuf;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Grains.Codec;
using HealthGrains.Grains.Journal.V1;

namespace HealthGrains.Grains.Patients;

/// <summary>Bytes of a patient's entries, and back: one switch each way.</summary>
/// <remarks>Format: <c>docs/formats/journal-v1.md</c>, kept in step with the proto and the golden files.</remarks>
internal static class PatientEventCodec
{
    public static byte[] Encode(PatientEvent change)
    {
        var entry = new PatientEntry { At = Stored.Time(change.At), By = Stored.Actor(change.By) };
        switch (change)
        {
            case RecordOpened opened:
                entry.RecordOpened = new StoredRecordOpened
                {
                    Activated = opened.Activated,
                    RestoresContent = opened.RestoresContent,
                    TermsVersion = opened.TermsVersion,
                };
                break;
            case RecordOpposed opposed:
                entry.RecordOpposed = new StoredRecordOpposed { Reason = opposed.Reason };
                break;
            case RecordClosed closed:
                entry.RecordClosed = new StoredRecordClosed
                {
                    Reason = closed.Reason,
                    DeletionRequested = closed.DeletionRequested,
                };
                break;
            case DocumentSubmitted submitted:
                entry.DocumentSubmitted = DocumentCodec.Store(submitted);
                break;
            case DocumentWithdrawn withdrawn:
                entry.DocumentWithdrawn = new StoredDocumentWithdrawn
                {
                    DocumentId = Stored.Id(withdrawn.DocumentId),
                    Reason = withdrawn.Reason,
                    UniqueId = withdrawn.UniqueId.ToString(),
                };
                foreach (var recipient in withdrawn.Recipients)
                    entry.DocumentWithdrawn.Recipients.Add(recipient.ToString());
                break;
            case AuthorizationGranted granted:
                entry.AuthorizationGranted = Store(granted.Authorization);
                break;
            case AuthorizationRevoked revoked:
                entry.AuthorizationRevoked = new StoredAuthorizationRevoked { Number = revoked.AuthorizationNumber };
                break;
            case ProfessionalBlocked blocked:
                entry.ProfessionalBlocked = new StoredBlock
                {
                    Id = blocked.Professional.ToString(),
                    Reason = blocked.Reason,
                };
                break;
            case ProfessionalUnblocked unblocked:
                entry.ProfessionalUnblocked = new StoredProfessional { Id = unblocked.Professional.ToString() };
                break;
            case ConfidentialityChanged labels:
                entry.ConfidentialityChanged = new StoredConfidentiality
                {
                    DocumentId = Stored.Id(labels.DocumentId),
                    UniqueId = labels.UniqueId.ToString(),
                    Confidentiality = (int)labels.Labels,
                };
                if (labels.Covers is { } covers)
                    entry.ConfidentialityChanged.Covers = (int)covers;
                foreach (var recipient in labels.Recipients)
                    entry.ConfidentialityChanged.Recipients.Add(recipient.ToString());
                break;
            case EmergencyAccessSet emergency:
                entry.EmergencyAccessSet = new StoredEmergencyAccess
                {
                    RegulationCentre = emergency.Flags.RegulationCentre,
                    BreakTheGlass = emergency.Flags.BreakTheGlass,
                    MaskedDocuments = emergency.Flags.MaskedDocuments,
                };
                if (emergency.Until is { } until)
                    entry.EmergencyAccessSet.Until = Stored.Time(until);
                break;
            case AdministratorSet or AttendingPhysicianSet or PurposeConsentSet
                or DelegateAdded or DelegationAnswered or DelegationEnded:
                PeopleCodec.Store(change, entry);
                break;
            case PatientFollowed:
                entry.PatientFollowed = new StoredFollow();
                break;
            case PatientUnfollowed:
                entry.PatientUnfollowed = new StoredFollow();
                break;
            case RecordAccessed accessed:
                entry.RecordAccessed = Store(accessed.Trace);
                break;
            case UploadDiscarded discarded:
                entry.UploadDiscarded = new StoredUploadDiscarded { UploadId = Stored.Id(discarded.Upload) };
                break;
            case RecordMoved moved:
                entry.RecordMoved = new StoredRecordMoved { To = moved.To.ToString() };
                break;
            default:
                if (!TimedEventCodec.TryStore(change, entry) && !MergeCodec.TryStore(change, entry))
                    throw new InvalidOperationException($"{change.GetType().Name} has no stored form.");
                break;
        }

        return entry.ToByteArray();
    }

    /// <exception cref="FormatException">The bytes are no entry that this version knows.</exception>
    public static PatientEvent Decode(ReadOnlyMemory<byte> body)
    {
        var entry = Stored.Parse(PatientEntry.Parser, body);
        var at = Stored.Time(entry.At);
        var by = Stored.Actor(entry.By);
        return entry.EventCase switch
        {
            PatientEntry.EventOneofCase.RecordOpened => new RecordOpened(
                at, by, entry.RecordOpened.Activated, entry.RecordOpened.RestoresContent)
            {
                TermsVersion = entry.RecordOpened.TermsVersion,
            },
            PatientEntry.EventOneofCase.RecordOpposed => new RecordOpposed(at, by, entry.RecordOpposed.Reason),
            PatientEntry.EventOneofCase.RecordClosed => new RecordClosed(
                at, by, entry.RecordClosed.Reason, entry.RecordClosed.DeletionRequested),
            PatientEntry.EventOneofCase.DocumentSubmitted => DocumentCodec.Restore(at, by, entry.DocumentSubmitted),
            PatientEntry.EventOneofCase.DocumentWithdrawn => new DocumentWithdrawn(
                at,
                by,
                Stored.Id(entry.DocumentWithdrawn.DocumentId),
                UniqueId.Parse(entry.DocumentWithdrawn.UniqueId),
                entry.DocumentWithdrawn.Reason)
            {
                Recipients = DocumentCodec.Professionals(entry.DocumentWithdrawn.Recipients),
            },
            PatientEntry.EventOneofCase.AuthorizationGranted => new AuthorizationGranted(
                at, by, Restore(entry.AuthorizationGranted) with { GrantedBy = by }),
            PatientEntry.EventOneofCase.AuthorizationRevoked => new AuthorizationRevoked(
                at, by, entry.AuthorizationRevoked.Number),
            PatientEntry.EventOneofCase.ProfessionalBlocked => new ProfessionalBlocked(
                at, by, ProfessionalId.Parse(entry.ProfessionalBlocked.Id))
            {
                Reason = entry.ProfessionalBlocked.Reason,
            },
            PatientEntry.EventOneofCase.ProfessionalUnblocked => new ProfessionalUnblocked(
                at, by, ProfessionalId.Parse(entry.ProfessionalUnblocked.Id)),
            PatientEntry.EventOneofCase.ConfidentialityChanged => new ConfidentialityChanged(
                at,
                by,
                Stored.Id(entry.ConfidentialityChanged.DocumentId),
                UniqueId.Parse(entry.ConfidentialityChanged.UniqueId),
                Stored.Labels(entry.ConfidentialityChanged.Confidentiality))
            {
                Covers = entry.ConfidentialityChanged.HasCovers ? Stored.Labels(entry.ConfidentialityChanged.Covers) : null,
                Recipients = DocumentCodec.Professionals(entry.ConfidentialityChanged.Recipients),
            },
            PatientEntry.EventOneofCase.EmergencyAccessSet => new EmergencyAccessSet(
                at,
                by,
                new EmergencyFlags(
                    entry.EmergencyAccessSet.RegulationCentre,
                    entry.EmergencyAccessSet.BreakTheGlass,
                    entry.EmergencyAccessSet.MaskedDocuments))
            {
                Until = entry.EmergencyAccessSet.HasUntil ? Stored.Time(entry.EmergencyAccessSet.Until) : null,
            },
            >= PatientEntry.EventOneofCase.AdministratorSet and <= PatientEntry.EventOneofCase.DelegationEnded =>
                PeopleCodec.Restore(at, by, entry),
            PatientEntry.EventOneofCase.PatientFollowed => new PatientFollowed(at, by),
            PatientEntry.EventOneofCase.PatientUnfollowed => new PatientUnfollowed(at, by),
            PatientEntry.EventOneofCase.RecordAccessed => new RecordAccessed(at, by, Restore(entry.RecordAccessed)),
            PatientEntry.EventOneofCase.UploadDiscarded => new UploadDiscarded(
                at, by, Stored.Upload(entry.UploadDiscarded.UploadId)),
            PatientEntry.EventOneofCase.RecordMoved => new RecordMoved(at, by, PatientId.Parse(entry.RecordMoved.To)),
            _ => TimedEventCodec.Restore(at, by, entry)
                ?? MergeCodec.Restore(at, by, entry)
                ?? throw new FormatException("The entry holds no event that this version knows."),
        };
    }

    private static StoredAuthorization Store(Authorization authorization)
    {
        var stored = new StoredAuthorization
        {
            Number = authorization.Number,
            HolderKind = (int)authorization.Holder,
            HolderId = authorization.HolderId,
            Permit = authorization.Permit,
            Basis = (int)authorization.Basis,
            Start = Stored.Time(authorization.Start),
            IsAdministrator = authorization.IsAdministrator,
            HolderName = authorization.HolderName,
        };
        if (authorization.End is { } end)
            stored.End = Stored.Time(end);
        return stored;
    }

    private static Authorization Restore(StoredAuthorization stored) => new(
        stored.Number,
        Stored.Enumerated<HolderKind>(stored.HolderKind),
        stored.HolderId,
        stored.Permit,
        Stored.Enumerated<AuthorizationBasis>(stored.Basis),
        Stored.Time(stored.Start),
        stored.HasEnd ? Stored.Time(stored.End) : null,
        stored.IsAdministrator)
    {
        HolderName = stored.HolderName,
    };

    private static StoredAccess Store(AccessTrace trace)
    {
        var stored = new StoredAccess
        {
            Action = (int)trace.Action,
            Mode = (int)trace.Mode,
            Reason = trace.Reason,
            Refused = trace.Refused is { } refused ? (int)refused : 0,
            Step = (int)trace.Step,
            MatrixVersion = trace.MatrixVersion,
            SecretSession = trace.Secret,
        };
        foreach (var document in trace.Documents)
            stored.Documents.Add(Stored.Id(document));
        return stored;
    }

    private static AccessTrace Restore(StoredAccess stored) => new(
        Stored.Enumerated<AccessAction>(stored.Action),
        [.. stored.Documents.Select(Stored.Id)],
        Stored.Enumerated<AccessMode>(stored.Mode),
        stored.Reason,
        stored.Refused == 0 ? null : Stored.Enumerated<RefusalCode>(stored.Refused),
        Stored.Enumerated<AccessStep>(stored.Step),
        stored.MatrixVersion)
    {
        Secret = stored.SecretSession,
    };
}
