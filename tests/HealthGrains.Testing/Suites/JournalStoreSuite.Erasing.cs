using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;
using Xunit;

namespace HealthGrains.Testing.Suites;

/// <summary>The contents of one journal can be deleted, all together, and nothing else with them.</summary>
public abstract partial class JournalStoreSuite
{
    [SuiteFact]
    public async Task Deleted_contents_are_gone_and_everything_else_stays()
    {
        var store = await OpenedAsync();
        var (gone, kept) = (NewJournal(), NewJournal());
        var contents = Enumerable.Range(1, 40).Select(seed => Content(Bytes(seed % 3 == 0 ? 600_000 : 1_000, seed))).ToList();
        foreach (var (content, index) in contents.Select((content, index) => (content, index)))
        {
            await store.AppendAsync(Turn(gone, index, Body(index + 1)) with { Contents = [content] }, default);
            await store.AppendAsync(Turn(kept, index, Body(index + 1)) with { Contents = [content] }, default);
        }

        Assert.Equal(contents.Count, await store.DeleteContentsAsync(gone, default));
        Assert.Equal(0, await store.DeleteContentsAsync(gone, default));

        store = await ReopenedAsync(store);
        foreach (var content in contents)
        {
            Assert.Empty(await ReadContentAsync(store, gone, content.Sha256));
            var bytes = (await ReadContentAsync(store, kept, content.Sha256)).SelectMany(chunk => chunk).ToArray();
            Assert.True(content.Bytes.Span.SequenceEqual(bytes));
        }

        Assert.Equal(contents.Count, (await store.ReadAsync(gone, 0, default)).Entries.Count);
        var report = await store.VerifyAsync(null, null, default);
        Assert.Null(report.FirstDamage);
        Assert.Equal(contents.Count, report.Contents);
    }

    [SuiteFact]
    public async Task Deleting_where_there_is_nothing_does_nothing()
    {
        var store = await OpenedAsync();
        var journal = NewJournal();

        Assert.Equal(0, await store.DeleteContentsAsync(journal, default));
        await AppendAsync(store, journal, 0);
        Assert.Equal(0, await store.DeleteContentsAsync(journal, default));

        Assert.Null((await store.VerifyAsync(journal, null, default)).FirstDamage);
    }

    [SuiteFact]
    public async Task A_reader_of_deleted_content_never_reads_what_came_after()
    {
        var store = await OpenedAsync();
        var (first, second) = (NewJournal(), NewJournal());
        var old = Content(Bytes(3 * JournalLimits.ContentChunkBytes, 1));
        await store.AppendAsync(Turn(first, 0, Body(1)) with { Contents = [old] }, default);

        var read = new List<byte>();
        await using var chunks = store.ReadContentAsync(first, old.Sha256, default).GetAsyncEnumerator();
        Assert.True(await chunks.MoveNextAsync());
        read.AddRange(chunks.Current.ToArray());
        await store.DeleteContentsAsync(first, default);
        var next = Content(Bytes(3 * JournalLimits.ContentChunkBytes, 2));
        await store.AppendAsync(Turn(second, 0, Body(1)) with { Contents = [next] }, default);

        try
        {
            while (await chunks.MoveNextAsync())
                read.AddRange(chunks.Current.ToArray());
        }
        catch (JournalUnavailableException)
        {
            // It may end here; what it may not do is go on with other bytes.
        }

        Assert.True(old.Bytes.Span[..read.Count].SequenceEqual(read.ToArray()));
        Assert.Equal(3, (await ReadContentAsync(store, second, next.Sha256)).Count);
        Assert.Null((await store.VerifyAsync(null, null, default)).FirstDamage);
    }

    [SuiteFact]
    public async Task Deleting_and_verifying_go_on_together()
    {
        var store = await OpenedAsync();
        var journals = Enumerable.Range(0, 20).Select(_ => NewJournal()).ToList();
        foreach (var journal in journals)
            await store.AppendAsync(Turn(journal, 0, Body(1)) with { Contents = [Content(Bytes(5_000, 3))] }, default);

        var verifying = Task.Run(async () =>
        {
            for (var round = 0; round < 10; round++)
                Assert.Null((await store.VerifyAsync(null, null, default)).FirstDamage);
        });
        await Within(Task.WhenAll(journals.Select(async journal => await store.DeleteContentsAsync(journal, default))), "deleting");
        await Within(verifying, "verifying");

        Assert.Equal(0, (await store.VerifyAsync(null, null, default)).Contents);
    }
}
