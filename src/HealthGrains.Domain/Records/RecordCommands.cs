using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Records;

/// <summary>The person, or a minor's representative, activates the record, comes back from an opposition, or re-opens it after closing.</summary>
public sealed record OpenRecord : PatientCommand<ConsentChange>
{
    /// <summary>Version of the terms that the person accepted.</summary>
    public string TermsVersion { get; init; } = "";

    public Actor By { get; init; } = Actor.Patient;

    public override TurnPriority Priority => TurnPriority.Revocation;

    public override Decision<PatientState, PatientEvent, ConsentChange> Decide(PatientState state, TurnContext turn)
    {
        var side = PatientSide.Decide(state, By, PatientAct.Open, turn);
        if (side.Refusal is { } refusal)
            return Refuse(refusal, PatientSide.Traces(state, turn, By, AccessAction.ChangeConsents, [], side.Step, refusal));
        if (state.Record.State == RecordState.OpenActivated)
            return Reply(new ConsentChange(state.Record.Since ?? turn.Now, state.Consent.Version, true));
        if (state.Record.State == RecordState.Destroyed)
            return Refuse(RefusalCode.PatientUnknown, "There is no such record.", "patient");
        var restores = state.Record.State != RecordState.Closed || turn.Policy.ReopenRestoresContent;
        return Emit(
            [
                new RecordOpened(turn.Now, By, Activated: true, restores) { TermsVersion = TermsVersion },

                // Health insurance may have stated the birth date before there was a record to owe anything.
                .. state.Record.IsUnknown ? DutySchedule.ForMajority(state, state.BirthDate, turn) : [],
            ],
            after => new ConsentChange(turn.Now, after.Consent.Version, false));
    }
}

/// <summary>The person, or a minor's representative, closes the record, or opposes having one; never a caregiver.</summary>
public sealed record CloseRecord(string Reason, bool DeletionRequested) : PatientCommand<ConsentChange>
{
    public Actor By { get; init; } = Actor.Patient;

    public override TurnPriority Priority => TurnPriority.Revocation;

    public override Decision<PatientState, PatientEvent, ConsentChange> Decide(PatientState state, TurnContext turn)
    {
        var side = PatientSide.Decide(state, By, PatientAct.Close, turn);
        if (side.Refusal is { } refusal)
            return Refuse(refusal, PatientSide.Traces(state, turn, By, AccessAction.ChangeConsents, [], side.Step, refusal));

        // Asking for deletion once the record is closed is one more wish, not a repetition.
        var asksForDeletion = DeletionRequested && state.Record is { State: RecordState.Closed, DeletionRequested: false };
        if (state.Record.State is RecordState.Closed or RecordState.Opposed && !asksForDeletion)
            return Reply(new ConsentChange(state.Record.Since ?? turn.Now, state.Consent.Version, true));
        if (state.Record.State == RecordState.Destroyed)
            return Refuse(RefusalCode.PatientUnknown, "There is no such record.", "patient");
        IReadOnlyList<PatientEvent> changes = state.Record.IsOpen || asksForDeletion
            ?
            [
                new RecordClosed(turn.Now, By, Reason, DeletionRequested),
                DutySchedule.ForClosing(DeletionRequested, turn),
            ]
            : [new RecordOpposed(turn.Now, By, Reason)];
        return Emit(changes, after => new ConsentChange(turn.Now, after.Consent.Version, false));
    }
}

/// <summary>The state of a record and the caller's standing in it.</summary>
/// <param name="By">The patient's side or a professional.</param>
public sealed record GetRecord(Actor By) : PatientCommand<RecordView>
{
    /// <summary>How a professional comes in; the patient's side has no need of it.</summary>
    public Entrance Entrance { get; init; } = Entrance.Normal;

    public override TurnPriority Priority => By.IsPatientSide ? TurnPriority.PatientRead
        : Entrance.IsEmergency ? TurnPriority.EmergencyRead
        : TurnPriority.ProfessionalRead;

