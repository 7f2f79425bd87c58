using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Access;

/// <summary>One entry, for its metadata or for its content, by either of its ids.</summary>
/// <param name="Id">The server's id, or null.</param>
/// <param name="UniqueId">The producer's id, or null.</param>
/// <param name="Content">True when the content is to be opened: it may leave only after this turn.</param>
/// <param name="By">The patient's side or a professional.</param>
/// <remarks>A read by anybody but the person, granted or refused, is traced in this turn. The same answer is given for a document that
/// does not exist, that was withdrawn and that is hidden from the caller.</remarks>
public sealed record ReadDocument(DocumentId? Id, UniqueId? UniqueId, bool Content, Actor By) : PatientCommand<DocumentView>
{
    /// <summary>How a professional comes in; the patient's side has no need of it.</summary>
    public Entrance Entrance { get; init; } = Entrance.Normal;

    public override TurnPriority Priority => By.IsPatientSide ? TurnPriority.PatientRead
        : Entrance.IsEmergency ? TurnPriority.EmergencyRead
        : TurnPriority.ProfessionalRead;

    public override Decision<PatientState, PatientEvent, DocumentView> Decide(PatientState state, TurnContext turn)
    {
        var entry = Id is { } id ? state.Index.Find(id) : UniqueId is { } unique ? state.Index.Find(unique) : null;
        var action = Content ? AccessAction.ReadContent : AccessAction.ReadEntry;
        if (By.IsPatientSide)
            return OnPatientSide(state, entry, action, turn);

        var reader = PatientState.ReaderOf(By);
        var outcome = AccessDecision.ForReading(state.Record, state.Consent, entry, reader, turn, Entrance);

        IReadOnlyList<DocumentId> documents = entry is null ? [] : [entry.Id];
        if (outcome.Refusal is { } no)
            return Refuse(no, ReaderTurn.RefusalTrace(state, turn, By, action, documents, outcome, Entrance));
        return Emit(
            ReaderTurn.Granted(state, turn, By, action, documents, outcome, Entrance),
            after => DocumentView.Of(
                after,
                entry!, // ! allowed means found
                By,
                other => AccessDecision.ForDocument(state, other, reader, includeDeprecated: true, turn, Entrance).IsAllowed));
    }

    private Decision<PatientState, PatientEvent, DocumentView> OnPatientSide(
        PatientState state, DocumentEntry? entry, AccessAction action, TurnContext turn)
    {
        var side = PatientSide.Decide(state, By, PatientAct.Read, turn);
        var (step, refusal) = (side.Step, side.Refusal);
        if (refusal is null && (entry is null || !side.Sees(entry)))
        {
            step = entry is null || entry.Sealed || entry.Status == DocumentStatus.Deleted
                ? PatientSide.StatusStep
                : PatientSide.LabelStep;
            refusal = AccessDecision.DocumentNotFound;
        }

        var traces = PatientSide.Traces(state, turn, By, action, entry is null ? [] : [entry.Id], step, refusal);
        return refusal is not null
            ? Refuse(refusal, traces)
            : Emit(traces, after => DocumentView.Of(after, entry!, By, side.Sees)); // ! allowed means found
    }
}
