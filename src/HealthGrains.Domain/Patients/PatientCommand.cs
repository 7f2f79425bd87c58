using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Patients;

/// <summary>Something asked of one patient's record.</summary>
public abstract record PatientCommand<TAnswer> : Command<PatientState, PatientEvent, TAnswer>
{
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
