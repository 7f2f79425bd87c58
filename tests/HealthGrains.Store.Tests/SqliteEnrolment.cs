using HealthGrains.Grains.Journal;
using HealthGrains.Sqlite;
using HealthGrains.Sqlite.Native;
using HealthGrains.Testing.Suites;

namespace HealthGrains.Store.Tests;

/// <summary>Where the SQLite stores of a test live, and how they are broken.</summary>
public abstract class SqliteEnrolment : JournalStoreSuite
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualResetEventSlim _mayBegin = new(initialState: true);
    private readonly SemaphoreSlim _isHeld = new(0);
    private CommitBreak? _break;

    private protected virtual SqliteStoreOptions Options => new() { Directory = _directory.Path };

    private protected string DirectoryPath => _directory.Path;

    protected override async Task<IJournalStore> OpenAsync() =>
        await SqliteJournalStore.OpenAsync(Options with { Fault = OnFaultPoint });

    protected override void BreakNextCommit(IJournalStore store, CommitBreak at) => _break = at;

    protected override async Task<IDisposable?> TryHoldCommitsAsync(IJournalStore store)
    {
        // A snapshot of what is not there brings the writer to the place where it waits, and writes nothing.
        _mayBegin.Reset();
        var bait = store.WriteSnapshotAsync(NewJournal(), new JournalSnapshot(1, Body(1)), default).AsTask();
        await Within(_isHeld.WaitAsync(), "the writer at the place where it is held");
        return new Held(this, bait);
    }

    protected override Task DamageAsync(StoredPlace place, JournalId journal, long version)
    {
        if (place == StoredPlace.Content)
        {
            SqliteFile.Flip(_directory.Path, "chunk", "bytes", "number = (SELECT max(number) FROM chunk)", -1);
        }
        else
        {
            SqliteFile.Flip(
                _directory.Path,
                SqliteFile.LogOf(_directory.Path, journal),
                "body",
                $"journal = '{journal.Value}' AND version = {version}",
                0);
        }

        return Task.CompletedTask;
    }

    public override async Task DisposeAsync()
    {
        _mayBegin.Set();
        await base.DisposeAsync();
        _directory.Dispose();
    }

    private void OnFaultPoint(SqliteFaultPoint point)
    {
        if (point == SqliteFaultPoint.Begun && !_mayBegin.IsSet)
        {
            _isHeld.Release();
            _mayBegin.Wait();
        }

        if ((point, _break) is (SqliteFaultPoint.BeforeCommit, CommitBreak.Before)
            or (SqliteFaultPoint.AfterCommit, CommitBreak.After))
        {
            _break = null;
            throw new SqliteFailure(SQLitePCL.raw.SQLITE_IOERR_WRITE, "made by a test");
        }
    }

    private sealed class Held(SqliteEnrolment owner, Task bait) : IDisposable
    {
        public void Dispose()
        {
            owner._mayBegin.Set();
            _ = bait.ContinueWith(static done => done.Exception, TaskScheduler.Default);
        }
    }
}
