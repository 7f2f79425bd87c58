using HealthGrains.Domain.Policies;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Turns;

/// <summary>What every grain is given by its engine.</summary>
public sealed record GrainServices(
    IJournalStore Store, IChangeFeed Feed, Snapshots Snapshots, DomainPolicy Policy, TimeProvider Time)
{
    public GrainsInstruments Instruments { get; init; } = GrainsInstruments.Shared;
}
