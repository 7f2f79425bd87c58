using HealthGrains.Domain.Senders;
using HealthGrains.Grains;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Turns;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Policies;
using HealthGrains.Orleans.Storage;
using HealthGrains.PostgreSql;
using HealthGrains.Store.Tests;
using HealthGrains.Testing;
using HealthGrains.Testing.Clocks;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace HealthGrains.Orleans.Tests.Storage;

/// <summary>The providers' tables, and a cluster that lives by them.</summary>
[Collection(PostgreSqlTests.Name)]
[RequiresEnvironment(PostgreSqlServer.Variable, OrProgram = PostgreSqlServer.Program)]
public sealed class Cluster_tables(PostgreSqlServer server)
{
    [SuiteFact]
    public async Task Silos_that_start_together_make_them_once()
    {
        var connection = await SchemaAsync();

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => OrleansTables.MigrateAsync(connection, CancellationToken.None)))
            .Within("migrating six times");

        Assert.Equal(2, Count(connection, "SELECT count(*) FROM cluster_migration"));
        Assert.Equal(20, Count(connection, "SELECT count(*) FROM OrleansQuery"));
    }

    [SuiteFact]
    public async Task Tables_of_a_newer_version_are_left_alone()
    {
        var connection = await SchemaAsync();
        await OrleansTables.MigrateAsync(connection, CancellationToken.None);
        await PostgreSqlServer.ExecuteAsync(connection, "INSERT INTO cluster_migration (number, what) VALUES (99, 'of the future')");

        var refused = await Assert.ThrowsAsync<Grains.Journal.JournalUnavailableException>(
            () => OrleansTables.MigrateAsync(connection, CancellationToken.None));

        Assert.Contains("99", refused.Message, StringComparison.Ordinal);
    }

    [SuiteFact]
    public async Task A_silo_joins_by_them_another_follows_and_a_goodbye_is_written_down()
    {
        var connection = await SchemaAsync();
        await OrleansTables.MigrateAsync(connection, CancellationToken.None);
        await using var store = await PostgreSqlJournalStore.OpenAsync(new PostgreSqlStoreOptions { Connection = connection });

        var first = await StartAsync(connection, store);
        var second = await StartAsync(connection, store);
        await BoundedAwait.UntilAsync(() => first.Silos, 2, "seeing the second silo");
        var ledger = GrainIds.SenderOf(StructureId.Parse("1990000002"));
        Assert.Equal(0, (await first.AskAsync(ledger, new GetLedger(), CancellationToken.None)).Value.Submitted);
        Assert.Equal(0, (await second.AskAsync(ledger, new GetLedger(), CancellationToken.None)).Value.Submitted);

        // A reminder for each router, wherever it runs.
        await BoundedAwait.UntilAsync(
            () => Count(connection, "SELECT count(*) FROM cluster_reminder"), store.Shards, "registering reminders");
        Assert.Equal(2, Count(connection, "SELECT count(*) FROM cluster_member WHERE status = 3"));

        await second.DisposeAsync().Within("leaving");
        await BoundedAwait.UntilAsync(() => first.Silos, 1, "seeing the second silo leave");
        Assert.Equal(store.Shards, first.Shards.Count());
        await first.DisposeAsync().Within("ending");
        Assert.Equal(0, Count(connection, "SELECT count(*) FROM cluster_member WHERE status = 3"));
    }

    private static Task<OrleansEngine> StartAsync(string connection, PostgreSqlJournalStore store)
    {
        var feed = new ChangeFeed(TimeProvider.System);
        return OrleansEngine.StartAsync(
            new OrleansEngineOptions
            {
                Store = store,
                Keys = store.Keys,
                Grains = GrainCatalog.Models.Factory(
                    new GrainServices(store, feed, Snapshots.None, DomainPolicy.Default, TimeProvider.System) { StoreIsShared = true }),
                Feed = feed,
                Connection = connection,
                Silo = Silos.FreeEndpoint(),
            },
            TimeProvider.System,
            NullLoggerFactory.Instance);
    }

    private async Task<string> SchemaAsync()
    {
        var schema = $"tables_{Guid.NewGuid():N}";
        await PostgreSqlServer.ExecuteAsync(server.Connection, $"CREATE SCHEMA {schema}");
        return new NpgsqlConnectionStringBuilder(server.Connection) { SearchPath = schema }.ConnectionString;
    }

    private static int Count(string connection, string sql)
    {
        using var open = new NpgsqlConnection(connection);
        open.Open();
        using var command = new NpgsqlCommand(sql, open);
        return (int)(long)command.ExecuteScalar()!; // ! a count always gives a row
    }
}
