using HealthGrains.Grains.Journal;
using HealthGrains.PostgreSql;
using HealthGrains.Testing;
using Xunit;

namespace HealthGrains.Store.Tests;

/// <summary>What each failure of the database means, and that the store is well again by itself.</summary>
[Collection(PostgreSqlTests.Name)]
[RequiresEnvironment(PostgreSqlServer.Variable, OrProgram = PostgreSqlServer.Program)]
public sealed class PostgreSql_failures(PostgreSqlServer server) : IAsyncLifetime
{
    private static readonly JournalId Journal = new(JournalKind.Patient, "one");
    private readonly string _schema = $"t_{Guid.NewGuid():N}";
    private readonly Dictionary<CommitPoint, Func<Task>> _at = [];

    private string Connection => $"{server.Connection};Search Path={_schema}";

    public async Task InitializeAsync() => await PostgreSqlServer.ExecuteAsync(server.Connection, $"CREATE SCHEMA {_schema}");

    public async Task DisposeAsync() => await PostgreSqlServer.ExecuteAsync(server.Connection, $"DROP SCHEMA {_schema} CASCADE");

    [SuiteFact]
    public async Task A_store_whose_sessions_were_all_ended_reads_and_writes_on()
    {
        await using var store = await OpenAsync();
        await AppendAsync(store, 0);
        Assert.Equal(1, (await store.ReadAsync(Journal, null, default)).Version);

        await EndSessionsAsync();
        await AppendAsync(store, 1);
        await EndSessionsAsync();

        Assert.Equal(2, (await store.ReadAsync(Journal, null, default)).Version);
        Assert.Equal(2, (await store.ReadPositionsAsync(default)).Sum());
    }

    [SuiteFact]
    public async Task A_session_that_ends_before_its_commit_from_memory_costs_a_second_try()
    {
        await using var store = await OpenAsync();
        await AppendAsync(store, 0);
        _at[CommitPoint.BeforeCommit] = EndSessionsAsync;

        await AppendAsync(store, 1);

        Assert.Equal(2, (await store.ReadAsync(Journal, null, default)).Version);
        Assert.Null((await store.VerifyAsync(null, null, default)).FirstDamage);
    }

    [SuiteFact]
    public async Task A_session_that_ends_after_its_commit_leaves_the_outcome_unknown()
    {
        await using var store = await OpenAsync();
        await AppendAsync(store, 0);
        _at[CommitPoint.AfterCommit] = () => throw new Npgsql.NpgsqlException("the line broke before the answer");

        await Assert.ThrowsAsync<JournalOutcomeUnknownException>(() => AppendAsync(store, 1));

        Assert.Equal(2, (await store.ReadAsync(Journal, null, default)).Version);
        await AppendAsync(store, 2);
    }

    [SuiteFact]
    public async Task A_commit_that_the_server_refuses_at_its_very_end_is_not_confirmed()
    {
        await using var store = await OpenAsync();
        await AppendAsync(store, 0);
        await PostgreSqlServer.ExecuteAsync(Connection, """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '53100'; END $$;
            CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION refuse()
            """);

        var refused = await Assert.ThrowsAsync<JournalUnavailableException>(() => AppendAsync(store, 1));

        Assert.Equal(JournalUnavailableReason.DiskFull, refused.Reason);
        Assert.Equal(1, (await store.ReadAsync(Journal, null, default)).Version);
    }

    [SuiteFact]
    public async Task A_process_whose_memory_is_behind_loses_the_race_and_nothing_else()
    {
        await using var one = await OpenAsync();
        await using var other = await OpenAsync();
        await AppendAsync(one, 0);
        await AppendAsync(other, 1);
        await AppendAsync(other, 2);

        // One's memory has version 1 and the positions of then.
        await Assert.ThrowsAsync<JournalConflictException>(() => AppendAsync(one, 1));
        await AppendAsync(one, 3);
        Assert.Equal(4, (await other.ReadAsync(Journal, null, default)).Version);
        Assert.Equal([1L, 2, 3, 4], (await one.ReadLogAsync(Journal.ShardOf(one.Shards), 0, 10, default)).Select(entry => entry.Position));
        Assert.Null((await one.VerifyAsync(null, null, default)).FirstDamage);
    }

