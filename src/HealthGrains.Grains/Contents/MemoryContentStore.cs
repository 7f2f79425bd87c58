using System.Runtime.CompilerServices;
using HealthGrains.Domain.Documents;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Contents;

/// <summary>The reference content store: for tests, demonstrations and servers that keep nothing.</summary>
public sealed class MemoryContentStore(MemoryContentMedium? medium = null) : IContentStore
{
    private readonly MemoryContentMedium _medium = medium ?? new MemoryContentMedium();

    public Task<string> Failed { get; } = new TaskCompletionSource<string>().Task;

    public ValueTask<bool> BeginAsync(UploadDeclaration declaration, DateTimeOffset now, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(declaration);
        declaration.Check();
        lock (_medium.Gate)
        {
            var unsettled = _medium.Uploads.Values.Count(upload =>
                upload.Status.Declaration.Owner == declaration.Owner
                && upload.Status.State is UploadState.Open or UploadState.Complete);
            if (unsettled >= ContentLimits.UnsettledPerOwnerMax)
                return ValueTask.FromResult(false);
            _medium.Uploads.Add(declaration.Id, new MemoryUpload
            {
                Status = new UploadStatus(declaration, 0, UploadState.Open, now),
            });
            return ValueTask.FromResult(true);
        }
    }

    public ValueTask<UploadStatus?> FindAsync(UploadId upload, CancellationToken cancellation)
    {
        lock (_medium.Gate)
            return ValueTask.FromResult(_medium.Uploads.GetValueOrDefault(upload)?.Status);
    }

    public ValueTask AppendAsync(
        UploadId upload, long offset, ReadOnlyMemory<byte> bytes, DateTimeOffset now, CancellationToken shutdown)
    {
        ContentGuard.CheckChunk(offset, bytes);
        lock (_medium.Gate)
        {
            if (!_medium.Uploads.TryGetValue(upload, out var known)
                || known.Status.State != UploadState.Open
                || known.Status.Received != offset
                || offset + bytes.Length > known.Status.Declaration.Size)
            {
                throw ContentGuard.Conflict();
            }

            known.Chunks.Add(bytes.ToArray());
            known.Status = known.Status with { Received = offset + bytes.Length, TouchedAt = now };
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask CompleteAsync(UploadId upload, DateTimeOffset now, CancellationToken shutdown)
    {
        lock (_medium.Gate)
        {
            if (!_medium.Uploads.TryGetValue(upload, out var known)
                || known.Status.Received != known.Status.Declaration.Size)
            {
                throw ContentGuard.Conflict();
            }

            if (known.Status.State == UploadState.Open)
                known.Status = known.Status with { State = UploadState.Complete, TouchedAt = now };
        }

        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        UploadId upload, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var i = 0; ; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            byte[] chunk;
            lock (_medium.Gate)
            {
                if (!_medium.Uploads.TryGetValue(upload, out var known) || i >= known.Chunks.Count)
                    yield break;
                chunk = known.Chunks[i];
            }

            yield return chunk;
            await Task.Yield();
        }
    }

    public ValueTask SettleAsync(UploadId upload, CancellationToken shutdown)
    {
        lock (_medium.Gate)
        {
            if (_medium.Uploads.TryGetValue(upload, out var known) && known.Status.State == UploadState.Complete)
                known.Status = known.Status with { State = UploadState.Settled };
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<UploadStatus>> ListUnsettledAsync(
        DateTimeOffset touchedBefore, UploadId after, CancellationToken cancellation)
    {
        lock (_medium.Gate)
        {
            return ValueTask.FromResult<IReadOnlyList<UploadStatus>>(
            [
                .. _medium.Uploads.Values.Select(upload => upload.Status)
                    .Where(status => status.State != UploadState.Settled && status.TouchedAt < touchedBefore)
                    .OrderBy(status => status.Declaration.Id.ToString(), StringComparer.Ordinal)
                    .Where(status => string.CompareOrdinal(status.Declaration.Id.ToString(), after.ToString()) > 0)
                    .Take(ContentLimits.ListMax),
            ]);
        }
    }

    public ValueTask<bool> DiscardOpenAsync(UploadId upload, DateTimeOffset? touchedBefore, CancellationToken shutdown)
    {
        lock (_medium.Gate)
        {
            if (_medium.Uploads.TryGetValue(upload, out var known)
                && (known.Status.State != UploadState.Open || known.Status.TouchedAt >= touchedBefore))
            {
                return ValueTask.FromResult(false);
            }

            _medium.Uploads.Remove(upload);
            return ValueTask.FromResult(true);
        }
    }

    public ValueTask RemoveAsync(UploadId upload, CancellationToken shutdown)
    {
        lock (_medium.Gate)
            _medium.Uploads.Remove(upload);
        return ValueTask.CompletedTask;
    }

    public ValueTask<int> RemoveAllAsync(JournalId journal, CancellationToken shutdown)
    {
        lock (_medium.Gate)
        {
            var ids = _medium.Uploads.Values.Select(upload => upload.Status.Declaration)
                .Where(declaration => declaration.Journal == journal).Select(declaration => declaration.Id).ToList();
            foreach (var id in ids)
                _medium.Uploads.Remove(id);
            return ValueTask.FromResult(ids.Count);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>What a <see cref="MemoryContentStore"/> keeps; it outlives the stores that are opened on it.</summary>
public sealed class MemoryContentMedium
{
    internal Lock Gate { get; } = new();

    internal Dictionary<UploadId, MemoryUpload> Uploads { get; } = [];

    /// <summary>Changes one byte, for tests of what damage does.</summary>
    public void Damage(UploadId upload)
    {
        lock (Gate)
            Uploads[upload].Chunks[^1][^1] ^= 1;
    }
}

/// <summary>One upload; guarded by the medium.</summary>
internal sealed class MemoryUpload
{
    public required UploadStatus Status { get; set; }

    public List<byte[]> Chunks { get; } = [];
}
