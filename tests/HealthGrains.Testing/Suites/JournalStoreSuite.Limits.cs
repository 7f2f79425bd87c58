using HealthGrains.Grains.Journal;
using Xunit;

namespace HealthGrains.Testing.Suites;

/// <summary>Every maximum of <see cref="JournalLimits"/>, and what happens there.</summary>
public abstract partial class JournalStoreSuite
{
    [SuiteFact]
    public async Task A_turn_has_at_most_its_entries()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();

        var appended = await AppendAsync(store, journal, 0, JournalLimits.TurnEntriesMax);
        await Assert.ThrowsAnyAsync<ArgumentException>(
            () => AppendAsync(store, journal, JournalLimits.TurnEntriesMax, JournalLimits.TurnEntriesMax + 1));
        await Assert.ThrowsAnyAsync<ArgumentException>(
            () => AppendAsync(store, journal, JournalLimits.TurnEntriesMax, entries: 0));

        Assert.Equal(1, appended.FirstPosition);
        Assert.Equal(JournalLimits.TurnEntriesMax, (await store.ReadAsync(journal, null, default)).Version);
    }

    [SuiteFact]
    public async Task A_body_has_at_least_one_byte_and_at_most_its_maximum()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();

        await store.AppendAsync(Turn(journal, 0, Bytes(JournalLimits.EntryBytesMax)), default);
        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await store.AppendAsync(Turn(journal, 1, Bytes(JournalLimits.EntryBytesMax + 1)), default));
        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await store.AppendAsync(Turn(journal, 1, []), default));
        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await store.AppendAsync(new JournalTurn(journal, 1, [Array.Empty<byte>()]), default));

        var tail = await store.ReadAsync(journal, null, default);
        Assert.Equal(Bytes(JournalLimits.EntryBytesMax), Assert.Single(tail.Entries).Body.ToArray());
    }

    [SuiteFact]
    public async Task A_content_has_at_least_one_byte_and_at_most_its_maximum()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();

        foreach (var size in (int[])[0, JournalLimits.ContentBytesMax + 1])
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.AppendAsync(
                Turn(journal, 0, Body(1)) with { Contents = [Content(Bytes(size))] }, default));
        }

        Assert.Equal(0, (await store.ReadAsync(journal, null, default)).Version);
    }

    [SuiteFact]
    public async Task A_journal_id_is_not_the_default_value()
    {
        var store = await OpenedAsync();

        await Assert.ThrowsAnyAsync<ArgumentException>(() => AppendAsync(store, default, 0));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.ReadAsync(default, null, default));
    }

    [SuiteFact]
    public async Task A_checkpoint_has_a_short_printable_name_and_a_shard_of_the_store()
    {
        var store = await OpenedAsync();
        var longest = new string('n', JournalLimits.CheckpointNameMax);
        await store.MoveCheckpointAsync(new CheckpointMove(longest, 0, 0, 1), default);
        Assert.Equal(1, await store.ReadCheckpointAsync(longest, 0, default));

        foreach (var (name, shard) in ((string, int)[])[(longest + "n", 0), ("", 0), ("é", 0), ("n", -1), ("n", store.Shards)])
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(
                async () => await store.MoveCheckpointAsync(new CheckpointMove(name, shard, 0, 1), default));
            await Assert.ThrowsAnyAsync<ArgumentException>(
                async () => await store.ReadCheckpointAsync(name, shard, default));
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.AppendAsync(
                Turn(NewJournal(), 0, Body(1)) with { Checkpoint = new CheckpointMove(name, shard, 0, 1) }, default));
        }
    }

    [SuiteFact]
    public async Task A_snapshot_has_at_most_its_bytes()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        await AppendAsync(store, journal, 0);

        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.WriteSnapshotAsync(
            journal, new JournalSnapshot(1, new byte[JournalLimits.SnapshotBytesMax + 1]), default));
    }

    [SuiteFact]
    public async Task A_commit_has_at_most_its_turns_and_the_rest_are_the_next_ones()
    {
        var store = await OpenedAsync();
        var turns = (CommitTurnsMax * 2) + 1;
        using var counts = new JournalCounts(store);
        IReadOnlyList<Task<Appended>> appends;
        using (await TryHoldCommitsAsync(store))
            appends = [.. Enumerable.Range(0, turns).Select(_ => AppendAsync(store, NewJournal(), 0))];

        await Within(Task.WhenAll(appends), "all turns");

        Assert.Equal(turns, counts.Turns);
        Assert.InRange(counts.Commits, 3, turns);
    }

    [SuiteFact]
    public async Task A_commit_that_is_heavy_takes_no_further_turn()
    {
        var store = await OpenedAsync();
        using var counts = new JournalCounts(store);
        var body = Bytes(JournalLimits.EntryBytesMax);
        IReadOnlyList<Task<Appended>> appends;
        using (await TryHoldCommitsAsync(store))
        {
            appends = [.. Enumerable.Range(0, 40).Select(
                async _ => await store.AppendAsync(Turn(NewJournal(), 0, body), default))];
        }

        await Within(Task.WhenAll(appends), "all heavy turns");

        Assert.Equal(40, counts.Turns);
        Assert.InRange(counts.Commits, 40L * JournalLimits.EntryBytesMax / JournalLimits.CommitBytesMax, 40);
    }

    [SuiteFact]
    public async Task A_full_queue_refuses_at_once_and_serves_again()
    {
        var store = await OpenedAsync();
        using var counts = new JournalCounts(store);
        var appends = new List<Task<Appended>>();
        using (var held = await TryHoldCommitsAsync(store))
        {
            if (held is null)
                return;

            // One commit's worth may already have left the queue when commits were held.
            JournalUnavailableException? refused = null;
            while (refused is null)
            {
                var append = AppendAsync(store, NewJournal(), 0);
                if (append.IsFaulted)
                    refused = await Assert.ThrowsAsync<JournalUnavailableException>(() => append);
                else
                    appends.Add(append);
                Assert.InRange(appends.Count, 0, JournalLimits.QueuedTurnsMax + JournalLimits.CommitTurnsMax);
            }

            Assert.Equal(JournalUnavailableReason.Busy, refused.Reason);
            Assert.True(counts.Refused > 0);
        }

        await Within(Task.WhenAll(appends), "the turns that had a place");
        await AppendAsync(store, NewJournal(), 0);
    }

    [SuiteFact]
    public async Task A_queue_full_of_bytes_refuses_at_once()
    {
        var store = await OpenedAsync();
        var body = Bytes(JournalLimits.EntryBytesMax);
        var heavy = Enumerable.Repeat(body, 127).ToArray();
        var appends = new List<Task<Appended>>();
        using (var held = await TryHoldCommitsAsync(store))
        {
            if (held is null)
                return;
            for (var i = 0; i < 2; i++)
                appends.Add(store.AppendAsync(Turn(NewJournal(), 0, heavy), default).AsTask());
            var busy = await Assert.ThrowsAsync<JournalUnavailableException>(
                () => Within(
                    store.AppendAsync(Turn(NewJournal(), 0, [.. heavy, .. heavy]), default).AsTask(), "the refusal"));
            Assert.Equal(JournalUnavailableReason.Busy, busy.Reason);
        }

        await Within(Task.WhenAll(appends), "the turns that had a place");
    }
}
