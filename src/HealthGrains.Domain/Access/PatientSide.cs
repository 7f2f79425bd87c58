using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Access;

/// <summary>What somebody wants to do on the patient's side.</summary>
public enum PatientAct
{
    /// <summary>See in which state the record is.</summary>
    ReadState,

    /// <summary>Activate or re-open the record.</summary>
    Open,

    /// <summary>Close the record, or oppose having one.</summary>
    Close,

    /// <summary>Read documents and what changes.</summary>
    Read,

    /// <summary>See who read what.</summary>
    ReadTraces,

    /// <summary>Deposit, withdraw, mask and unmask.</summary>
    WriteDocuments,

    ReadConsents,

    /// <summary>Authorise, revoke, unblock, set flags and purposes, name administrators.</summary>
    ChangeConsents,

    /// <summary>Block a professional.</summary>
    Block,

    /// <summary>Invite others to act for the patient, and end that.</summary>
    Share,

    /// <summary>Take everything along.</summary>
    Export,
}

/// <summary>What the patient's own side may do and see: the person, who acts for him or her, and nobody else. The habilitation
/// matrix does not apply, and a mask hides nothing.</summary>
/// <remarks>The steps, in their order: a. the caller is the person or acts for the person now; b. the record; c. the act lies
/// within the delegation; d. the status of the document; e. its labels; f. allowed. A trace holds them as 1 to 6.</remarks>
public static class PatientSide
{
    public const AccessStep CallerStep = (AccessStep)1;
    public const AccessStep RecordStep = (AccessStep)2;
    public const AccessStep DelegationStep = (AccessStep)3;
    public const AccessStep StatusStep = (AccessStep)4;
    public const AccessStep LabelStep = (AccessStep)5;
    public const AccessStep AllowStep = (AccessStep)6;

    /// <summary>What a stranger is told of every record, whether or not there is one.</summary>
    public static Refusal NotEntitled { get; } =
        new(RefusalCode.DelegationForbidden, "The caller has no right to this record.", "patient");

    private static readonly Refusal NotDelegated =
        new(RefusalCode.DelegationForbidden, "The delegation does not go so far.", "patient");

    private static readonly Refusal NotOfThisKind =
        new(RefusalCode.CallerKindForbidden, "This kind of caller may not call this method.");

    /// <returns>Null if the person may use the record: it is open and activated.</returns>
    public static Refusal? Check(PatientState patient) => patient.Record.State switch
    {
        RecordState.OpenActivated => null,
        RecordState.OpenNotActivated => new Refusal(
            RefusalCode.RecordNotActivated, "The person has not activated the record yet.", "patient"),
        RecordState.Closed => new Refusal(RefusalCode.RecordClosed, "The record is closed.", "patient"),
        _ => new Refusal(RefusalCode.PatientUnknown, "There is no such record.", "patient"),
    };

    /// <summary>Steps a to c: may this caller do this on the patient's side, and as which audience?</summary>
    public static SideOutcome Decide(PatientState patient, Actor by, PatientAct act, TurnContext turn)
    {
        Delegation? delegation = null;
        if (by.Kind != ActorKind.Patient)
        {
            delegation = patient.Delegations.InForce(by, turn.Now, patient.MajorityUnder(turn.Policy));
            if (by.Kind == ActorKind.Professional && !ActsForPatient(patient, by, delegation, act, turn))
                return new SideOutcome(CallerStep, NotOfThisKind, PatientAudience.Patient);
            if (by.Kind == ActorKind.Delegate && delegation is null)
                return new SideOutcome(CallerStep, NotEntitled, PatientAudience.Caregivers);
            if (by.Kind is not (ActorKind.Professional or ActorKind.Delegate))
                return new SideOutcome(CallerStep, NotOfThisKind, PatientAudience.Patient);
        }

        var audience = (by.Kind, delegation?.Kind) switch
        {
            (ActorKind.Delegate, DelegationKind.LegalRepresentation) => PatientAudience.Representatives,
            (ActorKind.Delegate, _) => PatientAudience.Caregivers,
            _ => PatientAudience.Patient,
        };
        if (act is not (PatientAct.ReadState or PatientAct.Open or PatientAct.Close) && Check(patient) is { } refusal)
            return new SideOutcome(RecordStep, refusal, audience);
        return by.Kind == ActorKind.Patient || Allows(by, delegation, act)
            ? new SideOutcome(AllowStep, null, audience) { Until = delegation?.EndsAt(patient.MajorityUnder(turn.Policy)) }
            : new SideOutcome(DelegationStep, NotDelegated, audience);
    }

