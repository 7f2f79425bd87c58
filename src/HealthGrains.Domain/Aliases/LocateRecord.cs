using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Aliases;

/// <summary>Where the record of a number is. It tells nothing of the record and leaves no trace; no caller sees its answer.</summary>
public sealed record LocateRecord : PatientCommand<RecordPlace>
{
    public override TurnPriority Priority => TurnPriority.ProfessionalRead;

    protected override bool GoesWithTheRecord => false;

    public override Decision<PatientState, PatientEvent, RecordPlace> Decide(PatientState state, TurnContext turn) =>
        Reply(new RecordPlace(state.MovedTo, state.IsBlank, state.Record.State == RecordState.Destroyed)
        {
            MovingTo = state.MovingTo,
            Attempt = state.MovingAttempt,
            MovingBy = state.MovingBy,
            CannotMerge = MergeRules.WhyNot(state),
        });
}

/// <summary>Where a record is.</summary>
/// <param name="MovedTo">Null for one that answers for itself.</param>
/// <param name="IsBlank">Nothing was ever kept under this number.</param>
/// <param name="IsDestroyed">What was kept is gone.</param>
public sealed record RecordPlace(PatientId? MovedTo, bool IsBlank, bool IsDestroyed)
{
    /// <summary>It keeps still and is to become part of that one; null for most.</summary>
    public PatientId? MovingTo { get; init; }

    /// <summary>The version at which it began to keep still; 0 if it does not.</summary>
    public long Attempt { get; init; }

    /// <summary>The operator who asked for it; null if it does not.</summary>
    public Actor? MovingBy { get; init; }

    /// <summary>Why it neither becomes part of another one nor takes one in; null if it does.</summary>
    public RefusalCode? CannotMerge { get; init; }
}
