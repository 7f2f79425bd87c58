using System.Net;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;
using HealthGrains.Orleans.Calls;

namespace HealthGrains.Orleans;

/// <summary>One silo of a cluster.</summary>
public sealed record OrleansEngineOptions
{
    /// <summary>Shared by all silos.</summary>
    public required IJournalStore Store { get; init; }

    /// <summary>Rows by key, in the same place as the store.</summary>
    public required IKeyedRows Keys { get; init; }

    /// <summary>Makes the plain grains that live on this silo.</summary>
    public required Grains.Engine.IGrainFactory Grains { get; init; }

    /// <summary>Where the watchers of this process wait.</summary>
    public required ChangeFeed Feed { get; init; }

    /// <summary>The commands that can be asked.</summary>
    public CommandCatalog Commands { get; init; } = ProductCommands.Catalog;

    /// <summary>Whether the silos route the logs to inboxes and ledgers.</summary>
    public bool Routes { get; init; } = true;

    /// <summary>Where the members, the reminders and the subscriptions of the streams are kept; see <see cref="Storage.OrleansTables"/>.
    /// Null for a cluster in memory, which ends with the silo at <see cref="Primary"/>.</summary>
    public string? Connection { get; init; }

    /// <summary>Where the first silo of a cluster in memory listens; null with a connection.</summary>
    public IPEndPoint? Primary { get; init; }

    /// <summary>Silos of one name are one cluster.</summary>
    public string Cluster { get; init; } = "healthgrains";

    /// <summary>Where this silo listens for the others; an address that they can reach, and a port of its own.</summary>
    public required IPEndPoint Silo { get; init; }

    /// <summary>What this silo is called in the table of members, and by the sessions of its store
    /// (<see cref="Storage.OrleansTables.SiloSetting"/>): another one at each start. Null for one that Orleans makes up.</summary>
    public string? Name { get; init; }

    /// <summary>The maxima of this silo's turns.</summary>
    public StandaloneEngineOptions Turns { get; init; } = StandaloneEngineOptions.Default;
}
