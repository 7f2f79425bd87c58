using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Documents;

/// <summary>Asks whether the bytes of an upload may be removed, and settles it for ever.</summary>
/// <remarks>U1. An upload that a document of the record refers to is never discarded. U2. Once discarded, no submission can
/// refer to it any more, whenever that submission was begun: both are turns of one journal, and the journal's version lets only
/// one of them be first. The bytes are removed after this is durable, never before.</remarks>
public sealed record DiscardUpload(UploadId Upload) : PatientCommand<UploadFate>
{
    public override TurnPriority Priority => TurnPriority.Replay;

    // An upload belongs to the journal that it was declared for, also when its number answers from another record.
    protected override bool GoesWithTheRecord => false;

    public override Decision<PatientState, PatientEvent, UploadFate> Decide(PatientState state, TurnContext turn)
    {
        foreach (var entry in state.Index.Entries)
        {
            if (entry.Upload == Upload)
                return Reply(UploadFate.Referenced);
        }

        return state.IsDiscarded(Upload)
            ? Reply(UploadFate.Discarded)
            : Emit([new UploadDiscarded(turn.Now, Actor.System, Upload)], _ => UploadFate.Discarded);
    }
}

/// <summary>What is to become of an upload.</summary>
public enum UploadFate
{
    /// <summary>A document refers to it: it stays.</summary>
    Referenced = 1,

    /// <summary>No document does, and none ever will.</summary>
    Discarded = 2,
}
