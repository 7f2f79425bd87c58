using HealthGrains.Grains.Contents;
using HealthGrains.Grains.Contents.Files;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;
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
    public const string ContentInDatabase = "database";
    public const string ContentInFiles = "files";

    /// <summary>Whether the settings fit the store, before anything is opened.</summary>
    /// <exception cref="CliException">A database is named, and the store is not one that would use it: nothing must be written beside
    /// it by mistake.</exception>
    public static void Check(ServerSettings settings)
    {
        if (settings.PostgreSqlConnection is not null && settings.Store != PostgreSql)
        {
            throw new CliException(
                ExitCode.Usage,
                $"--postgresql (or PostgreSql:Connection) names a database, and the store is {settings.Store}: nothing would be written there.",
                "healthgrains serve --store postgresql --postgresql 'Host=…'");
        }
    }

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
                return WithContents(new OpenedStore(store, store.Contents, store.Keys, store.Failed, IsShared: true), settings);
            case Memory:
                var medium = new MemoryJournalMedium();
                return WithContents(
                    new OpenedStore(
                        new MemoryJournalStore(medium), new MemoryContentStore(), new MemoryKeyedRows(medium), NeverFails(), IsShared: false),
                    settings);
            case PostgreSql:
                return WithContents(await OpenPostgreSqlAsync(settings, time), settings);
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
#if ENGINE_ORLEANS
            if (settings.Engine == EngineChoice.Orleans)
                connection = OrleansChoice.StoreConnection(settings);
#endif
            var store = await PostgreSqlJournalStore.OpenAsync(new PostgreSqlStoreOptions { Connection = connection, Time = time });
            isOpen = true;
            return new OpenedStore(store, store.Contents, store.Keys, store.Failed, IsShared: true) { Leases = store.Leases, Scratch = scratch };
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

    /// <summary>Puts the folder of large contents before or behind those of the database, as the settings say. A folder that is
    /// there is read even when new ones go into the database: an operator may have changed the setting.</summary>
    private static OpenedStore WithContents(OpenedStore opened, ServerSettings settings)
    {
        var directory = settings.ContentDirectory ?? Path.Combine(settings.Data, "contents");
        switch (settings.Content)
        {
            case ContentInFiles:
                var files = FileContentStore.Open(directory);
                return Of(files, files, opened.Contents);
            case ContentInDatabase when !Directory.Exists(directory):
                return opened;
            case ContentInDatabase:
                var earlier = FileContentStore.Open(directory);
                return Of(earlier, opened.Contents, earlier);
            default:
                throw new CliException(ExitCode.Usage, $"--content '{settings.Content}' is none of database, files.");
        }

        OpenedStore Of(FileContentStore files, params IContentStore[] order) => opened with
        {
            Contents = new ContentStores(order),
            Failed = Task.WhenAny(opened.Failed, files.Failed).Unwrap(),
        };
    }

    private static Task<string> NeverFails() => new TaskCompletionSource<string>().Task;
}

/// <summary>An open store.</summary>
/// <param name="Contents">Large contents; the journal store closes what is inside it.</param>
/// <param name="Keys">Rows by key, in the same place as the journals.</param>
/// <param name="Failed">Completes with one line when the store has stopped itself; the process must end then.</param>
/// <param name="IsShared">Another server may write to it too: nothing keeps a second one from opening the same directory, so
/// grains and watchers here must not take their own memory for the whole truth.</param>
internal sealed record OpenedStore(IJournalStore Store, IContentStore Contents, IKeyedRows Keys, Task<string> Failed, bool IsShared)
{
    /// <summary>How several servers share the routing; null where each routes everything.</summary>
    public IShardLeases? Leases { get; init; }

    /// <summary>The database's server, if it is ours to stop after the store.</summary>
    public ScratchCluster? Scratch { get; init; }
}
