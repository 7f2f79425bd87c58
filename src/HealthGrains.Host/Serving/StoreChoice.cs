using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Routing;
using HealthGrains.Host.CommandLine;
using HealthGrains.Host.Databases;
using HealthGrains.PostgreSql;
using HealthGrains.Sqlite;

namespace HealthGrains.Host.Serving;

/// <summary>Which journal store a server has. To add one: a line here, and its project among the references.</summary>
internal static class StoreChoice
{
    public const string Sqlite = "sqlite";
    public const string Memory = "memory";
    public const string PostgreSql = "postgresql";

    /// <summary>Opens the store of the settings.</summary>
    /// <exception cref="CliException">This build does not have it.</exception>
    /// <exception cref="JournalException">It cannot be opened, or is damaged.</exception>
    public static async Task<OpenedStore> OpenAsync(ServerSettings settings, TimeProvider time)
    {
        switch (settings.Store)
        {
            case Sqlite:
                var store = await SqliteJournalStore.OpenAsync(new SqliteStoreOptions
                {
                    Directory = settings.Data,
                    AcceptLoss = settings.AcceptLoss,
                    Time = time,
                });
                return new OpenedStore(store, store.Failed, IsShared: true);
            case Memory:
                return new OpenedStore(new MemoryJournalStore(), NeverFails(), IsShared: false);
            case PostgreSql:
                return await OpenPostgreSqlAsync(settings, time);
            default:
                throw new CliException(ExitCode.Usage, $"--store '{settings.Store}' is none of sqlite, memory, postgresql.");
        }
    }

    private static async Task<OpenedStore> OpenPostgreSqlAsync(ServerSettings settings, TimeProvider time)
    {
        // Nobody need set up a database for a first look; in production one is named.
        ScratchCluster? scratch = null;
        var connection = settings.PostgreSqlConnection;
        if (connection is null)
        {
            if (settings.IsProduction)
                throw new CliException(ExitCode.Usage, "In production --store postgresql needs --postgresql, better in HEALTHGRAINS__POSTGRESQL__CONNECTION.");
            scratch = await ScratchCluster.StartAsync(Path.Combine(Path.GetFullPath(settings.Data), "postgresql"));
            connection = scratch.Connection;
        }

        var isOpen = false;
        try
        {
            var store = await PostgreSqlJournalStore.OpenAsync(new PostgreSqlStoreOptions { Connection = connection, Time = time });
            isOpen = true;
            return new OpenedStore(store, NeverFails(), IsShared: true) { Leases = store.Leases, Scratch = scratch };
        }
        catch (ArgumentException)
        {
            // Its message may repeat the connection string, which may hold a password.
            throw new CliException(ExitCode.Usage, "--postgresql is no connection string of PostgreSQL.");
        }
        finally
        {
            if (!isOpen && scratch is not null)
                await scratch.DisposeAsync();
        }
    }

    private static Task<string> NeverFails() => new TaskCompletionSource<string>().Task;
}

/// <summary>An open store.</summary>
/// <param name="Failed">Completes with one line when the store has stopped itself; the process must end then.</param>
/// <param name="IsShared">Another server may write to it too: nothing keeps a second one from opening the same directory, so
/// grains and watchers here must not take their own memory for the whole truth.</param>
internal sealed record OpenedStore(IJournalStore Store, Task<string> Failed, bool IsShared)
{
    /// <summary>How several servers share the routing; null where each routes everything.</summary>
    public IShardLeases? Leases { get; init; }

    /// <summary>The database's server, if it is ours to stop after the store.</summary>
    public ScratchCluster? Scratch { get; init; }
}
