using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Senders;

/// <summary>Something asked of one producer's ledger.</summary>
public abstract record LedgerCommand<TAnswer> : Command<LedgerState, LedgerEvent, TAnswer>;

/// <summary>Takes a page of one shard's log in. Delivered again, it changes nothing.</summary>
/// <param name="Lines">What the page has for this producer, in order of position.</param>
/// <param name="Firsts">For each line the document that its unique id named first, looked up before the turn and the same at
/// every repetition; null for a withdrawal.</param>
/// <returns>The alarms of this page, also of what was taken in before: who was not told what came of an earlier turn is told now.</returns>
public sealed record RecordSubmissions(
    int Shard, long UpTo, IReadOnlyList<LedgerLine> Lines, IReadOnlyList<KnownDocument?> Firsts)
    : LedgerCommand<IReadOnlyList<MisroutingSuspected>>
{
    public override TurnPriority Priority => TurnPriority.Submit;

    public override Decision<LedgerState, LedgerEvent, IReadOnlyList<MisroutingSuspected>> Decide(
        LedgerState state, TurnContext turn)
    {
        var taken = state.TakenOf(Shard);
        IReadOnlyList<LedgerLine> lines = [.. Lines.Where(line => line.Position > taken)];
        var isTaken = UpTo <= taken || lines.Count == 0;
        var events = new List<LedgerEvent>();
        if (!isTaken)
            events.Add(new SubmissionsRecorded(turn.Now, Shard, UpTo, lines));
        var alarms = new List<MisroutingSuspected>();
        for (var i = 0; i < Lines.Count; i++)
        {
            var line = Lines[i];
            if (line.Kind != LedgerLineKind.Submitted || Firsts[i] is not { } earlier || earlier.Patient == line.Patient)
                continue;

            var alarm = new MisroutingSuspected(
                turn.Now, line.UniqueId, earlier.Patient, earlier.Document, line.Patient, line.Document);
            alarms.Add(alarm);
            if (!isTaken && line.Position > taken)
                events.Add(alarm);
        }

        if (isTaken)
            return Decision<LedgerState, LedgerEvent, IReadOnlyList<MisroutingSuspected>>.Reply(alarms);
        return Decision<LedgerState, LedgerEvent, IReadOnlyList<MisroutingSuspected>>.Emit(events, _ => alarms);
    }
}

/// <summary>Whether the ledger has taken in what stands at a position.</summary>
public sealed record TrackInLedger(int Shard, long Position) : LedgerCommand<bool>
{
    public override TurnPriority Priority => TurnPriority.Replay;

    public override Decision<LedgerState, LedgerEvent, bool> Decide(LedgerState state, TurnContext turn) =>
        Decision<LedgerState, LedgerEvent, bool>.Reply(state.TakenOf(Shard) >= Position);
}

/// <summary>How a producer's ledger stands.</summary>
public sealed record GetLedger : LedgerCommand<LedgerView>
{
    public override TurnPriority Priority => TurnPriority.ProfessionalRead;

    public override Decision<LedgerState, LedgerEvent, LedgerView> Decide(LedgerState state, TurnContext turn) =>
        Decision<LedgerState, LedgerEvent, LedgerView>.Reply(new LedgerView(state.Submitted, [.. state.Alarms], state.AlarmsRaised));
}

/// <summary>A producer's ledger.</summary>
/// <param name="Submitted">Accepted documents as far as routing has come.</param>
/// <param name="Alarms">The newest, oldest first.</param>
/// <param name="AlarmsRaised">How many there ever were.</param>
public sealed record LedgerView(long Submitted, IReadOnlyList<MisroutingSuspected> Alarms, long AlarmsRaised);
