using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Senders;

/// <summary>Something that happened in one producer's ledger: a closed family.</summary>
public abstract record LedgerEvent(DateTimeOffset At);

/// <summary>A page of one shard's log was taken in, up to a position.</summary>
public sealed record SubmissionsRecorded(DateTimeOffset At, int Shard, long UpTo, IReadOnlyList<LedgerLine> Lines)
    : LedgerEvent(At);

/// <summary>One unique id under two patients: one of the two documents is probably in the wrong record.</summary>
public sealed record MisroutingSuspected(
    DateTimeOffset At,
    UniqueId UniqueId,
    PatientId FirstPatient,
    DocumentId FirstDocument,
    PatientId SecondPatient,
    DocumentId SecondDocument) : LedgerEvent(At);

/// <summary>One accepted submission or withdrawal of this producer.</summary>
/// <param name="Position">Of its entry in the shard's log.</param>
/// <param name="At">When it was accepted.</param>
/// <param name="Recipients">Professionals to be told.</param>
public sealed record LedgerLine(
    long Position,
    DateTimeOffset At,
    LedgerLineKind Kind,
    UniqueId UniqueId,
    PatientId Patient,
    DocumentId Document,
    int Recipients);

/// <summary>Stored: never renumbered.</summary>
public enum LedgerLineKind
{
    Submitted = 1,
    Withdrawn = 2,
}

/// <summary>What one producer submitted, as far as routing has come.</summary>
/// <remarks>L1. A page delivered twice is taken in once. L2. A unique id under two patients raises an alarm that names both,
/// in the turn that takes the second one in. L3. The state does not grow with what was submitted: the lines are in the journal,
/// and where each unique id was first is looked up in a table before the turn.</remarks>
public sealed class LedgerState
{
    /// <summary>Alarms that are kept here; older ones are in the journal.</summary>
    public const int AlarmsKept = 1_000;

    private readonly Dictionary<int, long> _taken = [];
    private readonly List<MisroutingSuspected> _alarms = [];

    public IReadOnlyDictionary<int, long> Taken => _taken;

    /// <summary>Accepted documents so far.</summary>
    public long Submitted { get; private set; }

    /// <summary>The newest, oldest first.</summary>
    public IReadOnlyList<MisroutingSuspected> Alarms => _alarms;

    /// <summary>How many alarms there ever were.</summary>
    public long AlarmsRaised { get; private set; }

    public long TakenOf(int shard) => _taken.GetValueOrDefault(shard);

    /// <summary>A state from a snapshot.</summary>
    public static LedgerState Restore(
        IEnumerable<KeyValuePair<int, long>> taken, long submitted, IEnumerable<MisroutingSuspected> alarms, long alarmsRaised)
    {
        var state = new LedgerState { Submitted = submitted, AlarmsRaised = alarmsRaised };
        foreach (var (shard, position) in taken)
            state._taken[shard] = position;
        state._alarms.AddRange(alarms);
        return state;
    }

    public void Apply(LedgerEvent change, EventStamp stamp)
    {
        _ = stamp;
        switch (change)
        {
            case SubmissionsRecorded recorded:
                _taken[recorded.Shard] = recorded.UpTo;
                Submitted += recorded.Lines.Count(line => line.Kind == LedgerLineKind.Submitted);
                break;
            case MisroutingSuspected suspected:
                AlarmsRaised++;
                if (_alarms.Count == AlarmsKept)
                    _alarms.RemoveAt(0);
                _alarms.Add(suspected);
                break;
            default:
                throw new InvalidOperationException($"{change.GetType().Name} has no effect defined.");
        }
    }
}

/// <summary>Where a unique id was accepted first.</summary>
public readonly record struct KnownDocument(PatientId Patient, DocumentId Document);
