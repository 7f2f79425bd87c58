using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Patients;

/// <summary>Something asked of one patient's record.</summary>
public abstract record PatientCommand<TAnswer> : Command<PatientState, PatientEvent, TAnswer>
{
    /// <summary>Answered by the record, wherever it has moved to. False for what concerns the journal of this very number.</summary>
    protected virtual bool GoesWithTheRecord => true;

    protected sealed override Refusals.Refusal? Elsewhere(PatientState state) =>
        !GoesWithTheRecord ? null
        : state.MovingTo is not null ? Moving
        : state.MovedTo is { } home
            ? new Refusals.Refusal(Refusals.RefusalCode.TemporarilyUnavailable, "The record answers under another number: try again.")
            {
                MovedTo = home,
            }
            : null;

    private static readonly Refusals.Refusal Moving = new(
        Refusals.RefusalCode.TemporarilyUnavailable, "Two records of one person are becoming one: try again.");

    protected static Decision<PatientState, PatientEvent, TAnswer> Refuse(
        Refusals.Refusal refusal, params IReadOnlyList<PatientEvent> events) =>
        Decision<PatientState, PatientEvent, TAnswer>.Refuse(refusal, events);

    protected static Decision<PatientState, PatientEvent, TAnswer> Refuse(
        Refusals.RefusalCode code, string message, string? field = null) =>
        Decision<PatientState, PatientEvent, TAnswer>.Refuse(new Refusals.Refusal(code, message, field));

    protected static Decision<PatientState, PatientEvent, TAnswer> Reply(TAnswer answer) =>
        Decision<PatientState, PatientEvent, TAnswer>.Reply(answer);

    protected static Decision<PatientState, PatientEvent, TAnswer> Emit(
        IReadOnlyList<PatientEvent> events, Func<PatientState, TAnswer> answer) =>
        Decision<PatientState, PatientEvent, TAnswer>.Emit(events, answer);
}
