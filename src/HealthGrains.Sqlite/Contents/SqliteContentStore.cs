using System.Runtime.CompilerServices;
using HealthGrains.Domain.Documents;
using HealthGrains.Grains.Contents;
using HealthGrains.Grains.Journal;
using HealthGrains.Sqlite.Reading;
using HealthGrains.Sqlite.Writing;

namespace HealthGrains.Sqlite.Contents;

/// <summary>Large contents in the database of the journals: every append is a part of the commit that is made next.</summary>
/// <remarks>It lives as long as its journal store, which closes it. Removing takes many small commits, after a first one that
/// says that it has begun: whoever finds it in that state goes on.</remarks>
internal sealed class SqliteContentStore(Writer writer, Readers readers, StoreState state) : IContentStore
{
    // A change without bytes weighs as much as a small turn.
    private const int SmallBytes = 256;

    public Task<string> Failed => state.Failed;

    public ValueTask<bool> BeginAsync(UploadDeclaration declaration, DateTimeOffset now, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(declaration);
        declaration.Check();
        cancellation.ThrowIfCancellationRequested();
        return new ValueTask<bool>(WriteAsync(SmallBytes, rows => rows.Begin(declaration, now)));
    }

    public ValueTask<UploadStatus?> FindAsync(UploadId upload, CancellationToken cancellation) =>
        new(readers.ReadAsync(session => session.Uploads.Find(upload), cancellation));

    public ValueTask AppendAsync(
        UploadId upload, long offset, ReadOnlyMemory<byte> bytes, DateTimeOffset now, CancellationToken shutdown)
    {
        ContentGuard.CheckChunk(offset, bytes);
        shutdown.ThrowIfCancellationRequested();
        return new ValueTask(WriteAsync(bytes.Length, rows => rows.Append(upload, offset, bytes.Span, now)));
    }

    public ValueTask CompleteAsync(UploadId upload, DateTimeOffset now, CancellationToken shutdown) =>
        new(WriteAsync(SmallBytes, rows => rows.Complete(upload, now)));

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        UploadId upload, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // Each chunk is a read of its own, because bytes never change: a slow consumer holds no transaction open.
        for (var at = 0L; ;)
        {
            var start = at;
            var chunk = await readers.ReadAsync(session => session.Uploads.Bytes(upload, start), cancellation)
                .ConfigureAwait(false);
            if (chunk is null)
                yield break;
            at += chunk.Length;
            yield return chunk;
        }
    }

    public ValueTask SettleAsync(UploadId upload, CancellationToken shutdown) =>
        new(WriteAsync(SmallBytes, rows => rows.Settle(upload)));

    public ValueTask<IReadOnlyList<UploadStatus>> ListUnsettledAsync(
        DateTimeOffset touchedBefore, UploadId after, CancellationToken cancellation) =>
        new(readers.ReadAsync(session => session.Uploads.Unsettled(touchedBefore, after), cancellation));

    public async ValueTask<bool> DiscardOpenAsync(
        UploadId upload, DateTimeOffset? touchedBefore, CancellationToken shutdown)
    {
        if (!await WriteAsync(SmallBytes, rows => rows.TryDiscard(upload, touchedBefore)).ConfigureAwait(false))
            return false;
        await RemoveBytesAsync(upload, shutdown).ConfigureAwait(false);
        return true;
    }

    public async ValueTask RemoveAsync(UploadId upload, CancellationToken shutdown)
    {
        if (await WriteAsync(SmallBytes, rows => rows.Doom(upload)).ConfigureAwait(false))
            await RemoveBytesAsync(upload, shutdown).ConfigureAwait(false);
    }

    public async ValueTask<int> RemoveAllAsync(JournalId journal, CancellationToken shutdown)
    {
        var ids = await readers.ReadAsync(session => session.Uploads.OfJournal(journal), shutdown).ConfigureAwait(false);
        foreach (var id in ids)
            await RemoveAsync(id, shutdown).ConfigureAwait(false);
        return ids.Count;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task RemoveBytesAsync(UploadId upload, CancellationToken shutdown)
    {
        while (!await WriteAsync(SmallBytes, rows => rows.RemoveSome(upload)).ConfigureAwait(false))
            shutdown.ThrowIfCancellationRequested();
    }

    private Task<T> WriteAsync<T>(long bytes, Func<UploadRows, T> change)
    {
        state.ThrowIfFailed();
        var request = new UploadRequest<T>(bytes, change);
        writer.Enqueue(request);
        return request.Done;
    }
}
