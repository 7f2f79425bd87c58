using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Caregivers;
using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Agendas;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Senders;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Grains.Tests.Golden;

/// <summary>What each golden file of format 1 means. A value here never changes once its file is released; a new kind of
/// event, or a new field, gets a new entry.</summary>
internal static class GoldenEvents
{
    private static readonly DateTimeOffset At = new(2025, 10, 17, 8, 30, 15, 123, TimeSpan.Zero);
    private static readonly DocumentId First = DocumentId.Parse("0198c3f0-1a2b-7c3d-8e4f-5a6b7c8d9e0f");
    private static readonly DocumentId Second = DocumentId.Parse("0198c3f0-1a2b-7c3d-8e4f-5a6b7c8d9e10");
    private static readonly UniqueId UniqueOne = UniqueId.Parse("1.2.250.1.213.1.9.1^report-1");
    private static readonly UniqueId UniqueTwo = UniqueId.Parse("0198C3F0-1A2B-7C3D-8E4F-5A6B7C8D9E11");
    private static readonly PatientId OtherPatient = PatientId.Parse("1.2.250.1.213.1.4.10^260058815400233");

    /// <summary>By the names of their files; <c>…full</c> sets every field, <c>…minimal</c> none that may be absent.</summary>
    public static IReadOnlyDictionary<string, PatientEvent> Patient { get; } = new Dictionary<string, PatientEvent>
    {
        ["RecordOpened.full"] = new RecordOpened(At, Everything(), true, true) { TermsVersion = "2026-01" },
        ["RecordOpened.minimal"] = new RecordOpened(At, Actor.System, false, false),
        ["RecordOpposed.full"] = new RecordOpposed(At, Everything(), "Je ne veux pas de dossier."),
        ["RecordOpposed.minimal"] = new RecordOpposed(At, Actor.Patient, ""),
        ["RecordClosed.full"] = new RecordClosed(At, Everything(), "Départ à l'étranger", true),
        ["RecordClosed.minimal"] = new RecordClosed(At, Actor.Patient, "", false),
        ["DocumentSubmitted.full"] = new DocumentSubmitted(At, Everything(), First, FullMetadata())
        {
            ClassCode = "10",
            Size = 142_336,
            Sha256 = HashOf(1),
            BodySha256 = HashOf(2),
            Replaces = Second,
            Change = ChangeKind.ConfidentialityOnly,
            Feeding = FeedingOpposition.NotOpposed,
            InsQualifiedAt = At.AddDays(-40),
            SecretSession = true,
            TwinOf = UniqueTwo,
            Traits = new PatientTraits("LEFÈVRE", "ANNE", "F", "19790315"),
            Recipients = [Cast.Rpps(0), Cast.Rpps(2)],
            RecipientsCode = ChangeCode.DocumentModified,
        },
        ["DocumentSubmitted.full-4"] = new DocumentSubmitted(At, Everything(), First, FullMetadata())
        {
            ClassCode = "10",
            Size = 104_857_600,
            Sha256 = HashOf(1),
            Upload = UploadId.Of(Guid.Parse("7d3f0c1e-52a4-4b8f-9a66-0d1c2b3a4f5e")),
            BodySha256 = HashOf(2),
            Replaces = Second,
            Change = ChangeKind.ConfidentialityOnly,
            Feeding = FeedingOpposition.NotOpposed,
            InsQualifiedAt = At.AddDays(-40),
            SecretSession = true,
            TwinOf = UniqueTwo,
            Traits = new PatientTraits("LEFÈVRE", "ANNE", "F", "19790315"),
            Recipients = [Cast.Rpps(0), Cast.Rpps(2)],
            RecipientsCode = ChangeCode.DocumentModified,
        },
        ["DocumentSubmitted.full-5"] = new DocumentSubmitted(At, Everything(), First, FullMetadata())
        {
            ClassCode = "10",
            Size = 142_336,
            Sha256 = HashOf(1),
            BodySha256 = HashOf(2),
            Replaces = Second,
            Change = ChangeKind.ConfidentialityOnly,
            Covers = ConfidentialityLabels.MaskedFromProfessionals,
            Feeding = FeedingOpposition.NotOpposed,
            InsQualifiedAt = At.AddDays(-40),
            SecretSession = true,
            TwinOf = UniqueTwo,
            Traits = new PatientTraits("LEFÈVRE", "ANNE", "F", "19790315"),
            Recipients = [Cast.Rpps(0), Cast.Rpps(2)],
            RecipientsCode = ChangeCode.DocumentModified,
        },
        ["RecordMoved.full"] = new RecordMoved(At, Everything(), OtherPatient),
        ["RecordMoved.minimal"] = new RecordMoved(At, Actor.System, OtherPatient),
        ["RecordMoving.full"] = new RecordMoving(At, Everything(), OtherPatient),
        ["RecordMoving.minimal"] = new RecordMoving(At, Actor.System, OtherPatient),
        ["RecordStays.full"] = new RecordStays(At, Everything(), 12),
        ["RecordStays.minimal"] = new RecordStays(At, Actor.System, 12),
        ["RecordPageTaken.full"] = new RecordPageTaken(At, Everything(), OtherPatient, 12, 5,
        [
            new TakenEntry(new PatientFollowed(At, Everything()), new EventStamp(5, 3, 70)),
            new TakenEntry(new MajorityReached(At, Actor.System), new EventStamp(6, 3, 72)),
        ]),
        ["RecordPageTaken.minimal"] = new RecordPageTaken(
            At, Actor.System, OtherPatient, 2, 1, [new TakenEntry(new MajorityReached(At, Actor.System), new EventStamp(1, 0, 1))]),
        ["RecordMerged.full"] = new RecordMerged(At, Everything(), OtherPatient, 12)
        {
            Emergency = new EmergencyFlags(true, true, true),
            EmergencyUntil = At.AddDays(400),
        },
        ["RecordMerged.minimal"] = new RecordMerged(At, Actor.System, OtherPatient, 12),
        ["MergeRefused.full"] = new MergeRefused(At, Everything(), OtherPatient, 12, RefusalCode.RecordClosed),
        ["MergeRefused.minimal"] = new MergeRefused(At, Actor.System, OtherPatient, 12, RefusalCode.TemporarilyUnavailable),
        ["UploadDiscarded.full"] = new UploadDiscarded(
            At, Everything(), UploadId.Of(Guid.Parse("7d3f0c1e-52a4-4b8f-9a66-0d1c2b3a4f5e"))),
        ["UploadDiscarded.minimal"] = new UploadDiscarded(
            At, Actor.System, UploadId.Of(Guid.Parse("7d3f0c1e-52a4-4b8f-9a66-0d1c2b3a4f5e"))),
        ["DocumentSubmitted.minimal"] = new DocumentSubmitted(At, Actor.Facility(Cast.Hospital), First, MinimalMetadata())
        {
            ClassCode = "10",
            Size = 1,
            Sha256 = HashOf(1),
        },
        ["DocumentWithdrawn.full"] = new DocumentWithdrawn(At, Everything(), First, UniqueOne, "Erreur de patient")
        {
            Recipients = [Cast.Rpps(0)],
        },
        ["DocumentWithdrawn.minimal"] = new DocumentWithdrawn(At, Actor.Facility(Cast.Hospital), First, UniqueOne, ""),
        ["AuthorizationGranted.full"] = new AuthorizationGranted(At, Everything(), new Authorization(
            7, HolderKind.Organization, Cast.Hospital.ToString(), true, AuthorizationBasis.Explicit, At.AddHours(1), At.AddDays(1), true)
        {
            GrantedBy = Everything(),
            HolderName = "Hôpital de test",
        }),
        ["AuthorizationGranted.minimal"] = new AuthorizationGranted(At, Actor.Patient, new Authorization(
            1, HolderKind.Professional, Cast.Rpps(0).ToString(), false, AuthorizationBasis.Patient, At, null, false)),
        ["AuthorizationRevoked.full"] = new AuthorizationRevoked(At, Everything(), 7),
        ["AuthorizationRevoked.minimal"] = new AuthorizationRevoked(At, Actor.Patient, 1),
        ["ProfessionalBlocked.full"] = new ProfessionalBlocked(At, Everything(), Cast.Rpps(0)) { Reason = "words" },
        ["ProfessionalBlocked.minimal"] = new ProfessionalBlocked(At, Actor.Patient, Cast.Rpps(0)),
        ["ConfidentialityChanged.full"] = new ConfidentialityChanged(
            At, Everything(), First, UniqueOne,
            ConfidentialityLabels.MaskedFromProfessionals | ConfidentialityLabels.HiddenFromRepresentatives)
        {
            Recipients = [Cast.Rpps(0), Cast.Rpps(2)],
        },
        ["ConfidentialityChanged.full-2"] = new ConfidentialityChanged(
            At, Everything(), First, UniqueOne,
            ConfidentialityLabels.MaskedFromProfessionals | ConfidentialityLabels.HiddenFromRepresentatives)
        {
            Covers = ConfidentialityLabels.MaskedFromProfessionals,
            Recipients = [Cast.Rpps(0), Cast.Rpps(2)],
        },
        ["ConfidentialityChanged.minimal"] =
            new ConfidentialityChanged(At, Actor.Patient, First, UniqueOne, ConfidentialityLabels.None),
        ["EmergencyAccessSet.full"] = new EmergencyAccessSet(At, Everything(), new EmergencyFlags(true, true, true)),
        ["EmergencyAccessSet.minimal"] = new EmergencyAccessSet(At, Actor.Patient, new EmergencyFlags(false, false, false)),
        ["ProfessionalUnblocked.full"] = new ProfessionalUnblocked(At, Everything(), Cast.Rpps(0)),
        ["ProfessionalUnblocked.minimal"] = new ProfessionalUnblocked(At, Actor.Patient, Cast.Rpps(0)),
        ["PatientFollowed.full"] = new PatientFollowed(At, Everything()),
        ["PatientFollowed.minimal"] = new PatientFollowed(At, new Actor(ActorKind.Professional, Cast.Rpps(0).ToString())),
        ["PatientUnfollowed.full"] = new PatientUnfollowed(At, Everything()),
        ["PatientUnfollowed.minimal"] = new PatientUnfollowed(At, new Actor(ActorKind.Professional, Cast.Rpps(0).ToString())),
        ["RecordAccessed.full"] = new RecordAccessed(At, Everything(), new AccessTrace(
            AccessAction.ReadContent, [First, Second], AccessMode.Emergency, "Patient inconscient", RefusalCode.EmergencyRefused,
            AccessStep.Mode, "2026-01")),
        ["RecordAccessed.minimal"] = new RecordAccessed(
            At, new Actor(ActorKind.Professional, Cast.Rpps(0).ToString()),
            new AccessTrace(AccessAction.ReadRecord, [], AccessMode.Normal, "", null, AccessStep.Allow, "")),
        ["DutyScheduled.full"] = new DutyScheduled(At, Everything(), DutyKind.Reveal, At.AddDays(30)) { Document = First },
        ["DutyScheduled.minimal"] = new DutyScheduled(At, Actor.System, DutyKind.Destroy, At),
        ["VisibilityRestored.full"] = new VisibilityRestored(
            At, Everything(), First, UniqueOne,
            ConfidentialityLabels.MaskedFromProfessionals | ConfidentialityLabels.HiddenFromRepresentatives),
        ["VisibilityRestored.minimal"] =
            new VisibilityRestored(At, Actor.System, First, UniqueOne, ConfidentialityLabels.None),
        ["RecordDestroyed.full"] = new RecordDestroyed(At, Everything()),
        ["RecordDestroyed.minimal"] = new RecordDestroyed(At, Actor.System),
        ["ContentsErased.full"] = new ContentsErased(At, Everything(), 4_711),
        ["ContentsErased.minimal"] = new ContentsErased(At, Actor.System, 0),
        ["TracesDestroyed.full"] = new TracesDestroyed(At, Everything()),
        ["TracesDestroyed.minimal"] = new TracesDestroyed(At, Actor.System),
        ["MajorityReached.full"] = new MajorityReached(At, Everything()),
        ["FutureMaskingSet.full"] = new FutureMaskingSet(At, Everything(), true),
        ["FutureMaskingSet.minimal"] = new FutureMaskingSet(At, Actor.Patient, false),
        ["NotificationPreferencesSet.full"] = new NotificationPreferencesSet(
            At, Everything(), [NotificationCategory.Message, NotificationCategory.SynchronisedService]),
        ["NotificationPreferencesSet.minimal"] = new NotificationPreferencesSet(At, Actor.Patient, []),
        ["EmergencySessionOpened.full"] = new EmergencySessionOpened(
            At, Everything(), AccessMode.RegulationCentre, At.AddHours(4)),
        ["EmergencySessionOpened.minimal"] = new EmergencySessionOpened(
            At, new Actor(ActorKind.Professional, Cast.Rpps(0).ToString()), AccessMode.Emergency, At),
        ["MajorityReached.full-2"] = new MajorityReached(At, Everything()) { RepresentativesTold = true },
        ["RecordAnnounced.full"] = new RecordAnnounced(At, Everything()),
        ["RecordAnnounced.minimal"] = new RecordAnnounced(At, Actor.System),
        ["MajorityApproaching.full"] = new MajorityApproaching(At, Everything()),
        ["MajorityApproaching.minimal"] = new MajorityApproaching(At, Actor.System),
        ["EmergencyAccessSet.full-2"] = new EmergencyAccessSet(At, Everything(), new EmergencyFlags(true, true, true))
        {
            Until = At.AddYears(2),
        },
        ["AdministratorSet.full-2"] = new AdministratorSet(At, Everything(), [3, 7], true) { Until = At.AddYears(2) },
        ["MajorityReached.minimal"] = new MajorityReached(At, Actor.System),
        ["RecordAccessed.full-2"] = new RecordAccessed(At, Everything(), new AccessTrace(
            AccessAction.ReadContent, [First, Second], AccessMode.Emergency, "Patient inconscient", RefusalCode.EmergencyRefused,
            AccessStep.Mode, "2026-01")
        {
            Secret = true,
        }),
        ["AdministratorSet.full"] = new AdministratorSet(At, Everything(), [3, 7], true),
        ["AdministratorSet.minimal"] = new AdministratorSet(At, Actor.Patient, [1], false),
        ["AttendingPhysicianSet.full"] = new AttendingPhysicianSet(At, Everything(), Cast.Rpps(0)),
        ["AttendingPhysicianSet.minimal"] = new AttendingPhysicianSet(At, new Actor(ActorKind.Support, "amo"), null),
        ["PurposeConsentSet.full"] = new PurposeConsentSet(At, Everything(), new PurposeConsent(
            "service:agenda:rappels", true, At, "2026-01", "Rendez-vous, lecture, agenda")),
        ["PurposeConsentSet.minimal"] = new PurposeConsentSet(
            At, Actor.Patient, new PurposeConsent(Purposes.SecondaryUse, false, At, "", "")),
        ["DelegateAdded.full"] = new DelegateAdded(At, Everything(), new Delegation(
            4, "parent-1", "Anne TEST", DelegationKind.LegalRepresentation, At.AddHours(1), At.AddYears(3), At.AddDays(30))
        {
            Answer = InvitationAnswer.Accepted,
            AddedBy = Everything(),
        })
        {
            BirthDate = "20120229",
        },
        ["DelegateAdded.minimal"] = new DelegateAdded(At, Actor.Patient, new Delegation(
            1, "aidant-1", "", DelegationKind.Caregiving, At, null, At.AddDays(30))),
        ["DelegationAnswered.full"] = new DelegationAnswered(At, Everything(), 4, true),
        ["DelegationAnswered.minimal"] = new DelegationAnswered(At, new Actor(ActorKind.Delegate, "aidant-1"), 1, false),
        ["DelegationEnded.full"] = new DelegationEnded(At, Everything(), 4),
        ["DelegationEnded.minimal"] = new DelegationEnded(At, Actor.Patient, 1),
    };