    /// <summary>True if the person may see this entry.</summary>
    public static bool Sees(DocumentEntry entry) => Sees(entry, PatientAudience.Patient);

    /// <summary>Steps d and e: true if this audience may see this entry.</summary>
    public static bool Sees(DocumentEntry entry, PatientAudience audience) =>
        !entry.Sealed && entry.Status != DocumentStatus.Deleted && !entry.IsHiddenFrom(audience);

    /// <summary>An actor as one caller is told of it: who helps is the person's own business and the representatives', so to a
    /// caregiver and to a professional another delegate is nobody in particular.</summary>
    internal static Actor Named(Actor actor, Actor caller, PatientAudience audience) =>
        actor.Kind != ActorKind.Delegate
        || caller.Kind == ActorKind.Patient
        || (caller.Kind == ActorKind.Delegate && (audience == PatientAudience.Representatives || caller.Id == actor.Id))
            ? actor
            : new Actor(ActorKind.Delegate, "");

    /// <summary>The trace of what somebody did or tried in the person's name: the person needs none, and a stranger leaves none,
    /// neither in a record nor where there is none.</summary>
    internal static IReadOnlyList<PatientEvent> Traces(
        PatientState patient,
        TurnContext turn,
        Actor by,
        AccessAction action,
        IReadOnlyList<DocumentId> documents,
        AccessStep step,
        Refusal? refusal = null) =>
        by.Kind is not (ActorKind.Delegate or ActorKind.Professional) || patient.Record.IsUnknown
            || !(patient.Delegations.Knows(by) || (by.Kind == ActorKind.Professional && refusal is null))
            ? []
            : [new RecordAccessed(
                turn.Now, by, new AccessTrace(action, documents, AccessMode.Normal, "", refusal?.Code, step, ""))];

    /// <summary>What support staff did to a record is shown like an access.</summary>
    internal static IReadOnlyList<PatientEvent> SupportTraces(PatientState patient, TurnContext turn, Actor by, AccessAction action) =>
        by.Kind != ActorKind.Support || patient.Record.IsUnknown
            ? []
            : [new RecordAccessed(turn.Now, by, new AccessTrace(action, [], AccessMode.Normal, "", null, AllowStep, ""))];

    // A caregiver reads, adds, changes and deletes documents as the person may, and shares nothing further. What a professional
    // reads for the patient is read as a professional; only the consents are changed in the patient's name.
    private static bool Allows(Actor by, Delegation? delegation, PatientAct act) => (by.Kind, delegation?.Kind) switch
    {
        (ActorKind.Delegate, DelegationKind.LegalRepresentation) => true,
        (ActorKind.Delegate, _) => act is PatientAct.ReadState or PatientAct.Read or PatientAct.ReadTraces
            or PatientAct.WriteDocuments or PatientAct.ReadConsents,
        _ => act is PatientAct.ReadTraces or PatientAct.ReadConsents or PatientAct.ChangeConsents or PatientAct.Block,
    };

    // Whom the patient blocked acts for nobody, whatever was given before.
    private static bool ActsForPatient(
        PatientState patient, Actor by, Delegation? delegation, PatientAct act, TurnContext turn)
    {
        var id = ProfessionalId.Parse(by.Id);
        return !patient.Consent.IsBlocked(id)
            && (delegation is not null
                || (turn.Policy.AttendingPhysicianActsForPatient && patient.Consent.AttendingPhysician == id)
                || (act == PatientAct.Block && patient.Consent.IsAdministrator(id, turn.Now)));
    }
}

/// <summary>An answer of the patient's side: the step that answered, the refusal if it did not allow, and who asks.</summary>
public readonly record struct SideOutcome(AccessStep Step, Refusal? Refusal, PatientAudience Audience)
{
    /// <summary>When the delegation ends by itself; null if it does not, and for the person.</summary>
    public DateTimeOffset? Until { get; init; }

    public bool Sees(DocumentEntry entry) => PatientSide.Sees(entry, Audience);
}
