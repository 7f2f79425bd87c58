using System.Collections.Concurrent;
using HealthGrains.Grains.Journal;
using Xunit;

namespace HealthGrains.Testing.Suites;

/// <summary>J3: each shard's log is dense in commit order, and a reader never misses an entry.</summary>
public abstract partial class JournalStoreSuite
{
    [SuiteFact]
    public async Task Every_entry_is_in_the_log_of_its_journals_shard_once()
    {
        var store = await OpenedAsync();
        var acknowledged = await AppendManyAsync(300, store);

        var found = 0;
        for (var shard = 0; shard < store.Shards; shard++)
        {
            foreach (var entry in await ReadWholeLogAsync(store, shard))
            {
                Assert.Equal(shard, entry.Shard);
                Assert.Equal(shard, entry.Journal.ShardOf(store.Shards));
                Assert.Contains((entry.Journal, new Appended(entry.Version, shard, entry.Position)), acknowledged);
                Assert.Equal(Body(1), entry.Body.ToArray());
                found++;
            }
        }

        Assert.Equal(300, found);
    }

    [SuiteFact]
    public async Task Positions_are_dense_with_many_writers_in_two_stores()
    {
        var (first, second) = (await OpenedAsync(), await OpenedAsync());

        var acknowledged = await AppendManyAsync(1_000, first, second);

        var positions = await first.ReadPositionsAsync(default);
        Assert.Equal(positions, await second.ReadPositionsAsync(default));
        Assert.Equal(1_000, positions.Sum());
        foreach (var shard in acknowledged.GroupBy(each => each.At.Shard))
        {
            Assert.Equal(
                Enumerable.Range(1, shard.Count()).Select(position => (long)position),
                shard.Select(each => each.At.FirstPosition).Order());
            Assert.Equal(shard.Count(), (await ReadWholeLogAsync(second, shard.Key)).Count);
        }
    }

    [SuiteFact]
    public async Task A_reader_beside_the_writers_never_misses_an_entry()
    {
        IJournalStore[] stores = [await OpenedAsync(), await OpenedAsync()];
        var expected = new ConcurrentBag<(JournalId, long)>();
        using var written = new CancellationTokenSource();
        var pagesBeside = 0;

        var readers = Enumerable.Range(0, stores[0].Shards).Select(async shard =>
        {
            var seen = new List<(JournalId, long)>();
            var isLast = false;
            while (true)
            {
                var page = await stores[shard % 2].ReadLogAsync(shard, seen.Count, 50, default);
                for (var i = 0; i < page.Count; i++)
                {
                    Assert.Equal(seen.Count + 1, page[i].Position);
                    seen.Add((page[i].Journal, page[i].Version));
                }

                if (page.Count > 0)
                {
                    if (!written.IsCancellationRequested)
                        Interlocked.Increment(ref pagesBeside);
                    continue;
                }

                if (isLast)
                    return seen;
                isLast = written.IsCancellationRequested;
                await stores[shard % 2].WaitForLogAsync(shard, seen.Count, TimeSpan.FromMilliseconds(50), default);
            }
        }).ToArray();

        await Within(Task.WhenAll(Enumerable.Range(0, 40).Select(async writer =>
        {
            var journal = new JournalId(JournalKind.Inbox, $"writer-{writer}");
            for (var version = 0; version < 10; version++)
            {
                await AppendAsync(stores[(writer + version) % 2], journal, version * 2, entries: 2);
                expected.Add((journal, (version * 2) + 1));
                expected.Add((journal, (version * 2) + 2));
                await Task.Yield();
            }
        })), "all writers");
        await written.CancelAsync();

        var all = (await Within(Task.WhenAll(readers), "all readers")).SelectMany(seen => seen).ToHashSet();
        Assert.Equal(800, expected.Count);
        Assert.True(all.SetEquals(expected));
        Assert.True(pagesBeside > 0, "The readers read while the writers wrote.");
    }

    [SuiteFact]
    public async Task A_page_has_at_most_the_entries_that_were_asked_for()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        var shard = journal.ShardOf(store.Shards);
        await AppendAsync(store, journal, 0, entries: 25);

        Assert.Equal([1, 2, 3], (await store.ReadLogAsync(shard, 0, 3, default)).Select(entry => entry.Position));
        Assert.Equal([24, 25], (await store.ReadLogAsync(shard, 23, 1_000, default)).Select(entry => entry.Position));
        Assert.Empty(await store.ReadLogAsync(shard, 25, 10, default));
        Assert.Empty(await store.ReadLogAsync(shard, 1_000_000, 10, default));
        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await store.ReadLogAsync(shard, 0, JournalLimits.LogPageEntriesMax + 1, default));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.ReadLogAsync(store.Shards, 0, 1, default));
    }

    [SuiteFact]
    public async Task A_page_ends_when_it_is_heavy()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        await store.AppendAsync(
            Turn(journal, 0, [.. Enumerable.Range(1, 10).Select(v => Body(v, JournalLimits.EntryBytesMax))]), default);

        var page = await store.ReadLogAsync(journal.ShardOf(store.Shards), 0, 10, default);

        Assert.Equal(JournalLimits.LogPageBytesMax / JournalLimits.EntryBytesMax, page.Count);
    }

    [SuiteFact]
    public async Task Positions_of_an_empty_store_are_zero()
    {
        var store = await OpenedAsync();

        var positions = await store.ReadPositionsAsync(default);

        Assert.Equal(store.Shards, positions.Count);
        Assert.All(positions, position => Assert.Equal(0, position));
    }

    [SuiteFact]
    public async Task A_wait_ends_when_the_log_grows()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        var shard = journal.ShardOf(store.Shards);
        var wait = store.WaitForLogAsync(shard, 0, TimeSpan.FromMinutes(10), default).AsTask();
        Assert.False(wait.IsCompleted);

        await AppendAsync(store, journal, 0);

        await Within(wait, "the wake-up after an append");
    }

    [SuiteFact]
    public async Task A_wait_ends_when_another_store_on_the_medium_grows_the_log()
    {
        var (first, second) = (await OpenedAsync(), await OpenedAsync());
        var journal = NewJournal();
        var wait = first.WaitForLogAsync(journal.ShardOf(first.Shards), 0, TimeSpan.FromMinutes(10), default).AsTask();

        await AppendAsync(second, journal, 0);

        await Within(wait, "the wake-up after another store's append");
    }

    [SuiteFact]
    public async Task A_wait_for_what_is_already_there_ends_at_once()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        await AppendAsync(store, journal, 0);

        await Within(
            store.WaitForLogAsync(journal.ShardOf(store.Shards), 0, TimeSpan.FromMinutes(10), default).AsTask(), "the wait");
    }

    [SuiteFact]
    public async Task A_wait_ends_without_an_entry_after_its_time_or_with_its_cancellation()
    {
        var store = await OpenedAsync();
        using var given = new CancellationTokenSource();

        await Within(store.WaitForLogAsync(0, 0, TimeSpan.FromMilliseconds(20), default).AsTask(), "the end of the time");

        var wait = store.WaitForLogAsync(0, 0, TimeSpan.FromMinutes(10), given.Token).AsTask();
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Within(wait, "the cancellation"));
    }
}
