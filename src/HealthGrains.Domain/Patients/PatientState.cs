using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Patients;

/// <summary>One patient's record: index, consent, followers, traces and what the patient is told.</summary>
/// <remarks>S1. <see cref="Apply"/> is the only thing that changes it, and it cannot fail on a valid journal.
/// S2. Same events, same state, on any machine and in any year: no clock, no randomness, no parameter is read here; what
/// a parameter decided is in the event.</remarks>
public sealed partial class PatientState
{
    private readonly Dictionary<string, Follower> _followers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateOnly> _lastAccessDay = new(StringComparer.Ordinal);
    private readonly List<TracedAccess> _accesses = [];
    private ShownAccesses _patientAccesses = new();

    // The days on which only the person was told of a professional's first access. Null in most records.
    private Dictionary<string, DateOnly>? _secretAccessDay;

    // Most records show the delegates what they show the person: until they part there is one list.
    private ShownAccesses? _delegateAccesses;

    private readonly Dictionary<(Reader Reader, AccessMode Mode), (DateTimeOffset Until, bool IsTold, bool DelegatesAreTold)>
        _sessions = [];
    private readonly HashSet<UploadId> _discarded = [];

    // Somebody else than the person chose what the person is not alerted of.
    private bool _mutedByOthers;

    // Of two records that became one and knew different ones. Null in most records.
    private string? _earlierBirthDate;

    public RecordStatus Record { get; private set; } = RecordStatus.Absent;

    /// <summary>Nothing was ever kept here: no deposit, no consent, no delegate, no trace. It never comes back.</summary>
    public bool IsBlank { get; private set; } = true;

    /// <summary>The record that answers in place of this one, which is blank; null for itself.</summary>
    public PatientId? MovedTo { get; private set; }

    /// <summary>The record that this one is to become part of: it keeps still. Null for most.</summary>
    public PatientId? MovingTo { get; private set; }

    /// <summary>Version of the entry by which it began to keep still; 0 if it does not.</summary>
    public long MovingAttempt { get; private set; }

    /// <summary>The operator who asked for it; null if it does not.</summary>
    public Actor? MovingBy { get; private set; }

    /// <summary>Others that are to become part of this record, or did.</summary>
    public MergeBook Merges { get; } = new();

    public RecordIndex Index { get; private set; } = new();

    public ConsentState Consent { get; private set; } = new();

    /// <summary>What the record owes to time.</summary>
    public DutyList Duties { get; } = new();

    /// <summary>Who acts for the patient.</summary>
    public DelegationBook Delegations { get; private set; } = new();

    /// <summary>What each audience of the patient's side is told.</summary>
    public PatientFeeds Feeds { get; private set; } = new();

    /// <summary>What the patient is told.</summary>
    public AudienceFeed PatientFeed => Feeds.Patient;

    /// <summary>What the professionals who may read the record are told; their inboxes are told apart from it.</summary>
    public AudienceFeed ProfessionalFeed { get; private set; } = new();

    /// <summary>When the record was first opened.</summary>
    public DateTimeOffset? OpenedAt { get; private set; }

    /// <summary>When the person first activated it.</summary>
    public DateTimeOffset? ActivatedAt { get; private set; }

    /// <summary>The patient wants documents that come from now on to be masked from professionals.</summary>
    public bool MasksFuture { get; private set; }

    /// <summary>What the patient does not want to be alerted of.</summary>
    public NotificationPreferences Preferences => PatientFeed.Preferences;

    /// <summary>Traits of the first document that stated them.</summary>
    public PatientTraits? Traits { get; private set; }

    /// <summary>The professionals who asked to be told, in the hat in which they asked. IdNat_PS → reader.</summary>
    public IReadOnlyDictionary<string, Follower> Followers => _followers;

    /// <summary>Every access by somebody other than the patient, in order.</summary>
    public IReadOnlyList<TracedAccess> Accesses => _accesses;

