using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;
using Xunit;

namespace HealthGrains.Testing.Suites;

/// <summary>J6: content by journal and SHA-256, in the turn's commit, never other bytes than were written.</summary>
public abstract partial class JournalStoreSuite
{
    [SuiteFact]
    public async Task Content_of_every_size_comes_back_in_chunks()
    {
        var store = await OpenedAsync();
        int[] sizes =
        [
            1, 1_000, JournalLimits.ContentChunkBytes - 1, JournalLimits.ContentChunkBytes,
            JournalLimits.ContentChunkBytes + 1, JournalLimits.ContentBytesMax,
        ];
        var journal = NewJournal();
        foreach (var (size, index) in sizes.Select((size, index) => (size, index)))
        {
            await store.AppendAsync(
                Turn(journal, index, Body(index + 1)) with { Contents = [Content(Bytes(size, size))] }, default);
        }

        store = await ReopenedAsync(store);

        foreach (var size in sizes)
        {
            var chunks = await ReadContentAsync(store, journal, Sha256.Of(Bytes(size, size)));
            Assert.Equal(
                (size + JournalLimits.ContentChunkBytes - 1) / JournalLimits.ContentChunkBytes, chunks.Count);
            Assert.All(chunks.SkipLast(1), chunk => Assert.Equal(JournalLimits.ContentChunkBytes, chunk.Length));
            Assert.True(Bytes(size, size).AsSpan().SequenceEqual(chunks.SelectMany(chunk => chunk).ToArray()));
        }
    }

    [SuiteFact]
    public async Task One_turn_keeps_several_contents()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        await store.AppendAsync(
            Turn(journal, 0, Body(1)) with { Contents = [Content(Bytes(300_000, 1)), Content(Bytes(5, 2))] }, default);

        Assert.Equal(Bytes(5, 2), Assert.Single(await ReadContentAsync(store, journal, Sha256.Of(Bytes(5, 2)))));
        Assert.Equal(2, (await ReadContentAsync(store, journal, Sha256.Of(Bytes(300_000, 1)))).Count);
    }

    [SuiteFact]
    public async Task Unknown_content_is_nothing_at_all()
    {
        var store = await OpenedAsync();
        var (owner, other) = (NewJournal(), NewJournal());
        var content = Content(Bytes(10));
        await store.AppendAsync(Turn(owner, 0, Body(1)) with { Contents = [content] }, default);
        await AppendAsync(store, other, 0);

        Assert.Empty(await ReadContentAsync(store, owner, Sha256.Of(Bytes(11))));
        Assert.Empty(await ReadContentAsync(store, other, content.Sha256));
        Assert.Empty(await ReadContentAsync(store, NewJournal(), content.Sha256));
    }

    [SuiteFact]
    public async Task The_same_content_again_stays_as_it_is()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        var content = Content(Bytes(400_000));
        await store.AppendAsync(Turn(journal, 0, Body(1)) with { Contents = [content, content] }, default);
        await store.AppendAsync(Turn(journal, 1, Body(2)) with { Contents = [content] }, default);

        var bytes = (await ReadContentAsync(store, journal, content.Sha256)).SelectMany(chunk => chunk);

        Assert.True(content.Bytes.Span.SequenceEqual(bytes.ToArray()));
        Assert.Equal(1, (await store.VerifyAsync(null, null, default)).Contents);
    }

    [SuiteFact]
    public async Task Content_that_has_not_its_sha256_is_refused()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        var turn = Turn(journal, 0, Body(1)) with { Contents = [new JournalContent(Sha256.Of(Bytes(10)), Bytes(11))] };

        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.AppendAsync(turn, default));

        Assert.Equal(0, (await store.ReadAsync(journal, null, default)).Version);
    }

    [SuiteFact]
    public async Task The_last_chunk_of_damaged_content_is_withheld()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        var content = Content(Bytes((3 * JournalLimits.ContentChunkBytes) - 7));
        await store.AppendAsync(Turn(journal, 0, Body(1)) with { Contents = [content] }, default);
        await store.DisposeAsync();
        await DamageAsync(StoredPlace.Content, journal, 1);
        store = await OpenedAsync();

        var given = 0;
        var damaged = await Assert.ThrowsAsync<JournalDamagedException>(async () =>
        {
            await foreach (var chunk in store.ReadContentAsync(journal, content.Sha256, default))
                given += chunk.Length;
        });

        Assert.Equal(2 * JournalLimits.ContentChunkBytes, given);
        Assert.Equal(journal, damaged.Damage.Journal);
    }

    [SuiteFact]
    public async Task A_reader_of_content_may_stop_early()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();
        var content = Content(Bytes(JournalLimits.ContentBytesMax));
        await store.AppendAsync(Turn(journal, 0, Body(1)) with { Contents = [content] }, default);

        await foreach (var chunk in store.ReadContentAsync(journal, content.Sha256, default))
        {
            Assert.Equal(JournalLimits.ContentChunkBytes, chunk.Length);
            break;
        }

        await AppendAsync(store, journal, 1);
    }
}
