using HealthGrains.Grains.Journal;
using Xunit;

namespace HealthGrains.Testing.Suites;

/// <summary>J5: checkpoints move by compare-and-swap, with their turn or not at all.</summary>
public abstract partial class JournalStoreSuite
{
    [SuiteFact]
    public async Task A_checkpoint_starts_at_zero_and_moves_by_compare_and_swap()
    {
        var store = await OpenedAsync();
        using var counts = new JournalCounts(store);
        Assert.Equal(0, await store.ReadCheckpointAsync("router", 3, default));

        await store.MoveCheckpointAsync(new CheckpointMove("router", 3, 0, 10), default);
        await Assert.ThrowsAsync<JournalConflictException>(
            async () => await store.MoveCheckpointAsync(new CheckpointMove("router", 3, 0, 11), default));
        await store.MoveCheckpointAsync(new CheckpointMove("router", 3, 10, 12), default);

        Assert.Equal(12, await store.ReadCheckpointAsync("router", 3, default));
        Assert.Equal(1, counts.Conflicts);
    }

    [SuiteFact]
    public async Task Checkpoints_of_other_names_and_shards_stand_apart_and_survive()
    {
        var store = await OpenedAsync();
        await store.MoveCheckpointAsync(new CheckpointMove("router", 0, 0, 1), default);
        await store.MoveCheckpointAsync(new CheckpointMove("router", 1, 0, 2), default);
        await store.MoveCheckpointAsync(new CheckpointMove("archive", 0, 0, 3), default);

        store = await ReopenedAsync(store);

        Assert.Equal(1, await store.ReadCheckpointAsync("router", 0, default));
        Assert.Equal(2, await store.ReadCheckpointAsync("router", 1, default));
        Assert.Equal(3, await store.ReadCheckpointAsync("archive", 0, default));
        Assert.Equal(0, await store.ReadCheckpointAsync("archive", 1, default));
    }

    [SuiteFact]
    public async Task Of_racing_moves_of_one_checkpoint_one_wins()
    {
        IJournalStore[] stores = [await OpenedAsync(), await OpenedAsync()];
        var wins = 0;

        await Within(Task.WhenAll(Enumerable.Range(1, 20).Select(async mover =>
        {
            try
            {
                await stores[mover % 2].MoveCheckpointAsync(new CheckpointMove("router", 0, 0, mover), default);
                Interlocked.Increment(ref wins);
            }
            catch (JournalConflictException)
            {
                // The other movers' lot.
            }
        })), "all moves");

        Assert.Equal(1, wins);
    }

    [SuiteFact]
    public async Task A_checkpoint_in_a_turn_moves_with_it()
    {
        var store = await OpenedAsync();
        var inbox = NewJournal(JournalKind.Inbox);

        await store.AppendAsync(Turn(inbox, 0, Body(1)) with { Checkpoint = new CheckpointMove("router", 2, 0, 7) }, default);

        Assert.Equal(7, await store.ReadCheckpointAsync("router", 2, default));
        Assert.Equal(1, (await store.ReadAsync(inbox, null, default)).Version);
    }

    [SuiteFact]
    public async Task A_turn_whose_checkpoint_moved_conflicts_and_writes_nothing()
    {
        var store = await OpenedAsync();
        var inbox = NewJournal(JournalKind.Inbox);
        var content = Content(Bytes(10));
        await store.MoveCheckpointAsync(new CheckpointMove("router", 2, 0, 7), default);

        await Assert.ThrowsAsync<JournalConflictException>(async () => await store.AppendAsync(
            Turn(inbox, 0, Body(1)) with { Checkpoint = new CheckpointMove("router", 2, 6, 8), Contents = [content] },
            default));

        Assert.Equal(7, await store.ReadCheckpointAsync("router", 2, default));
        Assert.Equal(0, (await store.ReadAsync(inbox, null, default)).Version);
        Assert.Empty(await ReadContentAsync(store, inbox, content.Sha256));
        Assert.All(await store.ReadPositionsAsync(default), position => Assert.Equal(0, position));
    }

    [SuiteFact]
    public async Task Turns_that_wait_together_move_one_checkpoint_step_by_step()
    {
        var store = await OpenedAsync();
        List<Task<Appended>> appends;
        using (await TryHoldCommitsAsync(store))
        {
            appends = [.. Enumerable.Range(0, 10).Select(async step => await store.AppendAsync(
                Turn(NewJournal(JournalKind.Inbox), 0, Body(1)) with
                {
                    Checkpoint = new CheckpointMove("router", 0, step, step + 1),
                },
                default))];
        }

        await Within(Task.WhenAll(appends), "all deliveries");
        Assert.Equal(10, await store.ReadCheckpointAsync("router", 0, default));
    }
}