    /// <summary>yyyyMMdd: as health insurance stated it, else as the first document that a producer sent with a qualified
    /// identity did; null if neither has. Nobody of the patient's side has a say in it. Of two records that became one the earlier:
    /// somebody else's right to read ends with it.</summary>
    public string? BirthDate =>
        _earlierBirthDate ?? (Delegations.StatedBirthDate.Length > 0 ? Delegations.StatedBirthDate : Traits?.BirthDate);

    /// <summary>The accesses that the patient is shown, in order and with a numbering of their own: neither a trace nor a gap
    /// nor an id tells of a document that is hidden from the patient.</summary>
    public IReadOnlyList<TracedAccess> PatientAccesses => _patientAccesses.Shown;

    /// <summary>The same for an audience of the patient's side; delegates are shown nothing of a secret session.</summary>
    public IReadOnlyList<TracedAccess> AccessesOf(PatientAudience audience) =>
        (audience == PatientAudience.Patient ? _patientAccesses : _delegateAccesses ?? _patientAccesses).Shown;

    /// <summary>When the person comes of age; null if the birth date is not known.</summary>
    public DateTimeOffset? MajorityUnder(DomainPolicy policy) => Majority.Of(BirthDate, policy.MajorityAge);

    /// <summary>When a word that somebody else gives in a minor's name ends; null for the person, and for an adult.</summary>
    public DateTimeOffset? OthersWordEnds(Actor by, TurnContext turn) =>
        by.Kind != ActorKind.Patient && MajorityUnder(turn.Policy) is { } majority && majority > turn.Now ? majority : null;

    /// <summary>The representatives were reminded of the person's majority.</summary>
    public bool MajorityNoticed { get; private set; }

    /// <summary>When the reader's emergency session ends; null when none is open.</summary>
    public DateTimeOffset? EmergencyUntil(Reader reader, AccessMode mode, DateTimeOffset now) =>
        _sessions.TryGetValue((reader, mode), out var session) && session.Until > now ? session.Until : null;

    /// <summary>The first access of this professional on this UTC day is told.</summary>
    public bool IsFirstAccessOfDay(string professional, DateTimeOffset now) =>
        !_lastAccessDay.TryGetValue(professional, out var day) || day != DateOnly.FromDateTime(now.UtcDateTime);

    /// <summary>The upload was given up: no document may refer to it.</summary>
    public bool IsDiscarded(UploadId upload) => _discarded.Contains(upload);