    [SuiteFact]
    public async Task A_process_that_stops_with_a_commit_from_memory_holds_nothing_and_overwrites_nothing()
    {
        await using var stopped = await OpenAsync();
        await AppendAsync(stopped, 0);
        await using var other = await PostgreSqlJournalStore.OpenAsync(new PostgreSqlStoreOptions { Connection = Connection });
        var decided = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goesOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _at[CommitPoint.BeforeCommit] = () =>
        {
            decided.SetResult();
            return goesOn.Task;
        };
        var zombie = AppendAsync(stopped, 1);
        await decided.Task.WaitAsync(TimeSpan.FromSeconds(30));

        await AppendAsync(other, 1).WaitAsync(TimeSpan.FromSeconds(30));
        goesOn.SetResult();

        await Assert.ThrowsAsync<JournalConflictException>(() => zombie);
        Assert.Equal(2, (await stopped.ReadAsync(Journal, null, default)).Version);
        Assert.Null((await other.VerifyAsync(null, null, default)).FirstDamage);
    }

    [SuiteFact]
    public async Task A_session_that_ends_before_its_commit_under_locks_leaves_the_outcome_unknown_and_the_store_well()
    {
        await using var store = await OpenAsync(alwaysLock: true);
        await AppendAsync(store, 0);
        _at[CommitPoint.BeforeCommit] = EndSessionsAsync;

        await Assert.ThrowsAsync<JournalOutcomeUnknownException>(() => AppendAsync(store, 1));

        // Reading again tells: nothing was written, and the same turn may be tried.
        Assert.Equal(1, (await store.ReadAsync(Journal, null, default)).Version);
        await AppendAsync(store, 1);
        Assert.Null((await store.VerifyAsync(null, null, default)).FirstDamage);
    }

    [SuiteFact]
    public async Task A_commit_that_is_confirmed_with_a_warning_is_not_confirmed()
    {
        await using var store = await OpenAsync();
        await AppendAsync(store, 0);
        await PostgreSqlServer.ExecuteAsync(Connection, """
            CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE WARNING 'as for a standby that was not waited for'; RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER warn AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION warn()
            """);

        await Assert.ThrowsAsync<JournalOutcomeUnknownException>(() => AppendAsync(store, 1));

        Assert.Equal(2, (await store.ReadAsync(Journal, null, default)).Version);
    }

    [SuiteFact]
    public async Task A_commit_that_lasts_is_not_given_up_behind_a_pooler_that_numbers_sessions_itself()
    {
        // To give it up would be to cancel it: one that waits for a standby would be made, seen and confirmed without the standby.
        var directory = new Npgsql.NpgsqlConnectionStringBuilder(server.Connection).Host!; // ! every connection string here has one
        if (!directory.StartsWith('/'))
            return;
        await using var pooler = new RenumberingPooler(directory);
        await using var store = await PostgreSqlJournalStore.OpenAsync(new PostgreSqlStoreOptions
        {
            Connection = $"{Connection};Host=127.0.0.1;Port={pooler.Port};SSL Mode=Disable",
        });
        await AppendAsync(store, 0);
        await PostgreSqlServer.ExecuteAsync(Connection, """
            CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_sleep(11); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION wait()
            """);

        await AppendAsync(store, 1);

        Assert.Equal(0, pooler.Cancels);
        Assert.Equal(2, (await store.ReadAsync(Journal, null, default)).Version);
    }

    [SuiteFact]
    public async Task A_database_that_went_back_stops_the_store_and_nothing_is_written_on_it()
    {
        await using var store = await OpenAsync();
        await AppendAsync(store, 0);
        await PostgreSqlServer.ExecuteAsync(Connection, "CREATE TABLE old_head AS SELECT * FROM head; CREATE TABLE old_shard AS SELECT * FROM shard");
        await AppendAsync(store, 1);

        // As a standby that was one commit behind has it when it is promoted.
        await PostgreSqlServer.ExecuteAsync(Connection, """
            DELETE FROM entry WHERE version = 2; DELETE FROM head; INSERT INTO head SELECT * FROM old_head;
            UPDATE shard SET position = old_shard.position FROM old_shard WHERE shard.shard = old_shard.shard
            """);

        await Assert.ThrowsAsync<JournalUnavailableException>(() => AppendAsync(store, 2));
        Assert.Contains("has lost commits", await store.Failed.WaitAsync(TimeSpan.FromSeconds(30)), StringComparison.Ordinal);
        await Assert.ThrowsAsync<JournalUnavailableException>(() => AppendAsync(store, 1));

        await using var again = await OpenAsync();
        await AppendAsync(again, 1);
        Assert.False(again.Failed.IsCompleted);
        Assert.Null((await again.VerifyAsync(null, null, default)).FirstDamage);
    }

