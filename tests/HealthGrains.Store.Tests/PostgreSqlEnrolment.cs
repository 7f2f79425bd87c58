using HealthGrains.Grains.Journal;
using HealthGrains.PostgreSql;
using HealthGrains.Testing.Suites;
using Npgsql;

namespace HealthGrains.Store.Tests;

/// <summary>Where the PostgreSQL stores of a test live (a schema for each test), and how they are broken.</summary>
public abstract class PostgreSqlEnrolment(PostgreSqlServer server) : JournalStoreSuite
{
    private readonly string _schema = $"t_{Guid.NewGuid():N}";
    private readonly SemaphoreSlim _isHeld = new(0);
    private TaskCompletionSource? _hold;
    private CommitBreak? _break;

    private protected string Connection => $"{server.Connection};Search Path={_schema}";

    private protected virtual PostgreSqlStoreOptions Options => new() { Connection = Connection };

    public override async Task InitializeAsync()
    {
        await PostgreSqlServer.ExecuteAsync(server.Connection, $"CREATE SCHEMA {_schema}");
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        _hold?.TrySetResult();
        await base.DisposeAsync();
        await PostgreSqlServer.ExecuteAsync(server.Connection, $"DROP SCHEMA {_schema} CASCADE");
    }

    protected override async Task<IJournalStore> OpenAsync() =>
        await PostgreSqlJournalStore.OpenAsync(Options with { Fault = OnPointAsync });

    protected override void BreakNextCommit(IJournalStore store, CommitBreak at) => _break = at;

    protected override async Task<IDisposable?> TryHoldCommitsAsync(IJournalStore store)
    {
        // A checkpoint that does not move brings the writer to the place where it waits.
        var hold = _hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var bait = store.MoveCheckpointAsync(new CheckpointMove("bait", 0, 0, 0), default).AsTask();
        await Within(_isHeld.WaitAsync(), "the writer at the place where it is held");
        return new Held(hold, bait);
    }

    protected override async Task DamageAsync(StoredPlace place, JournalId journal, long version)
    {
        const string flip = "bytes = set_byte(bytes, octet_length(bytes) - 1, get_byte(bytes, octet_length(bytes) - 1) # 1)";
        var changed = await PostgreSqlServer.ExecuteAsync(Connection, place == StoredPlace.Content
            ? $"UPDATE content SET {flip} WHERE journal = '{journal.Value}' AND bytes IS NOT NULL; UPDATE chunk SET {flip} "
                + $"WHERE journal = '{journal.Value}' AND number = (SELECT max(number) FROM chunk WHERE journal = '{journal.Value}')"
            : $"UPDATE entry SET body = set_byte(body, 0, get_byte(body, 0) # 1) "
                + $"WHERE journal = '{journal.Value}' AND version = {version}");
        if (changed != 1)
            throw new InvalidOperationException($"The damage changed {changed} rows.");
    }

    private async Task OnPointAsync(CommitPoint point)
    {
        if (point == CommitPoint.Taken && _hold is { Task.IsCompleted: false } hold)
        {
            _isHeld.Release();
            await hold.Task;
        }

        if ((point, _break) is (CommitPoint.BeforeCommit, CommitBreak.Before) or (CommitPoint.AfterCommit, CommitBreak.After))
        {
            _break = null;
            throw new NpgsqlException("made by a test");
        }
    }

    private sealed class Held(TaskCompletionSource hold, Task bait) : IDisposable
    {
        public void Dispose()
        {
            hold.TrySetResult();
            _ = bait.ContinueWith(static done => done.Exception, TaskScheduler.Default);
        }
    }
}
