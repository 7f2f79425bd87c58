using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Delegates;

/// <summary>Which invitation as a caregiver waits for this caller's answer. It tells nobody anything: the answer is not shown.</summary>
/// <returns>The number of the delegation, 0 if none waits.</returns>
public sealed record FindInvitation(Actor By) : PatientCommand<int>
{
    public override TurnPriority Priority => TurnPriority.PatientRead;

    public override Decision<PatientState, PatientEvent, int> Decide(PatientState state, TurnContext turn) => Reply(
        state.Delegations.All.LastOrDefault(known => known.IsOf(By)) is { Kind: DelegationKind.Caregiving } invited
        && invited.StatusAt(turn.Now, state.MajorityUnder(turn.Policy)) == DelegationStatus.Pending
            ? invited.Number
            : 0);
}

/// <summary>Whether a delegation is, or may still be, in force; asked of a record by whom the caregiver's places are counted. Once
/// it is not, it never is again.</summary>
public sealed record IsDelegationAlive(int Number, string Subject) : PatientCommand<bool>
{
    public override TurnPriority Priority => TurnPriority.PatientRead;

    public override Decision<PatientState, PatientEvent, bool> Decide(PatientState state, TurnContext turn) => Reply(
        state.Delegations.Find(Number) is { } known && known.Subject == Subject
        && known.StatusAt(turn.Now, state.MajorityUnder(turn.Policy)) is DelegationStatus.Pending or DelegationStatus.Accepted);
}
