using HealthGrains.Domain.Policies;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Turns;

/// <summary>What every grain is given by its engine.</summary>
public sealed record GrainServices(
    IJournalStore Store, IChangeFeed Feed, Snapshots Snapshots, DomainPolicy Policy, TimeProvider Time)
{
    /// <summary>Whether other engines write to the same store, so that a grain here may be behind its journal: G5 of
    /// <see cref="JournaledGrain{TState,TEvent}"/>. Costs one read for each turn that appends nothing.</summary>
    public bool StoreIsShared { get; init; }

    public GrainsInstruments Instruments { get; init; } = GrainsInstruments.Shared;
}
