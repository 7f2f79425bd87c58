using System.Runtime.CompilerServices;
using HealthGrains.Domain.Documents;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Contents;

/// <summary>Several content stores as one: new uploads begin in the first, and every one is found where it is.</summary>
/// <remarks>So an operator can change where large contents go, and what was taken in before stays readable.</remarks>
public sealed class ContentStores : IContentStore
{
    private readonly IReadOnlyList<IContentStore> _stores;

    /// <param name="stores">At least one. They are closed by who opened them.</param>
    public ContentStores(params IReadOnlyList<IContentStore> stores)
    {
        ArgumentOutOfRangeException.ThrowIfZero(stores.Count);
        _stores = stores;
        Failed = Task.WhenAny(stores.Select(store => store.Failed)).Unwrap();
    }

    public Task<string> Failed { get; }

    public ValueTask<bool> BeginAsync(UploadDeclaration declaration, DateTimeOffset now, CancellationToken cancellation) =>
        _stores[0].BeginAsync(declaration, now, cancellation);

    public async ValueTask<UploadStatus?> FindAsync(UploadId upload, CancellationToken cancellation)
    {
        foreach (var store in _stores)
        {
            if (await store.FindAsync(upload, cancellation) is { } status)
                return status;
        }

        return null;
    }

    public async ValueTask AppendAsync(
        UploadId upload, long offset, ReadOnlyMemory<byte> bytes, DateTimeOffset now, CancellationToken shutdown) =>
        await (await OfAsync(upload, shutdown)).AppendAsync(upload, offset, bytes, now, shutdown);

    public async ValueTask CompleteAsync(UploadId upload, DateTimeOffset now, CancellationToken shutdown) =>
        await (await OfAsync(upload, shutdown)).CompleteAsync(upload, now, shutdown);

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        UploadId upload, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var chunk in (await OfAsync(upload, cancellation)).ReadAsync(upload, cancellation))
            yield return chunk;
    }

    public async ValueTask SettleAsync(UploadId upload, CancellationToken shutdown) =>
        await (await OfAsync(upload, shutdown)).SettleAsync(upload, shutdown);

    public async ValueTask<IReadOnlyList<UploadStatus>> ListUnsettledAsync(
        DateTimeOffset touchedBefore, UploadId after, CancellationToken cancellation)
    {
        var found = new List<UploadStatus>();
        foreach (var store in _stores)
            found.AddRange(await store.ListUnsettledAsync(touchedBefore, after, cancellation));
        return
        [
            .. found.OrderBy(status => status.Declaration.Id.ToString(), StringComparer.Ordinal).Take(ContentLimits.ListMax),
        ];
    }

    public async ValueTask<bool> DiscardOpenAsync(UploadId upload, DateTimeOffset? touchedBefore, CancellationToken shutdown) =>
        await (await OfAsync(upload, shutdown)).DiscardOpenAsync(upload, touchedBefore, shutdown);

    public async ValueTask RemoveAsync(UploadId upload, CancellationToken shutdown) =>
        await (await OfAsync(upload, shutdown)).RemoveAsync(upload, shutdown);

    public async ValueTask<int> RemoveAllAsync(JournalId journal, CancellationToken shutdown)
    {
        var count = 0;
        foreach (var store in _stores)
            count += await store.RemoveAllAsync(journal, shutdown);
        return count;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask<IContentStore> OfAsync(UploadId upload, CancellationToken cancellation)
    {
        for (var i = 0; i < _stores.Count - 1; i++)
        {
            if (await _stores[i].FindAsync(upload, cancellation) is not null)
                return _stores[i];
        }

        return _stores[^1];
    }
}