    public override Decision<PatientState, PatientEvent, RecordView> Decide(PatientState state, TurnContext turn)
    {
        if (By.IsPatientSide)
            return OnPatientSide(state, turn);

        if (state.Record.IsUnknown)
            return Refuse(RefusalCode.PatientUnknown, "There is no such record.", "patient");
        var reader = PatientState.ReaderOf(By);
        var outcome = AccessDecision.ForRecord(state, reader, turn, Entrance);

        // Whoever only looks whether they may come in is told; whoever breaks the glass is let in or not.
        if (Entrance.IsEmergency && outcome.Refusal is { } no)
            return Refuse(no, ReaderTurn.RefusalTrace(state, turn, By, AccessAction.ReadRecord, [], outcome, Entrance));
        var permitted = outcome.IsAllowed;
        var standing = state.Consent.IsBlocked(reader.Id) ? CallerStanding.Blocked
            : state.Consent.Evaluate(reader, turn.Now) switch
            {
                ConsentAnswer.Permitted => CallerStanding.Authorized,
                ConsentAnswer.StructureDenied => CallerStanding.Denied,
                _ => CallerStanding.NotAuthorized,
            };
        var view = new RecordView(
            state.Record,
            state.OpenedAt,
            state.ActivatedAt,
            standing,
            permitted ? state.Consent.PermittedUntil(reader, turn.Now) : null,
            state.Followers.ContainsKey(reader.Id.ToString()),
            permitted ? state.Index.Entries.Count(e => AccessDecision.ForDocument(state, e, reader, false, turn, Entrance).IsAllowed) : 0,
            permitted ? state.ProfessionalFeed.Last : 0)
        {
            IsAdministrator = permitted && state.Consent.IsAdministrator(reader.Id, turn.Now),
            IsAttendingPhysician = state.Consent.AttendingPhysician == reader.Id,
        };
        return Emit(
            ReaderTurn.Granted(
                state, turn, By, AccessAction.ReadRecord, [], new AccessOutcome(AccessStep.Record, null), Entrance),
            _ => view);
    }

    private Decision<PatientState, PatientEvent, RecordView> OnPatientSide(PatientState state, TurnContext turn)
    {
        var side = PatientSide.Decide(state, By, PatientAct.ReadState, turn);
        if (side.Refusal is { } refusal)
            return Refuse(refusal, PatientSide.Traces(state, turn, By, AccessAction.ReadRecord, [], side.Step, refusal));

        // The person's side may see in which state it is, also when it is not activated or closed.
        if (state.Record.State is RecordState.Absent or RecordState.Destroyed)
            return Refuse(RefusalCode.PatientUnknown, "There is no such record.", "patient");
        var view = new RecordView(
            state.Record,
            state.OpenedAt,
            state.ActivatedAt,
            By.Kind == ActorKind.Patient ? CallerStanding.Owner : CallerStanding.Delegate,
            side.Until,
            false,
            PatientSide.Check(state) is null
                ? state.Index.Entries.Count(e => e.Status == DocumentStatus.Approved && side.Sees(e))
                : 0,
            state.Feeds.Of(side.Audience).Last);
        return Emit(PatientSide.Traces(state, turn, By, AccessAction.ReadRecord, [], side.Step), _ => view);
    }
}

/// <summary>What a caller is to a record.</summary>
public enum CallerStanding
{
    Owner,
    Authorized,
    NotAuthorized,
    Blocked,
    Denied,

    /// <summary>Acts for the patient now.</summary>
    Delegate,
}

/// <summary>A record and the caller's standing in it.</summary>
/// <param name="PermittedUntil">The end of the longest permit, or of the delegation; null: none, or without end.</param>
/// <param name="Documents">Approved documents that the caller may see.</param>
/// <param name="Sequence">The last sequence of the caller's audience.</param>
public sealed record RecordView(
    RecordStatus Status,
    DateTimeOffset? OpenedAt,
    DateTimeOffset? ActivatedAt,
    CallerStanding Standing,
    DateTimeOffset? PermittedUntil,
    bool Follows,
    int Documents,
    long Sequence)
{
    /// <summary>A professional whom the patient named administrator.</summary>
    public bool IsAdministrator { get; init; }

    /// <summary>The declared family doctor (médecin traitant).</summary>
    public bool IsAttendingPhysician { get; init; }
}
