using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Contents;
using HealthGrains.Grains.Journal;
using HealthGrains.Testing.Clocks;
using Xunit;

namespace HealthGrains.Testing.Suites;

/// <summary>What every content store keeps: K1 to K4 of <see cref="IContentStore"/> and <see cref="ContentLimits"/>.</summary>
/// <remarks>An implementation enrols with a class that says where the store lives and how to damage it. Left out: power cuts and
/// failing syncs (each store's own tests and the campaigns); who may be removed (the collector's tests).</remarks>
public abstract class ContentStoreSuite : IAsyncLifetime
{
    protected static readonly DateTimeOffset Now = new(2025, 10, 1, 8, 0, 0, TimeSpan.Zero);

    private readonly List<IAsyncDisposable> _opened = [];

    /// <summary>Opens the test's medium; a second call opens the same medium again, beside the first one.</summary>
    /// <returns>The store, and what closes it.</returns>
    protected abstract Task<(IContentStore Store, IAsyncDisposable Owner)> OpenAsync();

    /// <summary>Changes one stored byte of an upload while it is open or complete, and not settled.</summary>
    protected abstract Task DamageAsync(UploadId upload);

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync()
    {
        foreach (var owner in _opened)
            await owner.DisposeAsync();
    }

    [SuiteFact]
    public async Task A_content_of_any_size_comes_back_as_it_went_in()
    {
        var store = await OpenedAsync();
        foreach (var size in (int[])[1, 1_000, ContentLimits.ChunkBytesMax, ContentLimits.ChunkBytesMax + 1, (5 * 1024 * 1024) + 7])
        {
            var upload = await UploadedAsync(store, Bytes(size));
            Assert.Equal(upload.Sha256, Sha256.Of(await ReadAsync(await OpenedAsync(), upload)));
        }
    }

    [SuiteFact]
    public async Task An_upload_goes_on_where_it_stood_also_in_another_process()
    {
        var bytes = Bytes(3_000_000);
        var declaration = Declare(bytes);
        var store = await OpenedAsync();
        Assert.True(await store.BeginAsync(declaration, Now, default));
        await store.AppendAsync(declaration.Id, 0, bytes.AsMemory(0, 1_000_000), Now.AddSeconds(1), default);

        var other = await OpenedAsync();
        var status = await other.FindAsync(declaration.Id, default);
        Assert.Equal(new UploadStatus(declaration, 1_000_000, UploadState.Open, Now.AddSeconds(1)), status);
        await other.AppendAsync(declaration.Id, 1_000_000, bytes.AsMemory(1_000_000, 1_000_000), Now, default);
        await other.AppendAsync(declaration.Id, 2_000_000, bytes.AsMemory(2_000_000), Now, default);
        await other.CompleteAsync(declaration.Id, Now.AddSeconds(9), default);

        Assert.Equal(
            new UploadStatus(declaration, bytes.Length, UploadState.Complete, Now.AddSeconds(9)),
            await store.FindAsync(declaration.Id, default));
        Assert.Equal(bytes, await ReadAsync(store, declaration));
    }

    [SuiteFact]
    public async Task Bytes_are_added_at_the_end_only()
    {
        var store = await OpenedAsync();
        var bytes = Bytes(1_000);
        var declaration = Declare(bytes);
        await store.BeginAsync(declaration, Now, default);
        await store.AppendAsync(declaration.Id, 0, bytes.AsMemory(0, 500), Now, default);

        await ConflictsAsync(() => store.AppendAsync(declaration.Id, 0, bytes.AsMemory(0, 500), Now, default));
        await ConflictsAsync(() => store.AppendAsync(declaration.Id, 501, bytes.AsMemory(0, 10), Now, default));
        await ConflictsAsync(() => store.AppendAsync(declaration.Id, 500, bytes.AsMemory(0, 501), Now, default));
        await ConflictsAsync(() => store.CompleteAsync(declaration.Id, Now, default));
        await ConflictsAsync(() => store.AppendAsync(UploadId.Of(Guid.NewGuid()), 0, bytes.AsMemory(0, 1), Now, default));

        await store.AppendAsync(declaration.Id, 500, bytes.AsMemory(500), Now, default);
        await store.CompleteAsync(declaration.Id, Now, default);
        await ConflictsAsync(() => store.AppendAsync(declaration.Id, 1_000, bytes.AsMemory(0, 1), Now, default));
        Assert.Equal(bytes, await ReadAsync(store, declaration));
    }

