using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Access;

/// <summary>Makes the trace of an access: it is an event of the same turn, durable before anything leaves.</summary>
internal static class ReaderTurn
{
    public static RecordAccessed Trace(
        PatientState patient,
        TurnContext turn,
        Actor by,
        AccessAction action,
        IReadOnlyList<DocumentId> documents,
        AccessOutcome outcome,
        Entrance? entrance = null) =>
        new(
            turn.Now,
            by,
            new AccessTrace(
                action,
                documents,
                entrance?.Mode ?? AccessMode.Normal,
                entrance?.Reason ?? "",
                outcome.Refusal?.Code,
                outcome.Step,
                turn.Matrix.Version)
            {
                // Only a minor is treated in secrecy from parents: of somebody who is known to be an adult nothing is.
                Secret = (entrance?.IsSecret ?? false) && !(patient.MajorityUnder(turn.Policy) <= turn.Now),
            });

    /// <summary>What is written before anything leaves to a reader who was let in: the trace, and before it, for the first access
    /// of an emergency, the session.</summary>
    public static IReadOnlyList<PatientEvent> Granted(
        PatientState patient,
        TurnContext turn,
        Actor by,
        AccessAction action,
        IReadOnlyList<DocumentId> documents,
        AccessOutcome outcome,
        Entrance entrance)
    {
        var trace = Trace(patient, turn, by, action, documents, outcome, entrance);
        return entrance.IsEmergency
            && patient.EmergencyUntil(PatientState.ReaderOf(by), entrance.Mode, turn.Now) is null
                ? [new EmergencySessionOpened(turn.Now, by, entrance.Mode, turn.Now + turn.Policy.EmergencySession), trace]
                : [trace];
    }

    /// <summary>A refusal leaves its trace, unless there is no record to hold it.</summary>
    public static IReadOnlyList<PatientEvent> RefusalTrace(
        PatientState patient,
        TurnContext turn,
        Actor by,
        AccessAction action,
        IReadOnlyList<DocumentId> documents,
        AccessOutcome outcome,
        Entrance? entrance = null) =>
        patient.Record.IsUnknown ? [] : [Trace(patient, turn, by, action, documents, outcome, entrance)];
}
