using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Documents;

/// <summary>Whether a document still stands in the record, neither withdrawn nor destroyed: asked before an alarm about it is closed.
/// </summary>
/// <remarks>Nothing of the document is told, so it leaves no trace.</remarks>
public sealed record IsApproved(DocumentId Document) : PatientCommand<bool>
{
    public override TurnPriority Priority => TurnPriority.Replay;

    public override Decision<PatientState, PatientEvent, bool> Decide(PatientState state, TurnContext turn) =>
        Reply(state.Index.Find(Document) is { WithdrawnAt: null });
}
