using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Routing;
using HealthGrains.PostgreSql;
using HealthGrains.Testing;
using Xunit;

namespace HealthGrains.Store.Tests;

/// <summary>How processes share the shards: evenly, by epochs that tell an earlier holder from the present one.</summary>
[Collection(PostgreSqlTests.Name)]
[RequiresEnvironment(PostgreSqlServer.Variable, OrProgram = PostgreSqlServer.Program)]
public sealed class PostgreSql_leases(PostgreSqlServer server) : IAsyncLifetime
{
    private const string Reader = "router";
    private readonly string _schema = $"t_{Guid.NewGuid():N}";
    private readonly List<PostgreSqlJournalStore> _stores = [];

    private string Connection => $"{server.Connection};Search Path={_schema}";

    public async Task InitializeAsync() => await PostgreSqlServer.ExecuteAsync(server.Connection, $"CREATE SCHEMA {_schema}");

    public async Task DisposeAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        await PostgreSqlServer.ExecuteAsync(server.Connection, $"DROP SCHEMA {_schema} CASCADE");
    }

    [SuiteFact]
    public async Task One_process_holds_all_shards_and_three_hold_a_part_each()
    {
        var leases = new[] { await OpenAsync(), await OpenAsync(), await OpenAsync() };
        Assert.Equal(16, (await leases[0].RenewAsync(default)).Count);

        // Each gives back and takes at its own renewal, so they meet after two rounds.
        for (var round = 0; round < 2; round++)
        {
            foreach (var process in leases)
                await process.RenewAsync(default);
        }

        var held = new List<IReadOnlyList<ShardLease>>();
        foreach (var process in leases)
            held.Add(await process.RenewAsync(default));
        Assert.Equal(Enumerable.Range(0, 16), held.SelectMany(each => each).Select(lease => lease.Shard).Order());
        Assert.All(held, each => Assert.InRange(each.Count, 4, 6));
    }

    [SuiteFact]
    public async Task A_process_that_does_not_renew_loses_its_shards_to_the_next_epoch()
    {
        var (gone, other) = (await OpenAsync(), await OpenAsync());
        var before = (await gone.RenewAsync(default)).Single(lease => lease.Shard == 3);
        await gone.MoveCheckpointAsync(before, new CheckpointMove(Reader, 3, 0, 7), default);
        await RunOutAsync();

        var after = (await other.RenewAsync(default)).Single(lease => lease.Shard == 3);

        Assert.Equal(before.Epoch + 1, after.Epoch);
        await other.MoveCheckpointAsync(after, new CheckpointMove(Reader, 3, 7, 9), default);
    }

    [SuiteFact]
    public async Task A_process_that_wakes_up_late_moves_no_checkpoint()
    {
        var (zombie, other) = (await OpenAsync(), await OpenAsync());
        var old = (await zombie.RenewAsync(default)).Single(lease => lease.Shard == 3);
        await RunOutAsync();
        await other.RenewAsync(default);

        await Assert.ThrowsAsync<LeaseLostException>(async () =>
            await zombie.MoveCheckpointAsync(old, new CheckpointMove(Reader, 3, 0, 7), default));

        Assert.Equal(0, await _stores[0].ReadCheckpointAsync(Reader, 3, default));
    }

    [SuiteFact]
    public async Task A_checkpoint_that_another_moved_is_a_conflict()
    {
        var leases = await OpenAsync();
        var lease = (await leases.RenewAsync(default)).Single(one => one.Shard == 3);
        await leases.MoveCheckpointAsync(lease, new CheckpointMove(Reader, 3, 0, 7), default);

        await Assert.ThrowsAsync<JournalConflictException>(async () =>
            await leases.MoveCheckpointAsync(lease, new CheckpointMove(Reader, 3, 0, 8), default));
        await Assert.ThrowsAsync<JournalConflictException>(async () =>
            await leases.MoveCheckpointAsync(lease, new CheckpointMove(Reader, 3, 6, 8), default));

        Assert.Equal(7, await _stores[0].ReadCheckpointAsync(Reader, 3, default));
        Assert.Null((await _stores[0].VerifyAsync(null, null, default)).FirstDamage);
    }

    [SuiteFact]
    public async Task What_is_given_back_is_free_at_once()
    {
        var (one, other) = (await OpenAsync(), await OpenAsync());
        await one.RenewAsync(default);
        await one.ReleaseAsync(default);

        Assert.Equal(16, (await other.RenewAsync(default)).Count);
    }

    private async Task<IShardLeases> OpenAsync()
    {
        var store = await PostgreSqlJournalStore.OpenAsync(new PostgreSqlStoreOptions { Connection = Connection });
        _stores.Add(store);
        return store.Leases;
    }

    /// <summary>As if the term had passed for everybody.</summary>
    private async Task RunOutAsync() => await PostgreSqlServer.ExecuteAsync(
        Connection, "UPDATE lease SET expires = now() - interval '1 second'; UPDATE process SET expires = now() - interval '1 second'");
}
