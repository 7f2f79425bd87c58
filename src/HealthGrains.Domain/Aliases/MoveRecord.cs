using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Aliases;

/// <summary>A number under which nothing is kept answers from another one's record from now on (IHE ITI: the links of a patient
/// identity; HL7 v2: A40).</summary>
/// <remarks>
/// <para>A1. Only a blank record moves, and only to one that is not blank. A record that holds something never becomes blank
/// again, so nothing that was moved to ever moves: there is neither a chain nor a circle, whoever asks for what at the same time.</para>
/// <para>A2. It is one event of one journal: there or not, whatever crashes. A submission that came first is a turn of the same
/// journal; then the record is not blank any more and does not move.</para>
/// </remarks>
/// <param name="To">A record that said that it is not blank, and has not moved.</param>
/// <param name="By">The operator.</param>
public sealed record MoveRecord(PatientId To, Actor By) : PatientCommand<MoveOutcome>
{
    public override TurnPriority Priority => TurnPriority.Revocation;

    protected override bool GoesWithTheRecord => false;

    public override Decision<PatientState, PatientEvent, MoveOutcome> Decide(PatientState state, TurnContext turn) =>
        state.MovedTo is { } home ? Reply(home == To ? MoveOutcome.AlreadyThere : MoveOutcome.Elsewhere)
        : !state.IsBlank ? Reply(MoveOutcome.NotBlank)
        : Emit([new RecordMoved(turn.Now, By, To)], _ => MoveOutcome.Moved);
}

/// <summary>What came of it.</summary>
public enum MoveOutcome
{
    Moved = 1,

    /// <summary>It had moved there before: nothing was written.</summary>
    AlreadyThere = 2,

    /// <summary>It has moved to another one.</summary>
    Elsewhere = 3,

    /// <summary>Something is kept under this number: it does not move.</summary>
    NotBlank = 4,
}
