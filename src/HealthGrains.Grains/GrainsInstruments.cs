using System.Diagnostics.Metrics;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains;

/// <summary>Counters of the grains. Tags come from bounded sets and never name a patient.</summary>
public sealed class GrainsInstruments
{
    public const string MeterName = "HealthGrains.Grains";

    public static readonly GrainsInstruments Shared = new(new Meter(MeterName));

    private readonly Counter<long> _recovered;
    private readonly Counter<long> _lostRaces;

    public GrainsInstruments(Meter meter)
    {
        ArgumentNullException.ThrowIfNull(meter);
        _recovered = meter.CreateCounter<long>("healthgrains.grains.recovered");
        _lostRaces = meter.CreateCounter<long>("healthgrains.grains.lost_races");
    }

    public void GrainRecovered(JournalKind kind) => _recovered.Add(1, Tag(kind));

    public void TurnLostRace(JournalKind kind) => _lostRaces.Add(1, Tag(kind));

    private static KeyValuePair<string, object?> Tag(JournalKind kind) => new("kind", kind.ToString());
}