    public void Apply(PatientEvent change, EventStamp stamp)
    {
        // An upload that nobody referred to is nothing that is kept.
        IsBlank &= change is UploadDiscarded or RecordMoved;
        switch (change)
        {
            case RecordOpened opened:
                if (Record.State == RecordState.Closed && !opened.RestoresContent)
                    Index.SealAll();
                Duties.Remove(DutyKind.Destroy);
                Duties.Remove(DutyKind.OpenAnnounced);
                OpenedAt ??= opened.At;
                ActivatedAt ??= opened.Activated ? opened.At : null;
                Record = new RecordStatus(
                    opened.Activated ? RecordState.OpenActivated : RecordState.OpenNotActivated, opened.At, "", false);
                break;
            case RecordAnnounced announced:
                Record = new RecordStatus(RecordState.Announced, announced.At, "", false);
                break;
            case RecordOpposed opposed:
                Duties.Remove(DutyKind.OpenAnnounced);
                Record = new RecordStatus(RecordState.Opposed, opposed.At, opposed.Reason, false);
                break;
            case RecordClosed closed:
                // Who was let in, and who helped, begins anew after a re-opening; blocks and refusals stay. What a second closing
                // finds has ended already.
                if (Record.State != RecordState.Closed)
                {
                    Consent.TryApply(closed);
                    Delegations.Close(closed.At);
                }

                // A second one only adds the wish for deletion: date and reason of the closing stay.
                Record = Record.State == RecordState.Closed
                    ? Record with { DeletionRequested = Record.DeletionRequested || closed.DeletionRequested }
                    : new RecordStatus(RecordState.Closed, closed.At, closed.Reason, closed.DeletionRequested);
                break;
            case DocumentSubmitted submitted:
                ApplySubmitted(submitted, stamp);
                break;
            case DocumentWithdrawn withdrawn:
                ApplyWithdrawn(withdrawn);
                break;
            case ConfidentialityChanged labels:
                ApplyLabels(labels);
                break;
            case DelegateAdded added:
                ApplyDelegateAdded(added);
                break;
            case DelegationAnswered answered:
                ApplyDelegation(answered, answered.Number, known => known with
                {
                    Answer = answered.Accepted ? InvitationAnswer.Accepted : InvitationAnswer.Refused,
                });
                break;
            case DelegationEnded ended:
                ApplyDelegation(ended, ended.Number, known => known with { RevokedAt = ended.At });
                break;
            case PatientFollowed followed:
                _followers[followed.By.Id] = new Follower(ReaderOf(followed.By), followed.At);
                break;
            case PatientUnfollowed unfollowed:
                _followers.Remove(unfollowed.By.Id);
                break;
            case RecordAccessed accessed:
                ApplyAccessed(accessed);
                break;
            case DutyScheduled scheduled:
                ApplyScheduled(scheduled);
                break;
            case VisibilityRestored restored:
                ApplyRestored(restored);
                break;
            case RecordDestroyed destroyed:
                ApplyDestroyed(destroyed);
                break;
            case ContentsErased:
                Duties.Remove(DutyKind.Destroy);
                break;
            case TracesDestroyed:
                Duties.Remove(DutyKind.DestroyTraces);
                _accesses.Clear();
                (_patientAccesses, _delegateAccesses) = (new ShownAccesses(), null);
                break;
            case FutureMaskingSet masking:
                MasksFuture = masking.Masked;
                break;
            case NotificationPreferencesSet preferences:
                Feeds.Mute(NotificationPreferences.Muting(preferences.Muted));
                _mutedByOthers = preferences.By.Kind != ActorKind.Patient;
                break;
            case EmergencySessionOpened session:
                _sessions[(ReaderOf(session.By), session.Mode)] = (session.Until, false, false);
                break;
            case MajorityReached majority:
                Duties.Remove(DutyKind.Majority);
                Consent.TryApply(majority);
                if (_mutedByOthers)
                    Feeds.Mute(NotificationPreferences.Everything);
                _mutedByOthers = false;
                Feeds.TellOfMajority(majority.At, majority.By, !majority.RepresentativesTold);
                break;
            case MajorityApproaching approaching:
                Duties.Remove(DutyKind.MajorityNotice);
                MajorityNoticed = true;
                Feeds.TellOfMajorityToCome(approaching.At, approaching.By);
                break;
            case RecordMoved moved:
                MovedTo = moved.To;
                (MovingTo, MovingAttempt, MovingBy) = (null, 0, null);
                Duties.Clear();
                break;
            case RecordMoving moving:
                (MovingTo, MovingAttempt, MovingBy) = (moving.To, stamp.Version, moving.By);
                break;
            case RecordStays:
                (MovingTo, MovingAttempt, MovingBy) = (null, 0, null);
                Duties.Remove(DutyKind.Merge);
                break;
            case RecordPageTaken page:
                Merges.Take(page);
                break;
            case MergeRefused refused:
                Merges.Refuse(refused);
                break;
            case RecordMerged merged:
                ApplyMerged(merged);
                break;
            case UploadDiscarded discarded:
                _discarded.Add(discarded.Upload);
                break;
            default:
                if (!Consent.TryApply(change))
                    throw new InvalidOperationException($"{change.GetType().Name} has no effect defined.");
                break;
        }
    }

    /// <summary>The reader that a professional actor is.</summary>
    public static Reader ReaderOf(Actor actor) =>
        new(ProfessionalId.Parse(actor.Id), actor.Profession, actor.Structure);