    public static IReadOnlyDictionary<string, AgendaEvent> Agenda { get; } = new Dictionary<string, AgendaEvent>
    {
        ["AgendaTaken.full"] = new AgendaTaken(At, 4_711,
        [
            new AgendaItem(4_700, At.AddDays(30), Cast.Patient), new AgendaItem(4_711, At.AddYears(10), OtherPatient),
        ]),
        ["AgendaTaken.minimal"] = new AgendaTaken(At, 1, []),
        ["AgendaDone.full"] = new AgendaDone(At, [4_700, 4_711]),
        ["AgendaDone.minimal"] = new AgendaDone(DateTimeOffset.UnixEpoch, []),
        ["DeliverySetAside.full"] = new DeliverySetAside(At, Owner, Held(), 7),
        ["DeliverySetAside.minimal"] = new DeliverySetAside(
            DateTimeOffset.UnixEpoch, default, new HeldDelivery("", 1, At, null, null, default, ""), 0),
        ["DeliveryNoted.full"] = new DeliveryNoted(At, 12, Held(), 64, true),
        ["DeliveryNoted.minimal"] = new DeliveryNoted(
            DateTimeOffset.UnixEpoch, 0, new HeldDelivery("", 1, At, null, null, default, ""), 0, false),
        ["StalledClaimed.full"] = new StalledClaimed(At, Owner, [12, 13]),
        ["StalledClaimed.minimal"] = new StalledClaimed(DateTimeOffset.UnixEpoch, default, []),
        ["StalledSettled.full"] = new StalledSettled(At, [12, 13]),
        ["StalledSettled.minimal"] = new StalledSettled(DateTimeOffset.UnixEpoch, []),
        ["MisroutingNoted.full"] = new MisroutingNoted(At, Misrouted()),
        ["MisroutingNoted.minimal"] = new MisroutingNoted(DateTimeOffset.UnixEpoch, Misrouted() with { Position = 0 }),
    };