    [SuiteFact]
    public async Task A_process_that_stops_while_it_holds_a_shard_does_not_stop_the_others()
    {
        await using var stopped = await OpenAsync(alwaysLock: true);
        await AppendAsync(stopped, 0);
        await using var other = await PostgreSqlJournalStore.OpenAsync(new PostgreSqlStoreOptions { Connection = Connection });
        var holds = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goesOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _at[CommitPoint.BeforeCommit] = () =>
        {
            holds.SetResult();
            return goesOn.Task;
        };
        var zombie = AppendAsync(stopped, 1);
        await holds.Task.WaitAsync(TimeSpan.FromSeconds(30));

        await AppendAsync(other, 1).WaitAsync(TimeSpan.FromSeconds(30));
        goesOn.SetResult();

        await Assert.ThrowsAsync<JournalOutcomeUnknownException>(() => zombie);
        Assert.Equal(2, (await stopped.ReadAsync(Journal, null, default)).Version);
        await Assert.ThrowsAsync<JournalConflictException>(() => AppendAsync(stopped, 1));
        Assert.Null((await other.VerifyAsync(null, null, default)).FirstDamage);
    }

    [SuiteFact]
    public async Task A_row_that_does_not_fit_stops_its_own_journal_alone()
    {
        await using var store = await OpenAsync();
        await AppendAsync(store, 0);
        await PostgreSqlServer.ExecuteAsync(Connection, "DELETE FROM head");
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _at[CommitPoint.Taken] = () => held.Task;
        var bait = store.MoveCheckpointAsync(new CheckpointMove("bait", 0, 0, 0), default).AsTask();

        var damaged = AppendAsync(store, 0);
        var sound = store.AppendAsync(new JournalTurn(new JournalId(JournalKind.Patient, "two"), 0, [new byte[] { 1 }]), default).AsTask();
        held.SetResult();

        await bait;
        await sound;
        Assert.Equal(Journal, (await Assert.ThrowsAsync<JournalDamagedException>(() => damaged)).Damage.Journal);
        await Assert.ThrowsAsync<JournalDamagedException>(async () => await store.ReadAsync(Journal, null, default));
        Assert.Equal(Journal, (await store.VerifyAsync(null, null, default)).FirstDamage?.Journal);
    }

    /// <summary>A role or a database may ask for another isolation than the server's own default.</summary>
    [SuiteFact]
    public async Task A_commit_that_waited_for_another_one_is_none_the_worse_for_the_isolation_that_sessions_begin_with()
    {
        await using var store = await PostgreSqlJournalStore.OpenAsync(new PostgreSqlStoreOptions
        {
            Connection = $"{Connection};Options=-c default_transaction_isolation=serializable",
        });
        await AppendAsync(store, 0);
        await using var other = new Npgsql.NpgsqlConnection(Connection);
        await other.OpenAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var touch = new Npgsql.NpgsqlCommand("UPDATE shard SET position = position", other, transaction))
            await touch.ExecuteNonQueryAsync();

        var waiting = AppendAsync(store, 1);
        await UntilSomebodyWaitsForALockAsync();
        await transaction.CommitAsync();

