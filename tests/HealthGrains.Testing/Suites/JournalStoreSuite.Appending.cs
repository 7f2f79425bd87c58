using HealthGrains.Grains.Journal;
using Xunit;

namespace HealthGrains.Testing.Suites;

/// <summary>J1 and J2: all or none, dense versions, one winner.</summary>
public abstract partial class JournalStoreSuite
{
    [SuiteFact]
    public async Task An_appended_turn_is_read_back_as_it_was_written()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();

        var appended = await store.AppendAsync(Turn(journal, 0, Body(1), Body(2, bytes: 1), Body(3, bytes: 50_000)), default);
        var tail = await store.ReadAsync(journal, null, default);

        Assert.Equal(1, appended.FirstVersion);
        Assert.Equal(journal.ShardOf(store.Shards), appended.Shard);
        Assert.Equal(3, tail.Version);
        Assert.Null(tail.Snapshot);
        Assert.Equal([1, 2, 3], tail.Entries.Select(entry => entry.Version));
        Assert.Equal(
            [appended.FirstPosition, appended.FirstPosition + 1, appended.FirstPosition + 2],
            tail.Entries.Select(entry => entry.Position));
        Assert.Equal(Body(1), tail.Entries[0].Body.ToArray());
        Assert.Equal(Body(2, bytes: 1), tail.Entries[1].Body.ToArray());
        Assert.Equal(Body(3, bytes: 50_000), tail.Entries[2].Body.ToArray());
    }

    [SuiteFact]
    public async Task What_was_acknowledged_is_there_when_the_medium_is_opened_again()
    {
        var store = await OpenedAsync();
        var (id, shards) = (store.StoreId, store.Shards);
        var acknowledged = await AppendManyAsync(200, store);

        store = await ReopenedAsync(store);

        Assert.Equal(id, store.StoreId);
        Assert.Equal(shards, store.Shards);
        foreach (var (journal, at) in acknowledged)
        {
            var entry = Assert.Single((await store.ReadAsync(journal, null, default)).Entries);
            Assert.Equal(at.FirstPosition, entry.Position);
            Assert.Equal(Body(1), entry.Body.ToArray());
        }
    }

    [SuiteFact]
    public async Task Two_stores_on_one_medium_see_each_others_turns()
    {
        var (first, second) = (await OpenedAsync(), await OpenedAsync());
        var journal = NewJournal();

        await AppendAsync(first, journal, 0);
        await AppendAsync(second, journal, 1);

        Assert.Equal(first.StoreId, second.StoreId);
        Assert.Equal(2, (await first.ReadAsync(journal, null, default)).Version);
        Assert.Equal(2, (await second.ReadAsync(journal, null, default)).Version);
    }

    [SuiteFact]
    public async Task A_stale_append_conflicts_and_writes_nothing()
    {
        var store = await OpenedAsync();
        using var counts = new JournalCounts(store);
        var journal = NewJournal();
        await AppendAsync(store, journal, 0, entries: 2);
        var positions = await store.ReadPositionsAsync(default);
        var content = Content(Bytes(10));

        await Assert.ThrowsAsync<JournalConflictException>(async () => await store.AppendAsync(
            Turn(journal, 1, Body(99)) with
            {
                Contents = [content],
                Checkpoint = new CheckpointMove("reader", 0, 0, 5),
            },
            default));

        Assert.Equal(1, counts.Conflicts);
        Assert.Equal(2, (await store.ReadAsync(journal, null, default)).Version);
        Assert.Equal(positions, await store.ReadPositionsAsync(default));
        Assert.Empty(await ReadContentAsync(store, journal, content.Sha256));
        Assert.Equal(0, await store.ReadCheckpointAsync("reader", 0, default));
    }

    [SuiteFact]
    public async Task An_append_that_expects_more_than_there_is_conflicts()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();

        await Assert.ThrowsAsync<JournalConflictException>(async () => await AppendAsync(store, journal, 1));

        Assert.Equal(0, (await store.ReadAsync(journal, null, default)).Version);
    }

    [SuiteFact]
    public async Task Of_racing_writers_exactly_one_wins_each_version()
    {
        const int Writers = 8;
        const int Versions = 25;
        IJournalStore[] stores = [await OpenedAsync(), await OpenedAsync()];
        using var counts = new JournalCounts(stores[0]);
        var journal = NewJournal();
        var wins = 0;

        for (var version = 0; version < Versions; version++)
        {
            var expected = version;
            await Within(Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
            {
                try
                {
                    await AppendAsync(stores[writer % 2], journal, expected);
                    Interlocked.Increment(ref wins);
                }
                catch (JournalConflictException)
                {
                    // The other writers' lot.
                }
            })), $"the race for version {expected + 1}");
        }

        var tail = await stores[1].ReadAsync(journal, null, default);
        Assert.Equal(Versions, wins);
        Assert.Equal(Versions, tail.Version);
        Assert.Equal(Enumerable.Range(1, Versions).Select(v => (long)v), tail.Entries.Select(entry => entry.Version));
        Assert.Equal(Versions * (Writers - 1), counts.Conflicts);
    }

    [SuiteFact]
    public async Task Turns_of_one_journal_that_wait_together_follow_each_other()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        using (await TryHoldCommitsAsync(store))
        {
            var appends = Enumerable.Range(0, 20).Select(version => AppendAsync(store, journal, version)).ToList();
            appends.Add(AppendAsync(store, NewJournal(), 0));
            _ = appends;
        }

        var tail = await Within(WaitForVersionAsync(store, journal, 20), "the last of the turns");
        Assert.Equal(Enumerable.Range(1, 20).Select(v => (long)v), tail.Entries.Select(entry => entry.Version));
    }

    [SuiteFact]
    public async Task A_conflict_in_a_shared_commit_fails_that_turn_alone()
    {
        var store = await OpenedAsync();
        using var counts = new JournalCounts(store);
        var contended = NewJournal();
        await AppendAsync(store, contended, 0);
        List<Task<Appended>> good;
        Task<Appended> stale;
        using (await TryHoldCommitsAsync(store))
        {
            good = [.. Enumerable.Range(0, 5).Select(_ => AppendAsync(store, NewJournal(), 0))];
            stale = AppendAsync(store, contended, 0);
            good.AddRange(Enumerable.Range(0, 5).Select(_ => AppendAsync(store, NewJournal(), 0)));
        }

        await Within(Task.WhenAll(good), "the turns that fit");
        await Assert.ThrowsAsync<JournalConflictException>(() => Within(stale, "the stale turn"));
        Assert.Equal(1, counts.Conflicts);
        Assert.Equal(1, (await store.ReadAsync(contended, null, default)).Version);
    }

    [SuiteFact]
    public async Task Turns_that_arrive_together_share_commits()
    {
        var store = await OpenedAsync();
        using var counts = new JournalCounts(store);

        await AppendManyAsync(2_000, store);

        Assert.Equal(2_000, counts.Turns);
        Assert.Equal(2_000, counts.Entries);
        if (SharesCommits)
            Assert.InRange(counts.Commits, 2_000 / CommitTurnsMax, 1_000);
        else
            Assert.Equal(2_000, counts.Commits);
    }

    [SuiteFact]
    public async Task A_turn_that_could_not_be_committed_wrote_nothing()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        var content = Content(Bytes(10));
        BreakNextCommit(store, CommitBreak.Before);

        var turn = Turn(journal, 0, Body(1)) with
        {
            Contents = [content],
            Checkpoint = new CheckpointMove("reader", 0, 0, 5),
        };
        await Assert.ThrowsAsync<JournalUnavailableException>(async () => await store.AppendAsync(turn, default));

        Assert.Equal(0, (await store.ReadAsync(journal, null, default)).Version);
        Assert.Equal(0, await store.ReadCheckpointAsync("reader", 0, default));
        Assert.Empty(await ReadContentAsync(store, journal, content.Sha256));
        Assert.All(await store.ReadPositionsAsync(default), position => Assert.Equal(0, position));

        // A retry may succeed, as the exception says.
        await store.AppendAsync(turn, default);
        Assert.Equal(5, await store.ReadCheckpointAsync("reader", 0, default));
    }

    [SuiteFact]
    public async Task A_turn_whose_outcome_is_unknown_is_there_as_a_whole_or_not_at_all()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        var bytes = Bytes(600_000);
        BreakNextCommit(store, CommitBreak.After);

        await Assert.ThrowsAsync<JournalOutcomeUnknownException>(async () => await store.AppendAsync(
            Turn(journal, 0, Body(1), Body(2)) with
            {
                Contents = [Content(bytes)],
                Checkpoint = new CheckpointMove("reader", 0, 0, 5),
            },
            default));

        store = await ReopenedAsync(store);
        Assert.Equal(2, (await store.ReadAsync(journal, null, default)).Version);
        Assert.Equal(5, await store.ReadCheckpointAsync("reader", 0, default));
        Assert.Equal(bytes, (await ReadContentAsync(store, journal, Content(bytes).Sha256)).SelectMany(chunk => chunk));
        await AppendAsync(store, journal, 2);
    }

    [SuiteFact]
    public async Task A_turns_buffers_can_be_used_again_once_it_is_done()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        var (body, content) = (Body(1), Bytes(100));
        var sha256 = Content(content).Sha256;
        await store.AppendAsync(Turn(journal, 0, body) with { Contents = [new JournalContent(sha256, content)] }, default);

        Array.Clear(body);
        Array.Clear(content);

        Assert.Equal(Body(1), (await store.ReadAsync(journal, null, default)).Entries[0].Body.ToArray());
        Assert.Equal(Bytes(100), (await ReadContentAsync(store, journal, sha256)).SelectMany(chunk => chunk));
    }

    [SuiteFact]
    public async Task A_shutdown_that_has_begun_takes_no_further_turn()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await store.AppendAsync(Turn(journal, 0, Body(1)), new CancellationToken(canceled: true)));

        Assert.Equal(0, (await store.ReadAsync(journal, null, default)).Version);
    }

    [SuiteFact]
    public async Task A_closed_store_commits_what_waited_and_is_away_afterwards()
    {
        var store = await OpenedAsync();
        var journals = Enumerable.Range(0, 50).Select(_ => NewJournal()).ToArray();
        var appends = journals.Select(journal => AppendAsync(store, journal, 0)).ToArray();

        await store.DisposeAsync();

        await Within(Task.WhenAll(appends), "the turns that waited when the store was closed");
        var away = await Assert.ThrowsAsync<JournalUnavailableException>(() => AppendAsync(store, NewJournal(), 0));
        Assert.Equal(JournalUnavailableReason.Away, away.Reason);
        away = await Assert.ThrowsAsync<JournalUnavailableException>(
            async () => await store.ReadAsync(journals[0], null, default));
        Assert.Equal(JournalUnavailableReason.Away, away.Reason);
        store = await OpenedAsync();
        foreach (var journal in journals)
            Assert.Equal(1, (await store.ReadAsync(journal, null, default)).Version);
    }

    private static async Task<JournalTail> WaitForVersionAsync(IJournalStore store, JournalId journal, long version)
    {
        while (true)
        {
            var tail = await store.ReadAsync(journal, null, default);
            if (tail.Version >= version)
                return tail;
            var shard = journal.ShardOf(store.Shards);
            await store.WaitForLogAsync(
                shard, (await store.ReadPositionsAsync(default))[shard], TimeSpan.FromMilliseconds(100), default);
        }
    }
}
