using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using HealthGrains.Orleans.Calls;
using HealthGrains.Testing.Clocks;
using HealthGrains.Testing.Suites;

namespace HealthGrains.Orleans.Tests;

/// <summary>Enrols a cluster of three silos in one process. There is one shard, and a silo that does not have it is asked: every
/// call and every answer goes through the serializer and a socket.</summary>
public sealed class Three_silos : PatientEngineSuite
{
    protected override bool KeepsOrderOfUnawaitedCalls => false;

    protected override async ValueTask<IGrainEngine> StartAsync(EngineSetup setup)
    {
        var primary = Silos.FreeEndpoint();
        var store = new MemoryJournalStore(new MemoryJournalMedium(1));
        var first = await Silos.StartAsync(setup, store, primary, primary);
        OrleansEngine[] silos =
        [
            first,
            .. await Task.WhenAll(
                Silos.StartAsync(setup, store, primary, Silos.FreeEndpoint()),
                Silos.StartAsync(setup, store, primary, Silos.FreeEndpoint())),
        ];
        foreach (var silo in silos)
            await BoundedAwait.UntilAsync(() => silo.Silos, silos.Length, "seeing three silos");
        return new Cluster(silos, silos.Single(silo => silo.Shards.Any()), silos.First(silo => !silo.Shards.Any()));
    }

    /// <summary>Three silos as one engine: what is counted is counted over all.</summary>
    private sealed class Cluster(OrleansEngine[] silos, OrleansEngine owner, OrleansEngine asked) : IGrainEngine
    {
        public EngineStatus Status => new(
            silos.Sum(silo => silo.Status.Activations),
            silos.Sum(silo => silo.Status.WaitingCalls),
            silos.Sum(silo => silo.Status.RefusedCalls))
        {
            ExpectedWait = silos.Max(silo => silo.Status.ExpectedWait),
        };

        public async ValueTask<TurnResult<TAnswer>> AskAsync<TState, TEvent, TAnswer>(
            JournalId grain, Command<TState, TEvent, TAnswer> command, CancellationToken waiting)
            where TState : class
            where TEvent : class
        {
            try
            {
                return await asked.AskAsync(grain, command, waiting);
            }
            catch (TurnFailedElsewhereException)
            {
                // The suite asks for the exception that its command throws; over a silo's border only its type comes.
                throw new InvalidOperationException();
            }
        }

        // All of them end; the suite asks what an engine does, not what its neighbours do then.
        public async ValueTask DrainAsync(TimeSpan atMost) =>
            await Task.WhenAll(silos.Select(silo => silo.DrainAsync(atMost).AsTask()));

        public async ValueTask DisposeAsync()
        {
            // None of them asks again elsewhere when another one ends. The first keeps the table of members, so it goes last.
            foreach (var silo in silos)
                silo.Refuse();
            await owner.EndTurnsAsync();
            foreach (var silo in silos.OrderBy(silo => silo == silos[0]).ThenBy(silo => silo != owner))
                await silo.DisposeAsync();
        }
    }
}
