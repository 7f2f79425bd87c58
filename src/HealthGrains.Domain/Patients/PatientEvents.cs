using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Records;

namespace HealthGrains.Domain.Patients;

/// <summary>Something that happened in one patient's record: a closed family. What is stored keeps its meaning for ever.</summary>
/// <param name="At">The server's time of the turn, UTC.</param>
/// <param name="By">Who acted.</param>
public abstract record PatientEvent(DateTimeOffset At, Actor By);

/// <summary>The record was opened, activated, or re-opened.</summary>
/// <param name="Activated">By the person, who accepted the terms; otherwise it exists but the person has not come yet.</param>
/// <param name="RestoresContent">When re-opening: whether what was there before closing comes back.</param>
public sealed record RecordOpened(DateTimeOffset At, Actor By, bool Activated, bool RestoresContent)
    : PatientEvent(At, By)
{
    /// <summary>Version of the terms that the person accepted; empty when nobody accepted any.</summary>
    public string TermsVersion { get; init; } = "";
}

/// <summary>The person was told, by letter or e-mail, that a record will be opened, and may oppose until then.</summary>
public sealed record RecordAnnounced(DateTimeOffset At, Actor By) : PatientEvent(At, By);

/// <summary>The person opposed having a record, before there was one.</summary>
public sealed record RecordOpposed(DateTimeOffset At, Actor By, string Reason) : PatientEvent(At, By);

/// <summary>The record was closed: no deposit and no reading by professionals any more.</summary>
public sealed record RecordClosed(DateTimeOffset At, Actor By, string Reason, bool DeletionRequested)
    : PatientEvent(At, By);

/// <summary>A document was accepted.</summary>
public sealed record DocumentSubmitted(DateTimeOffset At, Actor By, DocumentId DocumentId, DocumentMetadata Metadata)
    : PatientEvent(At, By)
{
    public required string ClassCode { get; init; }

    public required long Size { get; init; }

    public required Sha256 Sha256 { get; init; }

    /// <summary>Where the content was uploaded to; null when it is kept with the entry.</summary>
    public UploadId? Upload { get; init; }

    public Sha256? BodySha256 { get; init; }

    /// <summary>The head that it replaces.</summary>
    public DocumentId? Replaces { get; init; }

    public ChangeKind Change { get; init; } = ChangeKind.Content;

    /// <summary>Of a change of labels alone: what older versions get. Null, as earlier versions wrote: the whole set.</summary>
    public ConfidentialityLabels? Covers { get; init; }

    public FeedingOpposition Feeding { get; init; } = FeedingOpposition.NotCollected;

    /// <summary>When the sender confirmed the identity.</summary>
    public DateTimeOffset? InsQualifiedAt { get; init; }

    public bool SecretSession { get; init; }

    public UniqueId? TwinOf { get; init; }

    /// <summary>As the document states them; never updated afterwards.</summary>
    public PatientTraits? Traits { get; init; }

    /// <summary>The professionals to be told, as decided with the acceptance.</summary>
    public IReadOnlyList<ProfessionalId> Recipients { get; init; } = [];

    /// <summary>What the recipients are told.</summary>
    public ChangeCode RecipientsCode { get; init; } = ChangeCode.DocumentAdded;
}

/// <summary>A document was withdrawn: logical deletion, final.</summary>
public sealed record DocumentWithdrawn(
    DateTimeOffset At, Actor By, DocumentId DocumentId, UniqueId UniqueId, string Reason) : PatientEvent(At, By)
{
    public IReadOnlyList<ProfessionalId> Recipients { get; init; } = [];
}

/// <summary>The labels of a document were changed: the whole set, as it is from now on.</summary>
public sealed record ConfidentialityChanged(
    DateTimeOffset At, Actor By, DocumentId DocumentId, UniqueId UniqueId, ConfidentialityLabels Labels)
    : PatientEvent(At, By)
{
    /// <summary>What older versions of the document get. Null, as earlier versions wrote: the whole set, if it adds anything.</summary>
    public ConfidentialityLabels? Covers { get; init; }

    /// <summary>The professionals for whom the document is new by it, as decided with the change.</summary>
    public IReadOnlyList<ProfessionalId> Recipients { get; init; } = [];
}

/// <summary>An authorisation, permit or deny, was given.</summary>
public sealed record AuthorizationGranted(DateTimeOffset At, Actor By, Authorization Authorization) : PatientEvent(At, By);

/// <summary>An authorisation ended.</summary>
public sealed record AuthorizationRevoked(DateTimeOffset At, Actor By, int AuthorizationNumber) : PatientEvent(At, By);