    [SuiteFact]
    public async Task Of_writers_who_race_one_wins()
    {
        var bytes = Bytes(20 * 1_000);
        var declaration = Declare(bytes);
        IContentStore[] stores = [await OpenedAsync(), await OpenedAsync(), await OpenedAsync()];
        await stores[0].BeginAsync(declaration, Now, default);
        var conflicts = 0;
        for (var offset = 0; offset < bytes.Length; offset += 1_000)
        {
            var at = offset;
            var won = await Task.WhenAll(stores.Select(store => Task.Run(async () =>
            {
                try
                {
                    await store.AppendAsync(declaration.Id, at, bytes.AsMemory(at, 1_000), Now, default);
                    return 1;
                }
                catch (JournalConflictException)
                {
                    return 0;
                }
            }))).Within("appending at one offset from three stores");
            Assert.Equal(1, won.Sum());
            conflicts += won.Count(one => one == 0);
        }

        Assert.Equal(40, conflicts);
        await stores[1].CompleteAsync(declaration.Id, Now, default);
        Assert.Equal(bytes, await ReadAsync(stores[2], declaration));
    }

    [SuiteFact]
    public async Task An_upload_is_completed_or_discarded_never_both()
    {
        IContentStore[] stores = [await OpenedAsync(), await OpenedAsync()];
        var (completed, discarded) = (0, 0);
        for (var round = 0; round < 40; round++)
        {
            var bytes = Bytes(100);
            var declaration = Declare(bytes);
            await stores[0].BeginAsync(declaration, Now, default);
            await stores[0].AppendAsync(declaration.Id, 0, bytes, Now, default);
            using var start = new Barrier(2);
            var completing = Task.Run(async () =>
            {
                start.SignalAndWait();
                try
                {
                    await stores[0].CompleteAsync(declaration.Id, Now, default);
                    return true;
                }
                catch (JournalConflictException)
                {
                    return false;
                }
            });
            var discarding = Task.Run(async () =>
            {
                start.SignalAndWait();
                return await stores[1].DiscardOpenAsync(declaration.Id, Now.AddHours(1), default);
            });
            var isComplete = await completing.Within("completing");
            var isDiscarded = await discarding.Within("discarding");

            // Both may give way to the other's lock, but never may both say yes.
            Assert.False(isComplete && isDiscarded);
            if (isComplete)
                Assert.Equal(bytes, await ReadAsync(stores[1], declaration));
            if (isDiscarded)
                Assert.Null(await stores[0].FindAsync(declaration.Id, default));
            completed += isComplete ? 1 : 0;
            discarded += isDiscarded ? 1 : 0;
            await stores[0].RemoveAsync(declaration.Id, default);
        }

        Assert.True(completed + discarded > 0, "Nobody ever won: the race did not take place.");
    }

    [SuiteFact]
    public async Task What_was_touched_lately_is_not_discarded()
    {
        var store = await OpenedAsync();
        var declaration = Declare(Bytes(10));
        await store.BeginAsync(declaration, Now, default);

        Assert.False(await store.DiscardOpenAsync(declaration.Id, Now, default));
        Assert.True(await store.DiscardOpenAsync(declaration.Id, Now.AddSeconds(1), default));
        Assert.Null(await store.FindAsync(declaration.Id, default));
        Assert.True(await store.DiscardOpenAsync(declaration.Id, Now, default));
        await ConflictsAsync(() => store.AppendAsync(declaration.Id, 0, Bytes(10), Now, default));
    }

    [SuiteFact]
    public async Task A_complete_upload_is_not_discarded_and_completing_again_is_no_error()
    {
        var store = await OpenedAsync();
        var declaration = await UploadedAsync(store, Bytes(10));
        await store.CompleteAsync(declaration.Id, Now, default);

        Assert.False(await store.DiscardOpenAsync(declaration.Id, null, default));
        Assert.Equal(Bytes(10), await ReadAsync(store, declaration));
    }

    [SuiteFact]
    public async Task The_listing_knows_everything_that_is_not_settled()
    {
        var store = await OpenedAsync();
        var open = Declare(Bytes(10));
        await store.BeginAsync(open, Now, default);
        var complete = await UploadedAsync(store, Bytes(11));
        var settled = await UploadedAsync(store, Bytes(12));
        await store.SettleAsync(settled.Id, default);
        await store.SettleAsync(settled.Id, default);
        await store.SettleAsync(open.Id, default);
        var later = Declare(Bytes(13));
        await store.BeginAsync(later, Now.AddHours(1), default);

        var listed = await store.ListUnsettledAsync(Now.AddHours(1), default, default);

        Assert.Equal(
            new[] { open.Id, complete.Id }.Select(id => id.ToString()).Order(StringComparer.Ordinal),
            listed.Select(status => status.Declaration.Id.ToString()));
        Assert.Equal(
            listed[1], Assert.Single(await store.ListUnsettledAsync(Now.AddHours(1), listed[0].Declaration.Id, default)));
        var kept = await (await OpenedAsync()).FindAsync(settled.Id, default);
        Assert.Equal(UploadState.Settled, kept?.State);
        Assert.Equal(Bytes(12), await ReadAsync(store, settled));
    }