    private void ApplySubmitted(DocumentSubmitted submitted, EventStamp stamp)
    {
        var replaced = submitted.Replaces is { } target ? Index.Find(target) : null;
        var entry = new DocumentEntry
        {
            Id = submitted.DocumentId,
            EntryVersion = 1,
            Ordinal = Index.Count + 1,
            LineageId = replaced?.LineageId ?? submitted.DocumentId,
            Metadata = submitted.Metadata,
            ClassCode = submitted.ClassCode,
            Status = DocumentStatus.Approved,
            Replaces = submitted.Replaces,
            Size = submitted.Size,
            Sha256 = submitted.Sha256,
            Upload = submitted.Upload,
            BodySha256 = submitted.BodySha256,
            SubmittedAt = submitted.At,
            Depositor = submitted.By,
            Recipients = submitted.Recipients.Count,
            Told = [.. submitted.Recipients],
            Stamp = stamp,
            Secret = submitted.SecretSession,
            Twin = submitted.TwinOf,
        };
        Index.Add(entry);
        if (replaced is not null)
        {
            Index.Change(replaced.Id, old => old with
            {
                Status = DocumentStatus.Deprecated,
                ReplacedBy = entry.Id,
                EntryVersion = old.EntryVersion + 1,
            });
            if (submitted.Change == ChangeKind.ConfidentialityOnly)
                CoverOlder(entry, submitted.Covers ?? entry.Metadata.Confidentiality);
        }

        Traits ??= submitted.Traits;
        var toPatient = DocumentNews.For(entry, replaced, submitted.Change, PatientAudience.Patient);
        var toDelegates = DocumentNews.For(entry, replaced, submitted.Change, PatientAudience.Representatives);
        if (toPatient is { } news)
            Feeds.Tell(submitted.At, news, entry.Id, submitted.By, delegates: toDelegates == news);
        if (toDelegates is { } other && other != toPatient)
            Feeds.Tell(submitted.At, other, entry.Id, submitted.By, patient: false);
        if (DocumentNews.ForProfessionals(entry, replaced, submitted.Change) is { } code)
            ProfessionalFeed.Tell(submitted.At, code, entry.Id, submitted.By);
    }

    // The same report under stricter labels: its older versions, which stay readable by their ids, are covered with what the
    // change adds. What they have of their own, they keep.
    private void CoverOlder(DocumentEntry entry, ConfidentialityLabels covers)
    {
        if (covers == ConfidentialityLabels.None)
            return;
        for (var id = entry.Replaces; id is { } older; id = Index.Find(older)?.Replaces)
        {
            Index.Change(older, known => known with
            {
                EntryVersion = older == entry.Replaces && entry.EntryVersion == 1 ? known.EntryVersion : known.EntryVersion + 1,
                Metadata = known.Metadata with
                {
                    Confidentiality = known.Metadata.Confidentiality | covers,
                },
            });
        }
    }

    private void ApplyLabels(ConfidentialityChanged change)
    {
        if (Index.Find(change.DocumentId) is not { } before)
            return;
        Index.Change(before.Id, known => known with
        {
            EntryVersion = known.EntryVersion + 1,
            Metadata = known.Metadata with { Confidentiality = change.Labels },
        });
        var entry = Index.Find(before.Id)!; // ! it was just changed
        if ((change.Labels & ~before.Metadata.Confidentiality) != ConfidentialityLabels.None)
            CoverOlder(entry, change.Covers ?? change.Labels);
        if (entry.Status == DocumentStatus.Approved)
        {
            // What becomes visible is new to who could not see it; a mask is no news.
            Feeds.Tell(
                change.At, ChangeCode.DocumentAdded, entry.Id, change.By,
                Appears(PatientAudience.Patient), Appears(PatientAudience.Representatives));
            if (before.IsMasked && !entry.IsMasked)
                ProfessionalFeed.Tell(change.At, ChangeCode.DocumentAdded, entry.Id, change.By);
        }

        bool Appears(PatientAudience audience) => before.IsHiddenFrom(audience) && !entry.IsHiddenFrom(audience);

        BecomeVisible(entry);
    }