/// <summary>A professional was blocked. It ends the permits that name them.</summary>
public sealed record ProfessionalBlocked(DateTimeOffset At, Actor By, ProfessionalId Professional) : PatientEvent(At, By)
{
    /// <summary>The patient's words, for the patient; may be empty.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>A block was removed, and nothing else: no permit comes back.</summary>
public sealed record ProfessionalUnblocked(DateTimeOffset At, Actor By, ProfessionalId Professional)
    : PatientEvent(At, By);

/// <summary>The patient set the emergency flags: all three, as they are from now on.</summary>
public sealed record EmergencyAccessSet(DateTimeOffset At, Actor By, EmergencyFlags Flags) : PatientEvent(At, By)
{
    /// <summary>From then on they permit no more than the defaults do: a minor's majority, where somebody else set them.</summary>
    public DateTimeOffset? Until { get; init; }
}

/// <summary>A professional asked to be told about this record from now on, in the hat of <see cref="PatientEvent.By"/>.</summary>
public sealed record PatientFollowed(DateTimeOffset At, Actor By) : PatientEvent(At, By);

/// <summary>A professional asked to be told no more.</summary>
public sealed record PatientUnfollowed(DateTimeOffset At, Actor By) : PatientEvent(At, By);

/// <summary>Somebody other than the patient read, or tried to.</summary>
public sealed record RecordAccessed(DateTimeOffset At, Actor By, AccessTrace Trace) : PatientEvent(At, By);

/// <summary>The record owes something to time from now on.</summary>
/// <param name="Due">When; the parameters that led to it are not asked again.</param>
public sealed record DutyScheduled(DateTimeOffset At, Actor By, DutyKind Kind, DateTimeOffset Due) : PatientEvent(At, By)
{
    /// <summary>The document concerned, if one is.</summary>
    public DocumentId? Document { get; init; }
}

/// <summary>A document that waited for an announcement became visible to its patient by itself: its delay is over.</summary>
/// <param name="Labels">The whole set, as it is from now on.</param>
public sealed record VisibilityRestored(
    DateTimeOffset At, Actor By, DocumentId DocumentId, UniqueId UniqueId, ConfidentialityLabels Labels)
    : PatientEvent(At, By);

/// <summary>A closed record was destroyed: index, consents and followers are gone, only the traces are left. The contents are
/// deleted from the store next.</summary>
public sealed record RecordDestroyed(DateTimeOffset At, Actor By) : PatientEvent(At, By);

/// <summary>The contents of a destroyed record were deleted from the store.</summary>
/// <param name="Contents">How many; 0 where a deletion before this one had come to its end without being able to say so.</param>
public sealed record ContentsErased(DateTimeOffset At, Actor By, long Contents) : PatientEvent(At, By);

/// <summary>The traces of a destroyed record went as well.</summary>
public sealed record TracesDestroyed(DateTimeOffset At, Actor By) : PatientEvent(At, By);

/// <summary>The person comes of age soon: the representatives are reminded while they may read it.</summary>
public sealed record MajorityApproaching(DateTimeOffset At, Actor By) : PatientEvent(At, By);

/// <summary>The person came of age. What others permitted in the person's name ends, what they refused stays.</summary>
public sealed record MajorityReached(DateTimeOffset At, Actor By) : PatientEvent(At, By)
{
    /// <summary>The representatives were reminded before; otherwise they are told now, when they can read it no more.</summary>
    public bool RepresentativesTold { get; init; }
}

/// <summary>The patient wants documents that come from now on to be masked from professionals, or no longer.</summary>
public sealed record FutureMaskingSet(DateTimeOffset At, Actor By, bool Masked) : PatientEvent(At, By);

/// <summary>What the patient does not want to be alerted of, all of it, as it is from now on.</summary>
public sealed record NotificationPreferencesSet(
    DateTimeOffset At, Actor By, IReadOnlyList<NotificationCategory> Muted) : PatientEvent(At, By);

/// <summary>A professional came in by an emergency, in the hat of <see cref="PatientEvent.By"/>: the session in which the patient is
/// told once.</summary>
/// <param name="Until">When it ends; whoever still needs to read then says anew why.</param>
public sealed record EmergencySessionOpened(DateTimeOffset At, Actor By, AccessMode Mode, DateTimeOffset Until)
    : PatientEvent(At, By);

/// <summary>Nothing was kept under this number, and from here on it answers from another one's record.</summary>
/// <param name="To">Whose record it is that answers.</param>
public sealed record RecordMoved(DateTimeOffset At, Actor By, PatientId To) : PatientEvent(At, By);

/// <summary>Nobody referred to an upload in time: from here on nobody can, and its bytes may be removed.</summary>
public sealed record UploadDiscarded(DateTimeOffset At, Actor By, UploadId Upload) : PatientEvent(At, By);
