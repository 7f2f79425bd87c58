using HealthGrains.Grains.Journal;
using Xunit;

namespace HealthGrains.Testing.Suites;

/// <summary>Verification: content with a sound store, also a busy one; names the place in a damaged one.</summary>
public abstract partial class JournalStoreSuite
{
    [SuiteFact]
    public async Task A_sound_store_verifies()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        await AppendAsync(store, journal, 0, entries: 700);
        await AppendManyAsync(600, store);
        await store.AppendAsync(
            Turn(journal, 700, Body(701)) with
            {
                Contents = [Content(Bytes(1)), Content(Bytes(600_000))],
                Checkpoint = new CheckpointMove("router", 0, 0, 9),
            },
            default);
        await store.WriteSnapshotAsync(journal, new JournalSnapshot(650, Bytes(500)), default);
        store = await ReopenedAsync(store);

        var report = await store.VerifyAsync(null, null, default);

        Assert.Null(report.FirstDamage);
        Assert.Equal(1_301, report.Entries);
        Assert.Equal(601, report.Journals);
        Assert.Equal(2, report.Contents);
    }

    [SuiteFact]
    public async Task An_empty_store_verifies()
    {
        var store = await OpenedAsync();

        Assert.Equal(new VerifyReport(0, 0, 0, null), await store.VerifyAsync(null, null, default));
    }

    [SuiteFact]
    public async Task One_journal_is_verified_by_itself()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        await AppendManyAsync(10, store);
        await store.AppendAsync(Turn(journal, 0, Body(1), Body(2)) with { Contents = [Content(Bytes(9))] }, default);

        Assert.Equal(new VerifyReport(2, 1, 1, null), await store.VerifyAsync(journal, null, default));
        Assert.Equal(new VerifyReport(0, 0, 0, null), await store.VerifyAsync(NewJournal(), null, default));
    }

    [SuiteFact]
    public async Task A_store_verifies_while_it_is_written()
    {
        var store = await OpenedAsync();
        await AppendManyAsync(500, store);
        using var stop = new CancellationTokenSource();
        var written = 0;
        var writers = Enumerable.Range(0, 8).Select(async writer =>
        {
            var journal = new JournalId(JournalKind.Inbox, $"busy-{writer}");
            for (var version = 0; !stop.IsCancellationRequested; version++)
            {
                await store.AppendAsync(
                    Turn(journal, version, Body(version)) with { Contents = [Content(Body(version, 40))] }, default);
                Interlocked.Increment(ref written);
                await Task.Yield();
            }
        }).ToArray();

        var before = Volatile.Read(ref written);
        for (var i = 0; i < 5 || Volatile.Read(ref written) == before; i++)
        {
            var report = await store.VerifyAsync(null, null, default);
            Assert.Null(report.FirstDamage);
            Assert.InRange(report.Entries, 500, long.MaxValue);
        }

        await stop.CancelAsync();
        await Within(Task.WhenAll(writers), "the writers' end");
    }

    [SuiteFact]
    public async Task Verification_names_the_entry_of_which_one_byte_has_changed()
    {
        var store = await OpenedAsync();
        await AppendManyAsync(50, store);
        var journal = NewJournal();
        var at = await AppendAsync(store, journal, 0, entries: 5);
        await AppendManyAsync(50, store);
        await store.DisposeAsync();
        await DamageAsync(StoredPlace.Body, journal, 4);
        store = await OpenedAsync();

        foreach (JournalId? which in (JournalId?[])[null, journal])
        {
            var damage = (await store.VerifyAsync(which, null, default)).FirstDamage;
            Assert.NotNull(damage);
            Assert.Equal(journal, damage.Journal);
            Assert.Equal(at.Shard, damage.Shard);
            Assert.Equal(4, damage.Version);
            Assert.Equal(at.FirstPosition + 3, damage.Position);
        }
    }

    [SuiteFact]
    public async Task Verification_names_the_journal_of_damaged_content()
    {
        var store = await OpenedAsync();
        await AppendManyAsync(20, store);
        var journal = NewJournal();
        await store.AppendAsync(Turn(journal, 0, Body(1)) with { Contents = [Content(Bytes(5_000))] }, default);
        await store.DisposeAsync();
        await DamageAsync(StoredPlace.Content, journal, 1);
        store = await OpenedAsync();

        Assert.Equal(journal, (await store.VerifyAsync(null, null, default)).FirstDamage?.Journal);
        Assert.Equal(journal, (await store.VerifyAsync(journal, null, default)).FirstDamage?.Journal);
    }

    [SuiteFact]
    public async Task A_verification_can_be_ended()
    {
        var store = await OpenedAsync();
        await AppendManyAsync(10, store);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await store.VerifyAsync(null, null, new CancellationToken(canceled: true)));
    }
}
