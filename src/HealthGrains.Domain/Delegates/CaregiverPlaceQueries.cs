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
        state.Delegations.ToAnswer(By, turn.Now, state.MajorityUnder(turn.Policy)) is { Kind: DelegationKind.Caregiving } invited
        && invited.StatusAt(turn.Now, state.MajorityUnder(turn.Policy)) == DelegationStatus.Pending
            ? invited.Number
            : 0);
}

/// <summary>Whether somebody helps as a caregiver, or may still accept to; asked of a record by whom the caregiver's places are
/// counted. A delegation that is over stays so, and another one takes a place of its own.</summary>
/// <remarks>By the subject: a number means nothing any more where two records became one.</remarks>
public sealed record HelpsOrMay(string Subject) : PatientCommand<bool>
{
    public override TurnPriority Priority => TurnPriority.PatientRead;

    public override Decision<PatientState, PatientEvent, bool> Decide(PatientState state, TurnContext turn)
    {
        var majority = state.MajorityUnder(turn.Policy);
        return Reply(state.Delegations.All.Any(known => known.Kind == DelegationKind.Caregiving && known.Subject == Subject
            && known.StatusAt(turn.Now, majority) is DelegationStatus.Pending or DelegationStatus.Accepted));
    }
}