    // Who read it while it was hidden is told now: with a number of now, so that no page is past it.
    private void BecomeVisible(DocumentEntry entry)
    {
        if (!entry.IsHiddenFrom(PatientAudience.Representatives))
            _delegateAccesses?.Release(entry.Id);
        if (entry.IsHiddenFromPatient)
            return;
        Duties.Remove(DutyKind.Reveal, entry.Id);
        if (entry.IsHiddenFromRepresentatives)
            PartAccesses();
        _patientAccesses.Release(entry.Id);
    }

    // A duty that has lost its object is none: it would be asked about for ever.
    private void ApplyScheduled(DutyScheduled scheduled)
    {
        var isOwed = scheduled.Kind switch
        {
            DutyKind.Reveal => scheduled.Document is { } id
                && Index.Find(id) is { IsHiddenFromPatient: true, Status: not DocumentStatus.Deleted },
            DutyKind.OpenAnnounced => Record.State == RecordState.Announced,
            DutyKind.Destroy => Record.State == RecordState.Closed,
            DutyKind.DestroyTraces => Record.State == RecordState.Destroyed,
            DutyKind.Merge => MovingTo is not null,
            _ => !Record.IsUnknown,
        };
        if (isOwed)
            Duties.Set(scheduled.Kind, scheduled.Document, scheduled.Due);
    }

    private void ApplyRestored(VisibilityRestored restored)
    {
        if (Index.Find(restored.DocumentId) is not { } before)
            return;
        Index.Change(before.Id, known => known with
        {
            EntryVersion = known.EntryVersion + 1,
            Metadata = known.Metadata with { Confidentiality = restored.Labels },
        });
        BecomeVisible(Index.Find(before.Id)!); // ! it was just changed

        if (before is { Status: DocumentStatus.Approved, Sealed: false, IsHiddenFromPatient: true })
        {
            Feeds.Tell(
                restored.At, ChangeCode.VisibilityRestored, before.Id, restored.By,
                delegates: !before.IsHiddenFromRepresentatives);
        }
    }

    private void ApplyDestroyed(RecordDestroyed destroyed)
    {
        // The duty itself stays until the contents are deleted too.
        var erasure = Duties.DueOf(DutyKind.Destroy) ?? destroyed.At;
        Duties.Clear();
        Duties.Set(DutyKind.Destroy, null, erasure);
        Record = new RecordStatus(RecordState.Destroyed, destroyed.At, "", false);
        Index = new RecordIndex();
        Consent = new ConsentState();
        Feeds = new PatientFeeds();
        Delegations = new DelegationBook();
        ProfessionalFeed = new AudienceFeed();
        Traits = null;
        MasksFuture = false;
        (OpenedAt, ActivatedAt) = (null, null);
        _earlierBirthDate = null;
        _followers.Clear();
        _sessions.Clear();
        _lastAccessDay.Clear();
        _secretAccessDay = null;
        _patientAccesses.ForgetWithheld();
        _delegateAccesses?.ForgetWithheld();
    }

    private void ApplyWithdrawn(DocumentWithdrawn withdrawn)
    {
        Index.Change(withdrawn.DocumentId, entry => entry with
        {
            Status = DocumentStatus.Deleted,
            EntryVersion = entry.EntryVersion + 1,
            WithdrawnAt = withdrawn.At,
        });
        Duties.Remove(DutyKind.Reveal, withdrawn.DocumentId);
        if (Index.Find(withdrawn.DocumentId) is not { } entry)
            return;
        Feeds.Tell(
            withdrawn.At, ChangeCode.DocumentWithdrawn, entry.Id, withdrawn.By,
            !entry.IsHiddenFromPatient, !entry.IsHiddenFrom(PatientAudience.Representatives));
        if (!entry.IsMasked)
            ProfessionalFeed.Tell(withdrawn.At, ChangeCode.DocumentWithdrawn, entry.Id, withdrawn.By);
    }

