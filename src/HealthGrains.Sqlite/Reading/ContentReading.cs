using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Sqlite.Reading;

/// <summary>Streams content. Each chunk is a read of its own, because content never changes: a slow consumer holds no
/// transaction open.</summary>
internal static class ContentReading
{
    /// <summary>See <see cref="IJournalStore.ReadContentAsync"/>.</summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        Readers readers, JournalId journal, int shard, Sha256 sha256,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        var id = JournalIdText.Bytes(journal);
        var (found, first) = await readers.ReadAsync<(ContentRow?, byte[]?)>(
            session => session.Content(id, sha256) is { } row
                ? (row, session.Chunk(row.FirstChunk))
                : (null, null),
            cancellation).ConfigureAwait(false);
        if (found is not { } content)
            yield break;
        if (content.Size is < 1 or > JournalLimits.ContentBytesMax)
            throw Damaged(journal, shard);

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var rest = content.Size;
        for (var index = 0L; index < content.Chunks; index++)
        {
            var number = content.FirstChunk + index;
            var chunk = index == 0
                ? first
                : await readers.ReadAsync(session => session.Chunk(number), cancellation).ConfigureAwait(false);
            if (chunk is null || chunk.Length != Math.Min(rest, JournalLimits.ContentChunkBytes))
            {
                throw await readers.ReadAsync(session => session.Content(id, sha256) is null, cancellation).ConfigureAwait(false)
                    ? new JournalUnavailableException("The content was deleted while it was read.", JournalUnavailableReason.Away)
                    : Damaged(journal, shard);
            }

            hash.AppendData(chunk);
            rest -= chunk.Length;
            if (rest == 0 && new Sha256(hash.GetHashAndReset()) != sha256)
                throw Damaged(journal, shard);
            yield return chunk;
        }
    }

    private static JournalDamagedException Damaged(JournalId journal, int shard) =>
        new(new JournalDamage(journal, shard, 0, 0, "A content does not have its SHA-256."));
}