    [SuiteFact]
    public async Task An_owner_has_a_bounded_number_of_unsettled_uploads()
    {
        var store = await OpenedAsync();
        var uploads = new List<UploadDeclaration>();
        for (var i = 0; i < ContentLimits.UnsettledPerOwnerMax; i++)
            uploads.Add(await UploadedAsync(store, Bytes(10)));

        Assert.False(await store.BeginAsync(Declare(Bytes(10)), Now, default));
        Assert.True(await store.BeginAsync(Declare(Bytes(10)) with { Owner = "another" }, Now, default));
        await store.SettleAsync(uploads[0].Id, default);
        Assert.True(await store.BeginAsync(Declare(Bytes(10)), Now, default));
        Assert.False(await store.BeginAsync(Declare(Bytes(10)), Now, default));
        await store.RemoveAsync(uploads[1].Id, default);
        Assert.True(await store.BeginAsync(Declare(Bytes(10)), Now, default));
    }

    [SuiteFact]
    public async Task What_was_removed_is_gone_in_every_state()
    {
        var store = await OpenedAsync();
        var open = Declare(Bytes(10));
        await store.BeginAsync(open, Now, default);
        var complete = await UploadedAsync(store, Bytes(3_000_000));
        var settled = await UploadedAsync(store, Bytes(12));
        await store.SettleAsync(settled.Id, default);
        foreach (var declaration in (UploadDeclaration[])[open, complete, settled])
        {
            await store.RemoveAsync(declaration.Id, default);
            await store.RemoveAsync(declaration.Id, default);
            Assert.Null(await (await OpenedAsync()).FindAsync(declaration.Id, default));
            Assert.Empty(await ReadAsync(store, declaration));
        }

        Assert.Empty(await store.ListUnsettledAsync(Now.AddDays(1), default, default));
    }

    [SuiteFact]
    public async Task A_journal_is_emptied_and_no_other()
    {
        var store = await OpenedAsync();
        var journal = new JournalId(JournalKind.Patient, "to-be-destroyed");
        var open = Declare(Bytes(10)) with { Journal = journal };
        await store.BeginAsync(open, Now, default);
        var complete = await UploadedAsync(store, Bytes(11), journal);
        var settled = await UploadedAsync(store, Bytes(12), journal);
        await store.SettleAsync(settled.Id, default);
        var other = await UploadedAsync(store, Bytes(13));

        Assert.Equal(3, await store.RemoveAllAsync(journal, default));
        Assert.Equal(0, await store.RemoveAllAsync(journal, default));
        foreach (var declaration in (UploadDeclaration[])[open, complete, settled])
            Assert.Null(await store.FindAsync(declaration.Id, default));
        Assert.Equal(Bytes(13), await ReadAsync(store, other));
    }

    [SuiteFact]
    public async Task The_last_chunk_of_a_damaged_content_is_withheld()
    {
        var store = await OpenedAsync();
        var bytes = Bytes(2_500_000);
        var declaration = await UploadedAsync(store, bytes);
        await DamageAsync(declaration.Id);

        var given = 0;
        var damaged = await Assert.ThrowsAsync<JournalDamagedException>(async () =>
        {
            await foreach (var chunk in (await OpenedAsync()).ReadCheckedAsync(
                declaration.Journal, declaration.Id, declaration.Sha256, declaration.Size, default))
            {
                given += chunk.Length;
            }
        });

        Assert.InRange(given, 1, bytes.Length - 1);
        Assert.Equal(declaration.Journal, damaged.Damage.Journal);
    }

    protected async Task<IContentStore> OpenedAsync()
    {
        var (store, owner) = await OpenAsync();
        _opened.Add(owner);
        return store;
    }

    protected static async Task<UploadDeclaration> UploadedAsync(IContentStore store, byte[] bytes, JournalId? journal = null)
    {
        var declaration = Declare(bytes);
        if (journal is { } named)
            declaration = declaration with { Journal = named };
        Assert.True(await store.BeginAsync(declaration, Now, default));
        for (var at = 0; at < bytes.Length; at += ContentLimits.ChunkBytesMax)
        {
            await store.AppendAsync(
                declaration.Id, at, bytes.AsMemory(at, Math.Min(ContentLimits.ChunkBytesMax, bytes.Length - at)), Now, default);
        }

        await store.CompleteAsync(declaration.Id, Now, default);
        return declaration;
    }

    protected static UploadDeclaration Declare(byte[] bytes) => new(
        UploadId.Of(Guid.NewGuid()), new JournalId(JournalKind.Patient, "one"), "owner", bytes.Length, Sha256.Of(bytes));

    protected static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private static async Task<byte[]> ReadAsync(IContentStore store, UploadDeclaration declaration)
    {
        var read = new MemoryStream();
        await foreach (var chunk in store.ReadCheckedAsync(
            declaration.Journal, declaration.Id, declaration.Sha256, declaration.Size, default))
        {
            Assert.InRange(chunk.Length, 1, ContentLimits.ChunkBytesMax);
            read.Write(chunk.Span);
        }

        return read.ToArray();
    }

    private static async Task ConflictsAsync(Func<ValueTask> act) =>
        await Assert.ThrowsAsync<JournalConflictException>(async () => await act());
}
