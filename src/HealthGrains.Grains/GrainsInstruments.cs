using System.Diagnostics.Metrics;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains;

/// <summary>Counters of the grains. Tags come from bounded sets and never name a patient.</summary>
public sealed class GrainsInstruments
{
    public const string MeterName = "HealthGrains.Grains";

    public static readonly GrainsInstruments Shared = new(new Meter(MeterName));

    private readonly Counter<long> _recovered;
    private readonly Counter<long> _lostRaces;
    private readonly UpDownCounter<long> _activations;
    private readonly Counter<long> _letGo;
    private readonly Counter<long> _turns;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _bugs;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _givenUp;
    private readonly UpDownCounter<long> _watchers;
    private readonly Counter<long> _snapshots;

    public GrainsInstruments(Meter meter)
    {
        ArgumentNullException.ThrowIfNull(meter);
        _recovered = meter.CreateCounter<long>("healthgrains.grains.recovered");
        _lostRaces = meter.CreateCounter<long>("healthgrains.grains.lost_races");
        _activations = meter.CreateUpDownCounter<long>("healthgrains.grains.activations");
        _letGo = meter.CreateCounter<long>("healthgrains.grains.let_go");
        _turns = meter.CreateCounter<long>("healthgrains.grains.turns");
        _failures = meter.CreateCounter<long>("healthgrains.grains.turn_failures");
        _bugs = meter.CreateCounter<long>("healthgrains.grains.turn_bugs");
        _refused = meter.CreateCounter<long>("healthgrains.grains.calls_refused");
        _givenUp = meter.CreateCounter<long>("healthgrains.grains.calls_given_up");
        _watchers = meter.CreateUpDownCounter<long>("healthgrains.grains.watchers");
        _snapshots = meter.CreateCounter<long>("healthgrains.grains.snapshots");
    }

    public void GrainRecovered(JournalKind kind) => _recovered.Add(1, Tag(kind));

    public void TurnLostRace(JournalKind kind) => _lostRaces.Add(1, Tag(kind));

    public void GrainActivated(JournalKind kind) => _activations.Add(1, Tag(kind));

    /// <param name="kind">Whose.</param>
    /// <param name="why">It was idle for too long, or its place was needed.</param>
    internal void GrainLetGo(JournalKind kind, LetGo why)
    {
        _activations.Add(-1, Tag(kind));
        _letGo.Add(1, Tag(kind), new("why", why.ToString()));
    }

    public void TurnRan(JournalKind kind) => _turns.Add(1, Tag(kind));

    /// <summary>The store failed a turn, and its caller was told so.</summary>
    public void TurnFailed(JournalKind kind, JournalException failure) => _failures.Add(1, Tag(kind), new("failure", failure switch
    {
        JournalConflictException => "conflict",
        JournalUnavailableException => "unavailable",
        JournalOutcomeUnknownException => "outcome_unknown",
        JournalDamagedException => "damaged",
        _ => "other",
    }));

    public void TurnHadBug(JournalKind kind) => _bugs.Add(1, Tag(kind));

    internal void CallRefused(TurnPriority priority, RefusedBy limit) =>
        _refused.Add(1, new("priority", priority.ToString()), new("limit", limit.ToString()));

    public void CallGivenUp() => _givenUp.Add(1);

    public void WatcherCame() => _watchers.Add(1);

    public void WatcherLeft() => _watchers.Add(-1);

    public void SnapshotWritten(JournalKind kind) => _snapshots.Add(1, Tag(kind), new("outcome", "written"));

    public void SnapshotDropped(JournalKind kind) => _snapshots.Add(1, Tag(kind), new("outcome", "dropped"));

    public void SnapshotFailed(JournalKind kind) => _snapshots.Add(1, Tag(kind), new("outcome", "failed"));

    private static KeyValuePair<string, object?> Tag(JournalKind kind) => new("kind", Name(kind));

    // A tag is made on each turn: no text is built for it.
    private static string Name(JournalKind kind) => kind switch
    {
        JournalKind.Patient => nameof(JournalKind.Patient),
        JournalKind.Inbox => nameof(JournalKind.Inbox),
        JournalKind.Sender => nameof(JournalKind.Sender),
        JournalKind.Agenda => nameof(JournalKind.Agenda),
        JournalKind.Caregiver => nameof(JournalKind.Caregiver),
        _ => "Unknown",
    };
}
