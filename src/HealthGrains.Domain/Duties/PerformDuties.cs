using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Duties;

/// <summary>Does what has become due in this record. Asked too early, twice, or by two processes, it does what is due and not
/// done: the state knows what it owes.</summary>
public sealed record PerformDuties : PatientCommand<DutiesPerformed>
{
    /// <summary>Duties of one turn; whoever asks goes on while any is due.</summary>
    public const int TogetherMax = 200;

    public override TurnPriority Priority => TurnPriority.Replay;

    protected override bool GoesWithTheRecord => false;

    public override Decision<PatientState, PatientEvent, DutiesPerformed> Decide(PatientState state, TurnContext turn)
    {
        // What was owed goes along: it is asked of the record that this one is part of.
        if (state.MovedTo is not null || state.MovingTo is not null)
        {
            return Reply(new DutiesPerformed(0, state.Duties.DueOf(DutyKind.Merge), false)
            {
                Elsewhere = state.MovedTo,
                IsMoving = state.MovingTo is not null,
            });
        }

        var events = new List<PatientEvent>();
        foreach (var duty in state.Duties.DueAt(turn.Now, TogetherMax))
            events.AddRange(Perform(state, duty, turn));
        return events.Count == 0
            ? Reply(Answer(state, turn, 0))
            : Emit(events, after => Answer(after, turn, events.Count));
    }

    private static IEnumerable<PatientEvent> Perform(PatientState state, Duty duty, TurnContext turn)
    {
        switch (duty.Kind)
        {
            case DutyKind.Reveal when duty.Document is { } id && state.Index.Find(id) is { } entry:
                // The patient's wish for future documents is for what the patient sees for the first time.
                var labels = entry.Metadata.Confidentiality & ~ConfidentialityLabels.HiddenFromPatient;
                if (state.MasksFuture)
                    labels |= ConfidentialityLabels.MaskedFromProfessionals;
                yield return new VisibilityRestored(turn.Now, Actor.System, id, entry.Metadata.UniqueId, labels);
                break;
            case DutyKind.Destroy when state.Record is { State: RecordState.Closed, Since: { } closedAt }:
                yield return new RecordDestroyed(turn.Now, Actor.System);
                yield return DutySchedule.ForTraces(closedAt, turn);
                break;
            case DutyKind.DestroyTraces:
                yield return new TracesDestroyed(turn.Now, Actor.System);
                break;
            case DutyKind.OpenAnnounced when state.Record.State == RecordState.Announced:
                yield return new RecordOpened(turn.Now, Actor.System, Activated: false, RestoresContent: false);
                foreach (var owed in DutySchedule.ForMajority(state, state.BirthDate, turn))
                    yield return owed;
                break;
            case DutyKind.MajorityNotice:
                yield return new MajorityApproaching(turn.Now, Actor.System);
                break;
            case DutyKind.Majority:
                // A notice that is still owed was due before and is given in this turn.
                yield return new MajorityReached(turn.Now, Actor.System)
                {
                    RepresentativesTold = state.MajorityNoticed || state.Duties.DueOf(DutyKind.MajorityNotice) is not null,
                };
                break;
        }
    }

    private static DutiesPerformed Answer(PatientState state, TurnContext turn, int events) =>
        new(events, state.Duties.Next, state.Record.State == RecordState.Destroyed
            && state.Duties.DueOf(DutyKind.Destroy) <= turn.Now)
        {
            AlsoErases = state.Record.State == RecordState.Destroyed ? [.. state.Merges.Merged.Select(merged => merged.From)] : [],
        };
}

/// <summary>What came of it.</summary>
/// <param name="Events">How many were written; 0 when nothing was due.</param>
/// <param name="Next">When the earliest duty that is left is due; null for none.</param>
/// <param name="ErasesContents">The record is destroyed, and the contents of its journal are still to be deleted from the store:
/// then <see cref="ConfirmErasure"/>.</param>
public sealed record DutiesPerformed(int Events, DateTimeOffset? Next, bool ErasesContents)
{
    /// <summary>The record that answers in place of this one, and owes what it owed; null for itself.</summary>
    public PatientId? Elsewhere { get; init; }

    /// <summary>It is to become part of another one: whoever asks finishes that first.</summary>
    public bool IsMoving { get; init; }

    /// <summary>Other journals in which contents of a destroyed record are kept.</summary>
    public IReadOnlyList<PatientId> AlsoErases { get; init; } = [];
}

/// <summary>The contents of a destroyed record are no longer in the store.</summary>
/// <param name="Contents">How many were deleted by whoever asks: of several, each tells its own part.</param>
public sealed record ConfirmErasure(long Contents) : PatientCommand<bool>
{
    public override TurnPriority Priority => TurnPriority.Replay;

    protected override bool GoesWithTheRecord => false;

    public override Decision<PatientState, PatientEvent, bool> Decide(PatientState state, TurnContext turn) =>
        state.Record.State == RecordState.Destroyed && state.Duties.DueOf(DutyKind.Destroy) is not null
            ? Emit([new ContentsErased(turn.Now, Actor.System, Contents)], _ => true)
            : Reply(false);
}
