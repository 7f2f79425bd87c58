using HealthGrains.Grains.Journal;
using Xunit;

namespace HealthGrains.Testing.Suites;

/// <summary>J4, recovery and snapshots: what is read is what was written, or an error.</summary>
public abstract partial class JournalStoreSuite
{
    [SuiteFact]
    public async Task A_journal_never_written_is_empty()
    {
        var store = await OpenedAsync();
        await AppendAsync(store, NewJournal(), 0);

        foreach (long? after in (long?[])[null, 0, 5])
        {
            var tail = await store.ReadAsync(NewJournal(), after, default);
            Assert.Equal(0, tail.Version);
            Assert.Null(tail.Snapshot);
            Assert.Empty(tail.Entries);
        }
    }

    [SuiteFact]
    public async Task Journals_whose_ids_begin_alike_stand_apart()
    {
        var store = await OpenedAsync();
        JournalId[] ids =
        [
            new(JournalKind.Patient, "1"), new(JournalKind.Patient, "12"), new(JournalKind.Inbox, "1"),
            new(JournalKind.Sender, "1"), new(JournalKind.Patient, "A"), new(JournalKind.Patient, "a"),
            new(JournalKind.Patient, new string('z', JournalId.LengthMax - "patient/".Length)),
        ];
        for (var i = 0; i < ids.Length; i++)
            await AppendAsync(store, ids[i], 0, entries: i + 1);

        for (var i = 0; i < ids.Length; i++)
            Assert.Equal(i + 1, (await store.ReadAsync(ids[i], null, default)).Entries.Count);
    }

    [SuiteFact]
    public async Task Reading_after_a_version_gives_the_later_entries_alone()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        await AppendAsync(store, journal, 0, entries: 4);
        await AppendAsync(store, journal, 4, entries: 1);
        await store.WriteSnapshotAsync(journal, new JournalSnapshot(4, Bytes(10)), default);

        var tail = await store.ReadAsync(journal, 3, default);
        Assert.Equal(5, tail.Version);
        Assert.Null(tail.Snapshot);
        Assert.Equal([4, 5], tail.Entries.Select(entry => entry.Version));
        Assert.Equal(Body(5), tail.Entries[1].Body.ToArray());

        Assert.Equal([1, 2, 3, 4, 5], (await store.ReadAsync(journal, 0, default)).Entries.Select(entry => entry.Version));
        Assert.Empty((await store.ReadAsync(journal, 5, default)).Entries);
        Assert.Equal(5, (await store.ReadAsync(journal, 5, default)).Version);
        Assert.Empty((await store.ReadAsync(journal, 9, default)).Entries);
    }

    [SuiteFact]
    public async Task Recovery_is_the_newest_snapshot_and_what_follows_it()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        await AppendAsync(store, journal, 0, entries: 10);
        await store.WriteSnapshotAsync(journal, new JournalSnapshot(4, Bytes(10, 4)), default);
        await store.WriteSnapshotAsync(journal, new JournalSnapshot(8, Bytes(70_000, 8)), default);
        await store.WriteSnapshotAsync(journal, new JournalSnapshot(6, Bytes(10, 6)), default);

        store = await ReopenedAsync(store);

        var tail = await store.ReadAsync(journal, null, default);
        Assert.Equal(10, tail.Version);
        Assert.Equal(8, tail.Snapshot?.Version);
        Assert.Equal(Bytes(70_000, 8), tail.Snapshot?.Body.ToArray());
        Assert.Equal([9, 10], tail.Entries.Select(entry => entry.Version));
        Assert.Equal(Body(9), tail.Entries[0].Body.ToArray());
    }

    [SuiteFact]
    public async Task A_snapshot_of_the_newest_version_has_no_tail()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        await AppendAsync(store, journal, 0, entries: 3);
        await store.WriteSnapshotAsync(journal, new JournalSnapshot(3, Array.Empty<byte>()), default);

        var tail = await store.ReadAsync(journal, null, default);

        Assert.Equal(3, tail.Version);
        Assert.Equal(3, tail.Snapshot?.Version);
        Assert.Equal(0, tail.Snapshot?.Body.Length);
        Assert.Empty(tail.Entries);
    }

    [SuiteFact]
    public async Task A_snapshot_of_what_is_not_yet_durable_is_refused()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        await AppendAsync(store, journal, 0);

        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await store.WriteSnapshotAsync(journal, new JournalSnapshot(2, Bytes(1)), default));
        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await store.WriteSnapshotAsync(NewJournal(), new JournalSnapshot(1, Bytes(1)), default));

        Assert.Null((await store.ReadAsync(journal, null, default)).Snapshot);
    }

    [SuiteFact]
    public async Task A_damaged_entry_is_an_error_and_never_a_shorter_history()
    {
        var store = await OpenedAsync();
        var (journal, sound) = (NewJournal(), NewJournal());
        var at = await AppendAsync(store, journal, 0, entries: 5);
        await AppendAsync(store, sound, 0, entries: 5);
        await store.DisposeAsync();
        await DamageAsync(StoredPlace.Body, journal, 3);
        store = await OpenedAsync();

        foreach (long? after in (long?[])[null, 0, 1, 2])
        {
            var damaged = await Assert.ThrowsAsync<JournalDamagedException>(
                async () => await store.ReadAsync(journal, after, default));
            Assert.Equal(journal, damaged.Damage.Journal);
            Assert.Equal(3, damaged.Damage.Version);
            Assert.Equal(at.FirstPosition + 2, damaged.Damage.Position);
        }

        await Assert.ThrowsAsync<JournalDamagedException>(
            async () => await store.ReadLogAsync(at.Shard, at.FirstPosition - 1, 5, default));
        Assert.Equal(2, (await store.ReadAsync(journal, 3, default)).Entries.Count);
        Assert.Equal(5, (await store.ReadAsync(sound, null, default)).Entries.Count);
    }

    [SuiteFact]
    public async Task Loads_that_arrive_together_share_a_read()
    {
        var store = await OpenedAsync();
        var acknowledged = await AppendManyAsync(1_000, store);
        store = await ReopenedAsync(store);
        using var counts = new JournalCounts(store);

        var tails = await Within(
            Task.WhenAll(acknowledged.Select(each => store.ReadAsync(each.Journal, null, default).AsTask())), "all loads");

        Assert.All(tails, tail => Assert.Equal(1, tail.Version));
        Assert.InRange(counts.Reads, 1_000, long.MaxValue);
        if (SharesReads)
            Assert.InRange(counts.ReadBatches, 1, counts.Reads / 2);
    }
}
