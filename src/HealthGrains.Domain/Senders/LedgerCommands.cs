using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Senders;

/// <summary>Something asked of one producer's ledger.</summary>
public abstract record LedgerCommand<TAnswer> : Command<LedgerState, LedgerEvent, TAnswer>;

/// <summary>Takes a page of one shard's log in. Delivered again, it changes nothing.</summary>
/// <returns>The alarms that this page raised.</returns>
public sealed record RecordSubmissions(int Shard, long UpTo, IReadOnlyList<LedgerLine> Lines)
    : LedgerCommand<IReadOnlyList<MisroutingSuspected>>
{
    public override TurnPriority Priority => TurnPriority.Submit;

    public override Decision<LedgerState, LedgerEvent, IReadOnlyList<MisroutingSuspected>> Decide(
        LedgerState state, TurnContext turn)
    {
        var taken = state.TakenOf(Shard);
        IReadOnlyList<LedgerLine> lines = [.. Lines.Where(line => line.Position > taken)];
        if (UpTo <= taken || lines.Count == 0)
            return Decision<LedgerState, LedgerEvent, IReadOnlyList<MisroutingSuspected>>.Reply([]);

        var events = new List<LedgerEvent> { new SubmissionsRecorded(turn.Now, Shard, UpTo, lines) };
        var alarms = new List<MisroutingSuspected>();
        var inPage = new Dictionary<UniqueId, KnownDocument>();
        foreach (var line in lines)
        {
            if (line.Kind != LedgerLineKind.Submitted)
                continue;
            var first = state.Find(line.UniqueId) ?? (inPage.TryGetValue(line.UniqueId, out var known) ? known : null);
            inPage.TryAdd(line.UniqueId, new KnownDocument(line.Patient, line.Document));
            if (first is not { } earlier || earlier.Patient == line.Patient)
                continue;
            alarms.Add(new MisroutingSuspected(
                turn.Now, line.UniqueId, earlier.Patient, earlier.Document, line.Patient, line.Document));
        }

        events.AddRange(alarms);
        return Decision<LedgerState, LedgerEvent, IReadOnlyList<MisroutingSuspected>>.Emit(events, _ => alarms);
    }
}

/// <summary>How a producer's ledger stands.</summary>
public sealed record GetLedger : LedgerCommand<LedgerView>
{
    public override TurnPriority Priority => TurnPriority.ProfessionalRead;

    public override Decision<LedgerState, LedgerEvent, LedgerView> Decide(LedgerState state, TurnContext turn) =>
        Decision<LedgerState, LedgerEvent, LedgerView>.Reply(new LedgerView(state.Submitted, [.. state.Alarms]));
}

/// <summary>A producer's ledger.</summary>
/// <param name="Submitted">Accepted documents as far as routing has come.</param>
public sealed record LedgerView(long Submitted, IReadOnlyList<MisroutingSuspected> Alarms);
