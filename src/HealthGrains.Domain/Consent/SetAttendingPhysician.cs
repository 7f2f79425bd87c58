using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Consent;

/// <summary>Health insurance knows another family doctor of this person, or none any more.</summary>
public sealed record AttendingPhysicianSet(DateTimeOffset At, Actor By, ProfessionalId? Physician) : PatientEvent(At, By);

/// <summary>Records the declared family doctor (médecin traitant), as health insurance knows it.</summary>
/// <param name="Physician">Null: none any more.</param>
/// <param name="By">The operator or system that synchronises; the patient's side does not decide it here.</param>
public sealed record SetAttendingPhysician(ProfessionalId? Physician, Actor By) : PatientCommand<ConsentChange>
{
    public override TurnPriority Priority => TurnPriority.Revocation;

    public override Decision<PatientState, PatientEvent, ConsentChange> Decide(PatientState state, TurnContext turn)
    {
        if (By.Kind is not (ActorKind.Support or ActorKind.System))
            return Refuse(RefusalCode.CallerKindForbidden, "Health insurance tells who the family doctor is.");
        if (state.Record.IsUnknown)
            return Refuse(RefusalCode.PatientUnknown, "There is no such record.", "patient");
        if (state.Record.State == RecordState.Closed)
            return Refuse(RefusalCode.RecordClosed, "The record is closed.", "patient");
        return state.Consent.AttendingPhysician == Physician
            ? Reply(new ConsentChange(turn.Now, state.Consent.Version, true))
            : Emit(
                [
                    new AttendingPhysicianSet(turn.Now, By, Physician),
                    .. PatientSide.SupportTraces(state, turn, By, AccessAction.SupportPhysician),
                ],
                after => new ConsentChange(turn.Now, after.Consent.Version, false));
    }
}
