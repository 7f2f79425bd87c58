namespace HealthGrains.Campaigns.Linear;

/// <summary>One record, reduced to what the answers depend on. Sets of documents and of professionals are bits.</summary>
/// <param name="InForce">Accepted, and neither replaced nor withdrawn.</param>
/// <param name="Replaced">Read by their ids only.</param>
/// <param name="Withdrawn">Gone, and final.</param>
/// <param name="Permitted">Professionals who may read.</param>
internal readonly record struct RecordModel(ulong InForce, ulong Replaced, ulong Withdrawn, uint Permitted)
{
    private static readonly RecordAnswer Done = new(Said.Done);
    private static readonly RecordAnswer Already = new(Said.Already);

    /// <summary>What a correct server answers in this state, and the state after it.</summary>
    public (RecordAnswer Answer, RecordModel After) Take(RecordCall call)
    {
        var document = 1UL << call.Document;
        var who = call.Professional == RecordCall.ThePatient ? 0 : 1U << call.Professional;
        var isKnown = ((InForce | Replaced | Withdrawn) & document) != 0;
        switch (call.Kind)
        {
            // The same bytes under the same id are known, whatever became of them.
            case CallKind.Submit or CallKind.Replace when isKnown:
                return (Already, this);
            case CallKind.Submit:
                return (Done, this with { InForce = InForce | document });
            case CallKind.Replace:
            {
                var target = 1UL << call.Target;
                if ((InForce & target) != 0)
                    return (Done, this with { InForce = (InForce & ~target) | document, Replaced = Replaced | target });
                return (new RecordAnswer((Replaced & target) != 0 ? Said.Stale : Said.NotFound), this);
            }

            case CallKind.Withdraw when (InForce & document) != 0:
                return (Done, this with { InForce = InForce & ~document, Withdrawn = Withdrawn | document });
            case CallKind.Withdraw when (Withdrawn & document) != 0:
                return (Already, this);
            case CallKind.Withdraw:
                return (new RecordAnswer(isKnown ? Said.Stale : Said.NotFound), this);
            case CallKind.Grant:
                return ((Permitted & who) != 0 ? Already : Done, this with { Permitted = Permitted | who });
            case CallKind.Revoke:
                return ((Permitted & who) == 0 ? Already : Done, this with { Permitted = Permitted & ~who });
        }

        if (who != 0 && (Permitted & who) == 0)
            return (new RecordAnswer(Said.NotPermitted), this);
        if (call.Kind == CallKind.List)
            return (new RecordAnswer(Said.Done, InForce), this);
        return (new RecordAnswer(
            (InForce & document) != 0 ? Said.Done : (Replaced & document) != 0 ? Said.ShownReplaced : Said.NotFound), this);
    }
}
