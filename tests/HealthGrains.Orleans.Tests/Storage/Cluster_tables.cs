using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Senders;
using HealthGrains.Grains;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;
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
    private static readonly PatientId Patient = PatientId.Parse("1.2.250.1.213.1.4.10^279035121518989");

    [SuiteFact]
    public async Task Silos_that_start_together_make_them_once()
    {
        var connection = await SchemaAsync();

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => OrleansTables.MigrateAsync(connection, CancellationToken.None)))
            .Within("migrating six times");

        Assert.Equal(1, Count(connection, "SELECT count(*) FROM cluster_migration"));
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

    /// <summary>A silo may go on while the others have buried it; the database knows.</summary>
    [SuiteFact]
    public async Task A_silo_that_is_dead_to_the_others_commits_nothing()
    {
        var connection = await SchemaAsync();
        await using var other = await PostgreSqlJournalStore.OpenAsync(new PostgreSqlStoreOptions { Connection = connection });
        await OrleansTables.MigrateAsync(connection, CancellationToken.None);
        var named = new NpgsqlConnectionStringBuilder(connection) { Options = $"-c {OrleansTables.SiloSetting}=one" }.ConnectionString;
        await using var store = await PostgreSqlJournalStore.OpenAsync(new PostgreSqlStoreOptions { Connection = named });
        var journal = GrainIds.SenderOf(StructureId.Parse("1990000002"));
        await store.AppendAsync(Turn(0), CancellationToken.None);

        await PostgreSqlServer.ExecuteAsync(connection, """
            INSERT INTO cluster_version (cluster, version) VALUES ('c', 1);
            INSERT INTO cluster_member (cluster, address, port, generation, silo_name, host_name, status, proxy_port, started_at, alive_at)
            VALUES ('c', '127.0.0.1', 1, 1, 'one', 'host', 6, 0, now(), now())
            """);
        var refused = await Assert.ThrowsAsync<JournalUnavailableException>(
            async () => await store.AppendAsync(Turn(1), CancellationToken.None));
        Assert.Contains("taken the place", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<JournalUnavailableException>(async () => await store.MoveCheckpointAsync(
            new CheckpointMove("router", journal.ShardOf(store.Shards), 0, 1), CancellationToken.None));

        // Whoever names no silo is not asked: an operator's program, a standalone server.
        await other.AppendAsync(Turn(1), CancellationToken.None);
        Assert.Equal(2, Count(connection, "SELECT count(*) FROM entry"));

        JournalTurn Turn(long expected) => new(journal, expected, [new byte[] { 1 }]);
    }

    /// <summary>Whoever listens to a stream follows from its name; who fills it is what the provider writes down.</summary>
    [SuiteFact]
    public async Task A_watcher_of_another_silo_is_woken_and_its_stream_is_in_the_table()
    {
        var connection = await SchemaAsync();
        await OrleansTables.MigrateAsync(connection, CancellationToken.None);
        await PostgreSqlServer.ExecuteAsync(connection, """
            INSERT INTO cluster_state (service, type_hash, id_hash, id_0, id_1, type, extension, version, changed_at)
            VALUES ('healthgrains', 1, 1, 0, 0, 'PubSubRendezvousGrain', 'feed/healthgrains.wakes/127.0.0.1:1@7', 1, now() - interval '2 days')
            """);
        await OrleansTables.MigrateAsync(connection, CancellationToken.None);
        Assert.Equal(0, Count(connection, "SELECT count(*) FROM cluster_state"));

        await using var store = await PostgreSqlJournalStore.OpenAsync(new PostgreSqlStoreOptions { Connection = connection });
        var (near, far) = (new ChangeFeed(TimeProvider.System), new ChangeFeed(TimeProvider.System));
        await using var first = await StartAsync(connection, store, near);
        await using var second = await StartAsync(connection, store, far);
        await BoundedAwait.UntilAsync(() => first.Silos, 2, "seeing the second silo");

        // A journal of a shard that the first has: the second's watchers hear of it by the stream alone.
        var inbox = Enumerable.Range(0, 1_000).Select(number => GrainIds.InboxOf(ProfessionalId.Parse($"80{9_970_000_000 + number}")))
            .First(id => first.Shards.Contains(id.ShardOf(store.Shards)));
        using var watcher = far.Subscribe(inbox);
        var woken = false;
        for (var position = 1; position <= 60 && !woken; position++)
        {
            // The agents of the feed's queues begin some time after their silo; what is sent before may be lost, as the feed may.
            var item = new Delivery(position, TimeProvider.System.GetUtcNow(), ChangeCode.DocumentAdded, Patient, DocumentId.Of(Guid.NewGuid()));
            await first.AskAsync(inbox, new DeliverToInbox(0, position, [item]), CancellationToken.None).AsTask().Within("a delivery");
            woken = await watcher.WaitAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        }

        Assert.True(woken);
        Assert.True(Count(connection, "SELECT count(*) FROM cluster_state WHERE type = 'PubSubRendezvousGrain' AND payload IS NOT NULL") > 0);
    }

    private static Task<OrleansEngine> StartAsync(
        string connection, PostgreSqlJournalStore store, ChangeFeed? watchers = null)
    {
        var feed = watchers ?? new ChangeFeed(TimeProvider.System);
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