    private void ApplyDelegateAdded(DelegateAdded added)
    {
        Delegations.Add(added.Delegation, added.BirthDate);
        Consent.Touch();
        if (added.Delegation.Kind == DelegationKind.Caregiving)
            Feeds.TellOfCaregiver(added.At, ChangeCode.CaregiverInvited, added.By);
    }

    private void ApplyDelegation(PatientEvent change, int number, Func<Delegation, Delegation> apply)
    {
        Delegations.Change(number, apply);
        Consent.Touch();
        if (Delegations.Find(number) is not { Kind: DelegationKind.Caregiving } delegation)
            return;

        var code = change switch
        {
            DelegationAnswered { Accepted: true } => ChangeCode.CaregiverAccepted,
            DelegationAnswered => ChangeCode.CaregiverRefused,
            _ => delegation.IsOf(change.By) ? ChangeCode.CaregiverResigned : ChangeCode.CaregiverDismissed,
        };
        Feeds.TellOfCaregiver(change.At, code, change.By);
    }

    private void ApplyAccessed(RecordAccessed accessed)
    {
        _accesses.Add(new TracedAccess(_accesses.Count + 1, accessed.At, accessed.By, accessed.Trace));
        var trace = accessed.Trace;
        var patientSees = ShownTo(PatientAudience.Patient, accessed, out var withheldFromPatient);
        var (delegatesSee, withheldFromDelegates) = (patientSees, withheldFromPatient);
        if (trace.Secret)
            (delegatesSee, withheldFromDelegates) = (null, null);
        else if (trace.Documents.Any(id => Index.Find(id) is { IsHiddenFromRepresentatives: true }))
            delegatesSee = ShownTo(PatientAudience.Representatives, accessed, out withheldFromDelegates);

        if (!ReferenceEquals(patientSees, delegatesSee) || withheldFromPatient != withheldFromDelegates)
            PartAccesses();
        Show(_patientAccesses, patientSees, withheldFromPatient);
        if (_delegateAccesses is not null)
            Show(_delegateAccesses, delegatesSee, withheldFromDelegates);
        if (trace.Refused is null && accessed.By.Kind == ActorKind.Professional && trace.Action != AccessAction.Explain)
            TellOfAccess(accessed, patientSees, delegatesSee);
    }

