using System.Globalization;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Documents;

/// <summary>Accepts one document into the patient's index.</summary>
/// <param name="NewId">The id that it gets if it is new.</param>
/// <param name="Metadata">Already completed from the document's own header.</param>
/// <param name="Content">The bytes as they are to be kept, and their SHA-256.</param>
/// <param name="By">The depositor.</param>
/// <remarks>Sending the same bytes again under the same uniqueId is answered like the first time, whatever became of the
/// document since: a sender who saw no answer may repeat itself safely. Source: IHE ITI TF-3 section 4.2.3.2.26 and
/// XDSNonIdenticalHash; CI-SIS for the order of the checks.</remarks>
public sealed record SubmitDocument(
    DocumentId NewId, DocumentMetadata Metadata, DocumentContent Content, Actor By) : PatientCommand<SubmissionReceipt>
{
    public required string ClassCode { get; init; }

    public Sha256? BodySha256 { get; init; }

    /// <summary>The head that it replaces (RPLC), by its uniqueId.</summary>
    public UniqueId? Replaces { get; init; }

    public ChangeKind Change { get; init; } = ChangeKind.Content;

    public FeedingOpposition Feeding { get; init; } = FeedingOpposition.NotCollected;

    public DateTimeOffset? InsQualifiedAt { get; init; }

    public bool SecretSession { get; init; }

    public UniqueId? TwinOf { get; init; }

    public PatientTraits? Traits { get; init; }

    /// <summary>Checks everything and stores nothing.</summary>
    public bool ValidateOnly { get; init; }

    /// <summary>What is wrong with metadata, header or labels, found before the turn. It answers only after idempotency
    /// and the state of the record: the order of the checks is part of the contract.</summary>
    public Refusal? Problem { get; init; }

    public override TurnPriority Priority => TurnPriority.Submit;

    public override Decision<PatientState, PatientEvent, SubmissionReceipt> Decide(PatientState state, TurnContext turn)
    {
        // Nothing of the record is told to who may not act for the patient.
        var audience = PatientAudience.Patient;
        if (By.Kind == ActorKind.Delegate)
        {
            var side = PatientSide.Decide(state, By, PatientAct.WriteDocuments, turn);
            if (side.Refusal is { } notEntitled)
                return Refuse(notEntitled, PatientSide.Traces(state, turn, By, AccessAction.Deposit, [], side.Step, notEntitled));
            audience = side.Audience;
        }

        // I1: a uniqueId means one content, for ever.
        if (state.Index.Find(Metadata.UniqueId) is not null)
        {
            // A stranger's document that is hidden from the patient's side is confirmed by no receipt, whoever knows its id and bytes.
            return state.Index.FindAll(Metadata.UniqueId).FirstOrDefault(known => known.Sha256 == Content.Sha256
                    && (!IsHiddenFromDepositor(known, audience) || known.IsManagedBy(By))) is { } earlier
                ? Reply(SubmissionReceipt.Of(earlier, alreadyKnown: true))
                : Refuse(RefusalCode.UniqueIdReused, "This unique id means another content.", "metadata.unique_id");
        }

        if (StaysMasked(state, turn))
        {
            var labels = Metadata.Confidentiality | ConfidentialityLabels.MaskedFromProfessionals;
            return (this with { Metadata = Metadata with { Confidentiality = labels } }).Decide(state, turn);
        }

        if (By.Kind == ActorKind.Patient && PatientSide.Check(state) is { } notActivated)
            return Refuse(notActivated);

        var opens = state.Record.State == RecordState.Absent && turn.Policy.OpenOnFirstDeposit;
        if (state.Record.IsUnknown && !opens)
            return Refuse(RefusalCode.PatientUnknown, "There is no such record.", "patient");
        if (!state.Record.IsUnknown && !state.Record.IsOpen)
            return Refuse(RefusalCode.RecordClosed, "The record is closed.", "patient");
        if (Feeding == FeedingOpposition.Opposed)
        {
            return Refuse(
                RefusalCode.FeedingOpposed, "The patient opposes feeding, as the sender states.", "feeding_opposition");
        }

        if (Problem is not null)
            return Refuse(Problem);
        if (LabelRules.CheckMinor(Metadata.Confidentiality, state, turn) is { } adult)
            return Refuse(adult);
        if (Metadata.TypeCode == AdvanceDirectives && turn.Now < state.MajorityUnder(turn.Policy))
            return Refuse(RefusalCode.MetadataInvalid, "A minor has no advance directives.", "metadata.type_code");

        // U2: whoever discarded the upload did so in a turn of this journal, so one of both turns sees the other.
        if (Content.Upload is { } upload && state.IsDiscarded(upload))
            return Refuse(RefusalCode.TargetNotFound, "There is no such upload, or it has expired.", "upload_id");
        if (Traits is not null
            && ((state.Traits is not null && !state.Traits.Fits(Traits))
                || (state.Delegations.StatedBirthDate is { Length: > 0 } born && born != Traits.BirthDate)))
        {
            return Refuse(
                RefusalCode.InsMismatch, "The identity traits are not those known for this INS.", "content.recordTarget");
        }

        if (TwinOf is { } twin && CheckTwin(state, twin, audience) is { } twinRefusal)
            return Refuse(twinRefusal);

        DocumentEntry? replaced = null;
        if (Replaces is { } target && FindReplaced(state, target, audience, out replaced) is { } refusal)
            return Refuse(refusal);

        var change = ChangeAgainst(replaced);
        var (recipients, code) = Audience.ForSubmission(state, this, replaced, change, turn);
        if (ValidateOnly)
        {
            return Reply(new SubmissionReceipt
            {
                DocumentId = null,
                UniqueId = Metadata.UniqueId,
                Sha256 = Content.Sha256,
                Size = Content.Size,
                AcceptedAt = turn.Now,
                ClassCode = ClassCode,
                Recipients = recipients.Count + 1,
            });
        }

        ConfidentialityLabels? covers = change == ChangeKind.ConfidentialityOnly && replaced is not null
            ? Metadata.Confidentiality & ~replaced.Metadata.Confidentiality
            : null;
        var submitted = new DocumentSubmitted(turn.Now, By, NewId, Metadata)
        {
            ClassCode = ClassCode,
            Size = Content.Size,
            Sha256 = Content.Sha256,
            Upload = Content.Upload,
            BodySha256 = BodySha256,
            Replaces = replaced?.Id,
            Change = change,
            Covers = covers,
            Feeding = Feeding,
            InsQualifiedAt = InsQualifiedAt,
            SecretSession = SecretSession,
            TwinOf = TwinOf,
            
            // When a person was born is not for the patient's side to say: somebody's right to read may hang on it.
            Traits = state.Traits is null && !By.IsPatientSide ? Traits : null,
            Recipients = recipients,
            RecipientsCode = code,
        };
        IReadOnlyList<PatientEvent> duties =
        [
            .. DutySchedule.ForHidden(
                state,
                NewId,
                covers is { } added && added.HasFlag(ConfidentialityLabels.HiddenFromPatient) ? replaced?.Id : null,
                Metadata.Confidentiality,
                turn),
            .. DutySchedule.ForMajority(state, submitted.Traits?.BirthDate ?? (opens ? state.BirthDate : null), turn),
        ];
        IReadOnlyList<PatientEvent> events = opens
            ? [new RecordOpened(turn.Now, By, Activated: false, RestoresContent: false), submitted, .. duties]
            : [submitted, .. duties];
        return Decision<PatientState, PatientEvent, SubmissionReceipt>.Emit(
            events,
            after => SubmissionReceipt.Of(after.Index.Find(NewId)!, alreadyKnown: false), // ! just added
            Content.Upload is null ? Content : null);
    }

    // The patient's word for future documents, and for the document that this one replaces: a new version lifts no mask, unless its
    // author says that the labels are what changes. One that waits for an announcement may not be masked at once: it is when it
    // becomes visible by itself.
    private bool StaysMasked(PatientState state, TurnContext turn) =>
        (state.MasksFuture
            || (Replaces is { } target && Change != ChangeKind.ConfidentialityOnly && state.Index.FindOwn(target, By) is { IsMasked: true, Sealed: false }))
        && !Metadata.Confidentiality.HasFlag(ConfidentialityLabels.MaskedFromProfessionals)
        && (turn.Policy.AllowMaskedAndInvisible || !Metadata.Confidentiality.HasFlag(ConfidentialityLabels.HiddenFromPatient));

    private Refusal? FindReplaced(
        PatientState state, UniqueId target, PatientAudience audience, out DocumentEntry? replaced)
    {
        replaced = null;
        if (target == Metadata.UniqueId)
            return new Refusal(RefusalCode.MetadataInvalid, "A document cannot replace itself.", "replaces");
        if (state.Index.FindOwn(target, By) is not { Sealed: false } entry
            || entry.Status == DocumentStatus.Deleted
            || IsHiddenFromDepositor(entry, audience))
        {
            return new Refusal(RefusalCode.TargetNotFound, "The document to replace is not known here.", "replaces");
        }

        if (!entry.IsManagedBy(By))
            return new Refusal(RefusalCode.NotAuthor, "Only the author's organisation may replace a document.", "replaces");
        if (entry.ReplacedBy is not null)
        {
            var head = state.Index.HeadOf(entry);

            // A head that is hidden from who asks is not named.
            return IsHiddenFromDepositor(head, audience) ? Stale(head) with { Details = null } : Stale(head);
        }

        if (entry.Metadata.TypeCode != Metadata.TypeCode)
        {
            return new Refusal(
                RefusalCode.MetadataInvalid, "A replacement keeps the type of what it replaces.", "metadata.type_code");
        }

        // The new twin has a unique id of its own: naming the old one would leave it behind as well.
        if (state.Index.Twin(entry) is { Status: DocumentStatus.Approved } twin
            && (TwinOf is null || TwinOf == twin.Metadata.UniqueId))
        {
            return new Refusal(
                RefusalCode.TwinMissing, "The document has another rendering, which must be replaced with it.", "twin_of");
        }

        replaced = entry;
        return null;
    }

    // A twin binds both sides, since neither is withdrawn alone: so it is nobody else's document, and one of two.
    private Refusal? CheckTwin(PatientState state, UniqueId twin, PatientAudience audience)
    {
        if (twin == Metadata.UniqueId)
            return new Refusal(RefusalCode.MetadataInvalid, "A document is not its own twin.", "twin_of");
        if (state.Index.Find(twin) is not { } other || IsHiddenFromDepositor(other, audience))
            return null;
        if (!other.IsManagedBy(By))
            return new Refusal(RefusalCode.NotAuthor, "The twin is a document of another organisation.", "twin_of");
        return state.Index.Twin(other) is { Status: DocumentStatus.Approved } third
            && third.Metadata.UniqueId != Metadata.UniqueId
            ? new Refusal(RefusalCode.TwinMissing, "The document named as twin has another rendering.", "twin_of")
            : null;
    }

    // What is hidden from the patient's side is answered like what does not exist when that side deposits.
    private bool IsHiddenFromDepositor(DocumentEntry entry, PatientAudience audience) =>
        By.IsPatientSide && entry.IsHiddenFrom(audience);

    // EXPPAT_3, directives anticipées.
    private const string AdvanceDirectives = "EXPPAT_3";

    // Labels alone changed only if the bodies are the same; a sender's word does not make a new result disappear.
    private ChangeKind ChangeAgainst(DocumentEntry? replaced) =>
        Change == ChangeKind.ConfidentialityOnly
        && replaced?.BodySha256 is { } before
        && BodySha256 is { } now
        && before == now
            ? ChangeKind.ConfidentialityOnly
            : ChangeKind.Content;

    private static Refusal Stale(DocumentEntry head) =>
        new(RefusalCode.StaleVersion, "The document to replace is no longer the head of its chain.", "replaces")
        {
            Details = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["head_document_id"] = head.Id.ToString(),
                ["head_unique_id"] = head.Metadata.UniqueId.ToString(),
                ["head_entry_version"] = head.EntryVersion.ToString(CultureInfo.InvariantCulture),
            },
        };
}

/// <summary>What the server stands for once a document is accepted.</summary>
public sealed record SubmissionReceipt
{
    /// <summary>Null when it was only validated.</summary>
    public required DocumentId? DocumentId { get; init; }

    public required UniqueId UniqueId { get; init; }

    public required Sha256 Sha256 { get; init; }

    public required long Size { get; init; }

    public required DateTimeOffset AcceptedAt { get; init; }

    public bool AlreadyKnown { get; init; }

    public required string ClassCode { get; init; }

    /// <summary>How many are told: the patient's side counts as one, then each professional.</summary>
    public required int Recipients { get; init; }

    /// <summary>Shard and position of the commit; default when it was only validated.</summary>
    public EventStamp Stamp { get; init; }

    public static SubmissionReceipt Of(DocumentEntry entry, bool alreadyKnown) => new()
    {
        DocumentId = entry.Id,
        UniqueId = entry.Metadata.UniqueId,
        Sha256 = entry.Sha256,
        Size = entry.Size,
        AcceptedAt = entry.SubmittedAt,
        AlreadyKnown = alreadyKnown,
        ClassCode = entry.ClassCode,
        Recipients = entry.Recipients + 1,
        Stamp = entry.Stamp,
    };
}
