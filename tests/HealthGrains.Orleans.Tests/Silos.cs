using System.Net;
using System.Net.Sockets;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;
using HealthGrains.Testing.Suites;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthGrains.Orleans.Tests;

/// <summary>Starts silos on loopback.</summary>
internal static class Silos
{
    /// <summary>An address that nobody listens at.</summary>
    public static IPEndPoint FreeEndpoint()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!; // ! it is bound
    }

    /// <summary>One silo for the engine suite.</summary>
    /// <param name="setup">The suite's.</param>
    /// <param name="shards">A store with as many shards as the suite's: the engine itself reads nothing of it.</param>
    /// <param name="primary">Where the first silo listens.</param>
    /// <param name="here">Where this one does.</param>
    public static Task<OrleansEngine> StartAsync(EngineSetup setup, IJournalStore shards, IPEndPoint primary, IPEndPoint here) =>
        OrleansEngine.StartAsync(
            new OrleansEngineOptions
            {
                Store = shards,
                Keys = new MemoryKeyedRows(new MemoryJournalMedium()),
                Grains = setup.Grains,
                Feed = new ChangeFeed(TimeProvider.System),
                Commands = SuiteCommands.Catalog,
                Routes = false,
                Primary = primary,
                Silo = here,
                Cluster = $"suite-{primary.Port}",
                Turns = setup.Maxima,
            },
            setup.Time,
            new OurLogs(setup.Logs));

    // The suite counts what the product logs; what Orleans says while a cluster comes and goes is its own.
    private sealed class OurLogs(ILoggerFactory logs) : ILoggerFactory
    {
        public ILogger CreateLogger(string categoryName) =>
            categoryName.StartsWith("HealthGrains", StringComparison.Ordinal)
                ? logs.CreateLogger(categoryName)
                : NullLogger.Instance;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