    private void TellOfAccess(RecordAccessed accessed, AccessTrace? patientSees, AccessTrace? delegatesSee)
    {
        var (patient, delegates) = (patientSees is not null, delegatesSee is not null);
        var trace = accessed.Trace;
        if (trace.Mode != AccessMode.Normal)
        {
            // Each side is told once for a session, with its first access, and of what was written before there were sessions each
            // time; which document was read only where it is not hidden.
            var key = (ReaderOf(accessed.By), trace.Mode);
            if (_sessions.TryGetValue(key, out var session) && session.Until > accessed.At)
            {
                _sessions[key] = (session.Until, session.IsTold || patient, session.DelegatesAreTold || delegates);
                (patient, delegates) = (patient && !session.IsTold, delegates && !session.DelegatesAreTold);
            }

            var named = trace.Action != AccessAction.ListDocuments;
            TellEach(ChangeCode.EmergencyAccess, patientSees is { Documents: [var one] } && named ? one : null, patient,
                delegatesSee is { Documents: [var same] } && named ? same : null, delegates);
            return;
        }

        // The first access of the day that each side may know of.
        var (who, today) = (accessed.By.Id, DateOnly.FromDateTime(accessed.At.UtcDateTime));
        var firstForPatient = patient && IsFirstAccessOfDay(who, accessed.At);
        var onlySecretBefore = _secretAccessDay is not null && _secretAccessDay.TryGetValue(who, out var secret) && secret == today;
        var firstForDelegates = delegates && (IsFirstAccessOfDay(who, accessed.At) || onlySecretBefore);
        if (firstForPatient || firstForDelegates)
            TellEach(ChangeCode.RecordAccessed, null, firstForPatient, null, firstForDelegates);
        if (firstForPatient)
            _lastAccessDay[who] = today;
        if (firstForPatient && !delegates)
            (_secretAccessDay ??= new Dictionary<string, DateOnly>(StringComparer.Ordinal))[who] = today;
        else if (firstForDelegates)
            _secretAccessDay?.Remove(who);

        if (trace is { Action: AccessAction.ReadContent, Documents: [var document] })
            TellEach(DocumentNews.ForReading(Index.Find(document)), document, patient, document, delegates);

        void TellEach(ChangeCode code, DocumentId? toPatient, bool patientIsTold, DocumentId? toDelegates, bool delegatesAreTold)
        {
            if (patientIsTold && delegatesAreTold && toPatient == toDelegates)
            {
                Feeds.Tell(accessed.At, code, toPatient, accessed.By);
                return;
            }

            if (patientIsTold)
                Feeds.Tell(accessed.At, code, toPatient, accessed.By, delegates: false);
            if (delegatesAreTold)
                Feeds.Tell(accessed.At, code, toDelegates, accessed.By, patient: false);
        }
    }

    /// <summary>A trace as one audience is shown it; null when it is not shown at all, or not yet.</summary>
    private AccessTrace? ShownTo(PatientAudience audience, RecordAccessed accessed, out DocumentId? withheldWith)
    {
        withheldWith = null;
        var trace = accessed.Trace;
        if (!trace.Documents.Any(id => IsHiddenFrom(id, audience)))
            return trace;

        // Whoever read one hidden document is not told of at all, unless in an emergency, which is never kept from the patient:
        // that alone would betray it. One who was refused is, like one who asked for a document that does not exist; but not
        // when the words of the refusal say that there is one.
        if (trace is
            {
                Action: AccessAction.ReadEntry or AccessAction.ReadContent or AccessAction.SetLabels,
                Documents: [var hidden],
                Refused: null or RefusalCode.MatrixDenied,
            }
            && (trace.Mode == AccessMode.Normal || trace.Refused is not null
                || (audience != PatientAudience.Patient && Index.Find(hidden) is { IsHiddenFromRepresentatives: true })))
        {
            withheldWith = hidden;
            return null;
        }

        // The step too is that of a document which does not exist: where the decision ended would tell the one from the other.
        return trace with
        {
            Documents = [.. trace.Documents.Where(id => !IsHiddenFrom(id, audience))],
            Step = trace.Refused != RefusalCode.DocumentNotFound ? trace.Step
                : accessed.By.Kind == ActorKind.Professional ? AccessStep.Status
                : PatientSide.StatusStep,
        };
    }

    private void Show(ShownAccesses shown, AccessTrace? trace, DocumentId? withheldWith)
    {
        var access = _accesses[^1];
        if (trace is not null)
            shown.Show(access.At, access.By, trace);
        else if (withheldWith is { } document)
            shown.Withhold(document, access);
    }

    private void PartAccesses() => _delegateAccesses ??= _patientAccesses.Copy();

    private bool IsHiddenFrom(DocumentId id, PatientAudience audience) =>
        Index.Find(id) is { } entry && entry.IsHiddenFrom(audience);
}

/// <summary>One access as it stands in the record.</summary>
/// <param name="Sequence">Counts the accesses of its list, from 1 and without gaps.</param>
public sealed record TracedAccess(int Sequence, DateTimeOffset At, Actor By, AccessTrace Trace);

/// <summary>A professional who is to be told, in the hat in which they asked.</summary>
public sealed record Follower(Reader Reader, DateTimeOffset Since);
