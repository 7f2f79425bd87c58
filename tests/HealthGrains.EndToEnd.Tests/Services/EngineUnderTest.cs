using HealthGrains.Domain.Policies;
using HealthGrains.Grains;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;
using HealthGrains.Grains.Routing;
using HealthGrains.Grains.Turns;
using Microsoft.Extensions.Logging.Abstractions;
#if ENGINE_ORLEANS
using System.Net;
using System.Net.Sockets;
using HealthGrains.Domain.Turns;
using HealthGrains.Orleans;
#endif

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>The engine that all tests of the services run on: the standalone one, and in the build with the cluster engine three
/// silos in this process, of which the services know one.</summary>
internal static class EngineUnderTest
{
#if !ENGINE_ORLEANS
    public static Task<(IGrainEngine Engine, Router Router)> StartAsync(
        MemoryJournalStore store, IKeyedRows keys, ChangeFeed feed, Snapshots snapshots, DomainPolicy policy, TimeProvider time)
    {
        var engine = new StandaloneEngine(
            GrainCatalog.Models.Factory(new GrainServices(store, feed, snapshots, policy, time)),
            time,
            NullLogger<StandaloneEngine>.Instance);
        var router = new Router(store, engine, keys, time, NullLogger<Router>.Instance);
        router.Start();
        return Task.FromResult<(IGrainEngine, Router)>((engine, router));
    }
#else
    public static async Task<(IGrainEngine Engine, Router Router)> StartAsync(
        MemoryJournalStore store, IKeyedRows keys, ChangeFeed feed, Snapshots snapshots, DomainPolicy policy, TimeProvider time)
    {
        var primary = FreeEndpoint();
        var first = await SiloAsync(feed, primary);
        OrleansEngine[] silos =
        [
            first,
            .. await Task.WhenAll(
                SiloAsync(new ChangeFeed(time), FreeEndpoint()), SiloAsync(new ChangeFeed(time), FreeEndpoint())),
        ];
        return (new ThreeSilos(silos), first.Router);

        Task<OrleansEngine> SiloAsync(ChangeFeed watchers, IPEndPoint here) => OrleansEngine.StartAsync(
            new OrleansEngineOptions
            {
                Store = store,
                Keys = keys,
                Grains = GrainCatalog.Models.Factory(
                    new GrainServices(store, watchers, snapshots, policy, time) { StoreIsShared = true }),
                Feed = watchers,
                Primary = primary,
                Silo = here,
                Cluster = $"services-{primary.Port}",
            },
            time,
            NullLoggerFactory.Instance);
    }

    private static IPEndPoint FreeEndpoint()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!; // ! it is bound
    }

    /// <summary>The first is asked; all of them end together, the first, which keeps the table of members, last.</summary>
    private sealed class ThreeSilos(OrleansEngine[] silos) : IGrainEngine
    {
        public EngineStatus Status => silos[0].Status;

        public ValueTask<TurnResult<TAnswer>> AskAsync<TState, TEvent, TAnswer>(
            JournalId grain, Command<TState, TEvent, TAnswer> command, CancellationToken waiting)
            where TState : class
            where TEvent : class => silos[0].AskAsync(grain, command, waiting);

        public ValueTask DrainAsync(TimeSpan atMost) => silos[0].DrainAsync(atMost);

        public async ValueTask DisposeAsync()
        {
            await Task.WhenAll(silos[1].DisposeAsync().AsTask(), silos[2].DisposeAsync().AsTask());
            await silos[0].DisposeAsync();
        }
    }
#endif
}
