using HealthGrains.Grains.Journal;
using HealthGrains.Sqlite;
using HealthGrains.Sqlite.Native;
using HealthGrains.Sqlite.Reading;
using SQLitePCL;
using Xunit;

namespace HealthGrains.Store.Tests;

/// <summary>What each of SQLite's failures means: refused and served again, or unknown and stopped for good.</summary>
public sealed class Sqlite_failures : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private (SqliteFaultPoint Point, int Code)? _fault;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(nameof(SqliteFaultPoint.BeforeCommit), raw.SQLITE_FULL, JournalUnavailableReason.DiskFull)]
    [InlineData(nameof(SqliteFaultPoint.BeforeCommit), raw.SQLITE_IOERR_READ, JournalUnavailableReason.Away)]
    [InlineData(nameof(SqliteFaultPoint.Begun), raw.SQLITE_BUSY, JournalUnavailableReason.Busy)]
    public async Task A_failure_that_wrote_nothing_refuses_the_turn_and_the_store_serves_on(
        string place, int code, JournalUnavailableReason reason)
    {
        var point = Enum.Parse<SqliteFaultPoint>(place);
        await using var store = await OpenAsync();
        await AppendAsync(store, 0);

        _fault = (point, code);
        var refused = await Assert.ThrowsAsync<JournalUnavailableException>(() => AppendAsync(store, 1));

        Assert.Equal(reason, refused.Reason);
        Assert.Null(_fault);
        Assert.False(store.Failed.IsCompleted);
        await AppendAsync(store, 1);
    }

    [Theory]
    [InlineData(raw.SQLITE_IOERR_FSYNC)]
    [InlineData(raw.SQLITE_IOERR_WRITE)]
    [InlineData(raw.SQLITE_CORRUPT)]
    public async Task A_failed_commit_leaves_the_outcome_unknown_and_stops_the_store(int code)
    {
        await using (var store = await OpenAsync())
        {
            await AppendAsync(store, 0);

            _fault = (SqliteFaultPoint.AfterCommit, code);
            await Assert.ThrowsAsync<JournalOutcomeUnknownException>(() => AppendAsync(store, 1));

            await AssertStoppedAsync(store);
        }

        await using var again = await OpenAsync();
        Assert.InRange((await again.ReadAsync(Journal, null, default)).Version, 1, 2);
    }

    [Theory]
    [InlineData(nameof(SqliteFaultPoint.Begun))]
    [InlineData(nameof(SqliteFaultPoint.BeforeCommit))]
    public async Task A_failed_sync_before_the_commit_wrote_nothing_and_stops_the_store(string place)
    {
        var point = Enum.Parse<SqliteFaultPoint>(place);
        await using (var store = await OpenAsync())
        {
            await AppendAsync(store, 0);

            _fault = (point, raw.SQLITE_IOERR_FSYNC);
            var refused = await Assert.ThrowsAsync<JournalUnavailableException>(() => AppendAsync(store, 1));

            Assert.Equal(JournalUnavailableReason.Away, refused.Reason);
            await AssertStoppedAsync(store);
        }

        await using var again = await OpenAsync();
        Assert.Equal(1, (await again.ReadAsync(Journal, null, default)).Version);
    }

    [Fact]
    public async Task A_damaged_page_fails_the_turn_that_stands_on_it_alone()
    {
        var others = Enumerable.Range(0, 2_000).Select(i => new JournalId(JournalKind.Inbox, $"{i}")).ToArray();
        await using (var store = await OpenAsync())
        {
            foreach (var journal in others)
                _ = store.AppendAsync(new JournalTurn(journal, 0, [new byte[10]]), default).AsTask();
            await AppendAsync(store, 0);
        }

        // Zeroes one leaf of the table of heads, the one that holds the journal.
        var path = SqliteFile.PathIn(_directory.Path);
        var bytes = await File.ReadAllBytesAsync(path);
        var place = bytes.AsSpan().LastIndexOf("patient/1"u8);
        for (var page = 0; page < bytes.Length / 4096; page++)
        {
            var leaf = bytes.AsSpan(page * 4096, 4096);
            if (leaf[0] == 0x0A && leaf.IndexOf("patient/1"u8) >= 0)
                leaf.Clear();
        }

        Assert.True(place > 0);
        await File.WriteAllBytesAsync(path, bytes);

        await using var damaged = await OpenAsync();
        var bad = AppendAsync(damaged, 1);
        var good = Enumerable.Range(0, 200)
            .Select(i => damaged.AppendAsync(
                new JournalTurn(new JournalId(JournalKind.Inbox, $"0-{i}"), 0, [new byte[10]]), default).AsTask())
            .ToArray();

        await Assert.ThrowsAsync<JournalDamagedException>(() => bad);
        await Task.WhenAll(good).WaitAsync(TimeSpan.FromSeconds(30));
        await Assert.ThrowsAsync<JournalDamagedException>(async () => await damaged.ReadAsync(Journal, null, default));
        Assert.Equal(1, (await damaged.ReadAsync(others[0], null, default)).Version);
        Assert.NotNull((await damaged.VerifyAsync(null, null, default)).FirstDamage);
    }

    [Fact]
    public void A_full_queue_of_reads_refuses_at_once()
    {
        var queue = new ReadQueue();
        for (var i = 0; i < JournalLimits.QueuedReadsMax; i++)
            queue.Add(new ReadRequest<int>(_ => 0));

        var busy = Assert.Throws<JournalUnavailableException>(() => queue.Add(new ReadRequest<int>(_ => 0)));

        Assert.Equal(JournalUnavailableReason.Busy, busy.Reason);
        var batch = new List<ReadRequest>();
        Assert.True(queue.Take(batch));
        Assert.Equal(JournalLimits.SharedReadsMax, batch.Count);
    }

    [Fact]
    public async Task A_writer_of_another_process_is_waited_for()
    {
        await using var store = await OpenAsync();
        using var other = new Microsoft.Data.Sqlite.SqliteConnection(
            $"Data Source={SqliteFile.PathIn(_directory.Path)};Pooling=False");
        other.Open();
        var transaction = other.BeginTransaction(deferred: false);
        var append = AppendAsync(store, 0);
        Assert.False(append.IsCompleted);

        transaction.Dispose();

        await append.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static JournalId Journal { get; } = new(JournalKind.Patient, "1");

    private static async Task AppendAsync(SqliteJournalStore store, long expected) =>
        await store.AppendAsync(new JournalTurn(Journal, expected, [new byte[100]]), default);

    private static async Task AssertStoppedAsync(SqliteJournalStore store)
    {
        var line = await store.Failed.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.DoesNotContain('\n', line);
        var away = await Assert.ThrowsAsync<JournalUnavailableException>(() => AppendAsync(store, 2));
        Assert.Equal(JournalUnavailableReason.Away, away.Reason);
        away = await Assert.ThrowsAsync<JournalUnavailableException>(
            async () => await store.ReadAsync(Journal, null, default));
        Assert.Equal(JournalUnavailableReason.Away, away.Reason);
        await Assert.ThrowsAsync<JournalUnavailableException>(
            async () => await store.WaitForLogAsync(0, 0, TimeSpan.FromMinutes(1), default));
    }

    private Task<SqliteJournalStore> OpenAsync() => SqliteJournalStore.OpenAsync(
        new SqliteStoreOptions { Directory = _directory.Path, Fault = OnFaultPoint });

    private void OnFaultPoint(SqliteFaultPoint point)
    {
        if (_fault is not { } fault || fault.Point != point)
            return;
        _fault = null;
        throw new SqliteFailure(fault.Code, "made by a test");
    }
}