    private static Guid Owner { get; } = new(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]);

    private static HeldDelivery Held() => new(
        "inbox/899700218896", 4_711, At.AddSeconds(-3), First, Cast.Patient, Cast.Hospital, "STORE_AWAY");

    private static Misrouting Misrouted() =>
        new(4_712, At.AddSeconds(-2), Cast.Hospital, UniqueOne, Cast.Patient, First, OtherPatient, Second);

    /// <summary>An agenda of a shard that cannot deliver everything.</summary>
    public static AgendaState StalledAgenda() => AgendaState.Restore(
        4_711,
        [new AgendaItem(4_700, At.AddDays(30), Cast.Patient)],
        [
            new StalledDelivery(12, At, Owner, Held(), 64, At.AddDays(1), null),
            new StalledDelivery(13, At.AddSeconds(1), Owner, Held() with { Recipient = "" }, 1, null, null),
            new StalledDelivery(14, At.AddSeconds(2), default, null, 0, null, Misrouted()),
        ]);
    public static IReadOnlyDictionary<string, CaregiverEvent> Caregiver { get; } = new Dictionary<string, CaregiverEvent>
    {
        ["CaregiverPlaceTaken.full"] = new CaregiverPlaceTaken(At, Cast.Patient, 4),
        ["CaregiverPlaceTaken.minimal"] = new CaregiverPlaceTaken(DateTimeOffset.UnixEpoch, OtherPatient, 1),
        ["CaregiverPlacesLeft.full"] = new CaregiverPlacesLeft(At, [Cast.Patient, OtherPatient]),
        ["CaregiverPlacesLeft.minimal"] = new CaregiverPlacesLeft(DateTimeOffset.UnixEpoch, []),
    };

    /// <summary>An agenda with something on it.</summary>
    public static AgendaState FullAgenda() => AgendaState.Restore(
        4_711, [new AgendaItem(4_700, At.AddDays(30), Cast.Patient), new AgendaItem(4_711, At.AddYears(10), OtherPatient)]);

    public static IReadOnlyDictionary<string, InboxEvent> Inbox { get; } = new Dictionary<string, InboxEvent>
    {
        ["InboxDelivered.full"] = new InboxDelivered(At, 13, 4_711, [Told(4_700, First), Told(4_711, Second)]),
        ["InboxDelivered.minimal"] = new InboxDelivered(At, 0, 1, []),
        ["InboxAcknowledged.full"] = new InboxAcknowledged(At, 2),
        ["InboxAcknowledged.minimal"] = new InboxAcknowledged(DateTimeOffset.UnixEpoch, 1),
    };

    public static IReadOnlyDictionary<string, LedgerEvent> Sender { get; } = new Dictionary<string, LedgerEvent>
    {
        ["SubmissionsRecorded.full"] = new SubmissionsRecorded(At, 13, 4_711,
        [
            new LedgerLine(4_700, At.AddSeconds(-3), LedgerLineKind.Submitted, UniqueOne, Cast.Patient, First, 2),
            new LedgerLine(4_711, At.AddSeconds(-2), LedgerLineKind.Withdrawn, UniqueTwo, OtherPatient, Second, 1),
        ]),
        ["SubmissionsRecorded.minimal"] = new SubmissionsRecorded(At, 0, 1, []),
        ["MisroutingSuspected.full"] = new MisroutingSuspected(At, UniqueOne, Cast.Patient, First, OtherPatient, Second),
        ["MisroutingSuspected.minimal"] = new MisroutingSuspected(
            DateTimeOffset.UnixEpoch, UniqueTwo, Cast.Patient, First, OtherPatient, Second),
    };

    /// <summary>An inbox that holds, has dropped and has taken in something.</summary>
    public static InboxState FullInbox() => InboxState.Restore(
        new Dictionary<int, long> { [0] = 9, [13] = 4_711 }, 10_000, [Told(4_700, First), Told(4_711, Second)], 10_001);

    /// <summary>The same, and when each line was taken in and acknowledged.</summary>
    public static InboxState FullInboxWithTimes() => InboxState.Restore(
        new Dictionary<int, long> { [0] = 9, [13] = 4_711 },
        10_000,
        [Told(4_700, First), Told(4_711, Second)],
        10_001,
        [At.UtcTicks, At.AddSeconds(1).UtcTicks],
        [new InboxAcknowledged(At.AddSeconds(2), 10_001)]);

    /// <summary>An inbox of which a part that is not acknowledged is in the journal alone.</summary>
    public static InboxState UnreadInbox() => InboxState.Restore(
        new Dictionary<int, long> { [13] = 4_711 },
        10_000,
        [Told(4_700, First), Told(4_711, Second)],
        5,
        [At.UtcTicks, At.AddSeconds(1).UtcTicks],
        [new InboxAcknowledged(At.AddSeconds(2), 5)],
        [-1, 13],
        new Dictionary<int, long> { [13] = 17 });

    /// <summary>A ledger that has taken in, counted and raised something.</summary>
    public static LedgerState FullLedger() => LedgerState.Restore(
        new Dictionary<int, long> { [0] = 9, [13] = 4_711 },
        10_000_000,
        [(MisroutingSuspected)Sender["MisroutingSuspected.full"]],
        1_001);

    private static Delivery Told(long position, DocumentId document) =>
        new(position, At.AddSeconds(-position), ChangeCode.DocumentModified, Cast.Patient, document);

    // An actor of whom everything is known; no such one exists, and every field has to be stored.
    private static Actor Everything() => Cast.Gp with { OnBehalfOf = Cast.Clinic };

    private static Sha256 HashOf(byte seed) => Sha256.Of([seed]);

    private static DocumentMetadata FullMetadata() => new()
    {
        UniqueId = UniqueOne,
        Title = "Compte rendu d'examens biologiques",
        TypeCode = "11502-2",
        FormatCode = "urn:ihe:lab:xd-lab:2008",
        MimeType = "text/xml",
        LanguageCode = "fr-FR",
        PracticeSettingCode = "ETABLISSEMENT",
        FacilityTypeCode = "SA25",
        CreatedAt = At.AddHours(-2),
        ServiceStart = At.AddHours(-9),
        ServiceStop = At.AddHours(-8),
        Authors = [FullAuthor(AuthorKind.Professional), FullAuthor(AuthorKind.System)],
        LegalAuthenticator = FullAuthor(AuthorKind.Professional),
        Confidentiality = ConfidentialityLabels.MaskedFromProfessionals | ConfidentialityLabels.HiddenFromRepresentatives,
        EventCodes = ["F", "ABDOMEN"],
        ReferenceIds = ["ORDER-1"],
        Comments = "À rapprocher de l'examen précédent",
    };

    private static DocumentMetadata MinimalMetadata() => new()
    {
        UniqueId = UniqueOne,
        Title = "x",
        TypeCode = "11502-2",
        MimeType = "application/pdf",
        LanguageCode = "",
        CreatedAt = At,
        Authors = [new Author("", "", "", "", "", "", AuthorKind.Patient)],
        Confidentiality = ConfidentialityLabels.None,
    };

    private static Author FullAuthor(AuthorKind kind) => new(
        Cast.Rpps(3).ToString(), "Célia Test", Cast.Hospital.ToString(), "Hôpital de test", "ATTPHYS", "G15_10/SM26", kind);
}
