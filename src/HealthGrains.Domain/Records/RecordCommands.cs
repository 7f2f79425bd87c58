using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Records;

/// <summary>The person activates the record, comes back from an opposition, or re-opens it after closing.</summary>
public sealed record OpenRecord : PatientCommand<ConsentChange>
{
    /// <summary>Version of the terms that the person accepted.</summary>
    public string TermsVersion { get; init; } = "";

    public override TurnPriority Priority => TurnPriority.Revocation;

    public override Decision<PatientState, PatientEvent, ConsentChange> Decide(PatientState state, TurnContext turn)
    {
        if (state.Record.State == RecordState.OpenActivated)
            return Reply(new ConsentChange(state.Record.Since ?? turn.Now, state.Consent.Version, true));
        if (state.Record.State == RecordState.Destroyed)
            return Refuse(RefusalCode.PatientUnknown, "There is no such record.", "patient");
        var restores = state.Record.State != RecordState.Closed || turn.Policy.ReopenRestoresContent;
        return Emit(
            [
                new RecordOpened(turn.Now, Actor.Patient, Activated: true, restores) { TermsVersion = TermsVersion },
            ],
            after => new ConsentChange(turn.Now, after.Consent.Version, false));
    }
}

/// <summary>The person closes the record, or opposes having one.</summary>
public sealed record CloseRecord(string Reason, bool DeletionRequested) : PatientCommand<ConsentChange>
{
    public override TurnPriority Priority => TurnPriority.Revocation;

    public override Decision<PatientState, PatientEvent, ConsentChange> Decide(PatientState state, TurnContext turn)
    {
        // Asking for deletion once the record is closed is one more wish, not a repetition.
        var asksForDeletion = DeletionRequested && state.Record is { State: RecordState.Closed, DeletionRequested: false };
        if (state.Record.State is RecordState.Closed or RecordState.Opposed && !asksForDeletion)
            return Reply(new ConsentChange(state.Record.Since ?? turn.Now, state.Consent.Version, true));
        if (state.Record.State == RecordState.Destroyed)
            return Refuse(RefusalCode.PatientUnknown, "There is no such record.", "patient");
        IReadOnlyList<PatientEvent> changes = state.Record.IsOpen || asksForDeletion
            ?
            [
                new RecordClosed(turn.Now, Actor.Patient, Reason, DeletionRequested),
                DutySchedule.ForClosing(DeletionRequested, turn),
            ]
            : [new RecordOpposed(turn.Now, Actor.Patient, Reason)];
        return Emit(changes, after => new ConsentChange(turn.Now, after.Consent.Version, false));
    }
}

/// <summary>The state of a record and the caller's standing in it.</summary>
/// <param name="By">The patient or a professional.</param>
public sealed record GetRecord(Actor By) : PatientCommand<RecordView>
{
    /// <summary>How a professional comes in; the patient's side has no need of it.</summary>
    public Entrance Entrance { get; init; } = Entrance.Normal;

    public override TurnPriority Priority => By.Kind == ActorKind.Patient ? TurnPriority.PatientRead
        : Entrance.IsEmergency ? TurnPriority.EmergencyRead
        : TurnPriority.ProfessionalRead;

    public override Decision<PatientState, PatientEvent, RecordView> Decide(PatientState state, TurnContext turn)
    {
        if (By.Kind == ActorKind.Patient)
        {
            // The person may see in which state it is, also when it is not activated or closed.
            return state.Record.State is RecordState.Absent or RecordState.Destroyed
                ? Refuse(RefusalCode.PatientUnknown, "There is no such record.", "patient")
                : Reply(new RecordView(
                    state.Record,
                    state.OpenedAt,
                    state.ActivatedAt,
                    CallerStanding.Owner,
                    null,
                    false,
                    PatientSide.Check(state) is null
                        ? state.Index.Entries.Count(e => e.Status == DocumentStatus.Approved && PatientSide.Sees(e))
                        : 0,
                    state.PatientFeed.Last));
        }

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
            permitted ? state.ProfessionalFeed.Last : 0);
        return Emit(
            ReaderTurn.Granted(
                state, turn, By, AccessAction.ReadRecord, [], new AccessOutcome(AccessStep.Record, null), Entrance),
            _ => view);
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
}

/// <summary>A record and the caller's standing in it.</summary>
/// <param name="PermittedUntil">The end of the longest permit; null: none, or without end.</param>
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
    long Sequence);
