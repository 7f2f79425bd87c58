using System.Buffers;
using System.Security.Cryptography;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Contents;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Services.DocumentExchange;

/// <summary>One stream's work on one upload: gathers small chunks to large ones, hashes what passes, and knows where it
/// stands.</summary>
/// <remarks>Used by one stream at a time, and to its end: what is gathered here is kept only by <see cref="PauseAsync"/> and
/// <see cref="TryCompleteAsync"/>. Writes run to their end whatever becomes of the caller.</remarks>
internal sealed class UploadIntake : IDisposable
{
    private readonly IContentStore _contents;
    private readonly UploadStatus _begun;
    private readonly TimeProvider _time;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(ContentLimits.ChunkBytesMax);
    private int _gathered;
    private long _kept;
    private DateTimeOffset _touchedAt;

    public UploadIntake(IContentStore contents, UploadStatus begun, TimeProvider time)
    {
        _contents = contents;
        _begun = begun;
        _time = time;
        _kept = begun.Received;
        _touchedAt = begun.TouchedAt;
    }

    /// <summary>Bytes of the upload so far, those gathered here counted.</summary>
    public long Received => _kept + _gathered;

    public long Size => _begun.Declaration.Size;

    public DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>Hashes what earlier streams brought.</summary>
    public async ValueTask CatchUpAsync(CancellationToken ct)
    {
        var left = _begun.Received;
        if (left == 0)
            return;
        await foreach (var chunk in _contents.ReadAsync(_begun.Declaration.Id, ct))
        {
            var own = chunk[..(int)Math.Min(chunk.Length, left)];
            _hash.AppendData(own.Span);
            left -= own.Length;
            if (left == 0)
                return;
        }

        throw ContentGuard.Conflict();
    }

    public async ValueTask AddAsync(ReadOnlyMemory<byte> bytes)
    {
        _hash.AppendData(bytes.Span);
        while (!bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(bytes.Length, ContentLimits.ChunkBytesMax - _gathered)];
            part.CopyTo(_buffer.AsMemory(_gathered));
            _gathered += part.Length;
            bytes = bytes[part.Length..];
            if (_gathered == ContentLimits.ChunkBytesMax)
                await FlushAsync();
        }
    }

    /// <summary>Keeps what is there, for a later stream.</summary>
    public async ValueTask<UploadStatus> PauseAsync()
    {
        await FlushAsync();
        return new UploadStatus(_begun.Declaration, _kept, UploadState.Open, _touchedAt);
    }

    /// <summary>Ends an upload of which every byte has come.</summary>
    /// <returns>Null when the bytes are not those declared: then nothing of it is left.</returns>
    public async ValueTask<UploadStatus?> TryCompleteAsync()
    {
        if (new Sha256(_hash.GetHashAndReset()) != _begun.Declaration.Sha256)
        {
            await AbandonAsync();
            return null;
        }

        await FlushAsync();
        var now = Now;
        await _contents.CompleteAsync(_begun.Declaration.Id, now, CancellationToken.None);
        return new UploadStatus(_begun.Declaration, _kept, UploadState.Complete, now);
    }

    /// <summary>Leaves nothing, or, where the store is away, what the collector finds.</summary>
    public async ValueTask AbandonAsync()
    {
        try
        {
            await _contents.DiscardOpenAsync(_begun.Declaration.Id, null, CancellationToken.None);
        }
        catch (JournalException)
        {
            // It expires within the hour.
        }
    }

    public void Dispose()
    {
        _hash.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    private async ValueTask FlushAsync()
    {
        if (_gathered == 0)
            return;
        var now = Now;
        await _contents.AppendAsync(
            _begun.Declaration.Id, _kept, _buffer.AsMemory(0, _gathered), now, CancellationToken.None);
        _kept += _gathered;
        _gathered = 0;
        _touchedAt = now;
    }
}