        await waiting;
        Assert.Equal(2, (await store.ReadAsync(Journal, null, default)).Version);
    }

    [SuiteFact]
    public async Task A_checkpoint_that_is_not_as_it_was_written_stays_so_until_somebody_mends_it()
    {
        await using (var before = await OpenAsync())
            await before.MoveCheckpointAsync(new CheckpointMove("reader", 0, 0, 5), default);
        await PostgreSqlServer.ExecuteAsync(Connection, "UPDATE checkpoint SET seal = seal + 1");
        await using var store = await OpenAsync();

        for (var i = 0; i < 3; i++)
        {
            await Assert.ThrowsAsync<JournalDamagedException>(
                async () => await store.MoveCheckpointAsync(new CheckpointMove("reader", 0, 5, 6 + i), default));
        }

        await Assert.ThrowsAsync<JournalDamagedException>(async () => await store.ReadCheckpointAsync("reader", 0, default));
    }

    [SuiteFact]
    public async Task A_dry_run_names_the_steps_and_changes_nothing()
    {
        var options = new PostgreSqlStoreOptions { Connection = Connection };
        Assert.Equal([1, 2, 3, 4, 5], (await PostgreSqlJournalStore.PlanMigrationsAsync(options)).Select(step => step.Number));
        Assert.Equal([1, 2, 3, 4, 5], (await PostgreSqlJournalStore.PlanMigrationsAsync(options)).Select(step => step.Number));

        await (await OpenAsync()).DisposeAsync();

        Assert.Empty(await PostgreSqlJournalStore.PlanMigrationsAsync(options));
    }

    [SuiteFact]
    public async Task Processes_that_start_together_make_one_store()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => OpenAsync()));

        Assert.Single(stores.Select(store => store.StoreId).Distinct());
        foreach (var store in stores)
            await store.DisposeAsync();
    }

    [SuiteFact]
    public async Task A_newer_schema_is_refused()
    {
        await (await OpenAsync()).DisposeAsync();
        await PostgreSqlServer.ExecuteAsync(Connection, "INSERT INTO migration (number, what) VALUES (99, 'of a later version')");

        var refused = await Assert.ThrowsAsync<JournalUnavailableException>(() => OpenAsync());

        Assert.Contains("schema 99", refused.Message, StringComparison.Ordinal);
    }

    [SuiteFact]
    public async Task A_database_that_does_not_answer_is_away()
    {
        var away = await Assert.ThrowsAsync<JournalUnavailableException>(() => PostgreSqlJournalStore.OpenAsync(
            new PostgreSqlStoreOptions { Connection = "Host=/nonexistent;Username=nobody;Database=none" }));

        Assert.Equal(JournalUnavailableReason.Away, away.Reason);
    }

    [SuiteFact]
    public async Task A_connection_may_name_two_servers_as_the_runbook_does()
    {
        var away = await Assert.ThrowsAsync<JournalUnavailableException>(() => PostgreSqlJournalStore.OpenAsync(
            new PostgreSqlStoreOptions { Connection = "Host=127.0.0.1,127.0.0.2;Port=9;Target Session Attributes=primary;Username=nobody;Database=none" }));

        Assert.Equal(JournalUnavailableReason.Away, away.Reason);
    }

    private Task<PostgreSqlJournalStore> OpenAsync(bool alwaysLock = false) => PostgreSqlJournalStore.OpenAsync(new PostgreSqlStoreOptions
    {
        Connection = Connection,
        AlwaysLock = alwaysLock,
        Fault = point => _at.Remove(point, out var act) ? act() : Task.CompletedTask,
    });

    private static async Task<Appended> AppendAsync(PostgreSqlJournalStore store, long expected) =>
        await store.AppendAsync(new JournalTurn(Journal, expected, [new byte[] { 1, 2, 3 }]), default);

    private async Task UntilSomebodyWaitsForALockAsync()
    {
        for (var waiting = System.Diagnostics.Stopwatch.StartNew(); waiting.Elapsed < TimeSpan.FromSeconds(30);)
        {
            await using var look = new Npgsql.NpgsqlConnection(server.Connection);
            await look.OpenAsync();
            await using var count = new Npgsql.NpgsqlCommand(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'healthgrains' AND wait_event_type = 'Lock'", look);
            if ((long)(await count.ExecuteScalarAsync())! > 0) // ! count gives a row
                return;
        }

        throw new InvalidOperationException("Nobody waits for a lock.");
    }

    /// <summary>Ends every session of a store, and waits until the server has done so.</summary>
    private async Task EndSessionsAsync() => await PostgreSqlServer.ExecuteAsync(
        server.Connection,
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'healthgrains'");
}
