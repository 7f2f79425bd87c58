using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Contents;

/// <summary>Reads an uploaded content and checks it on its way: one rule for every content store.</summary>
public static class UploadReading
{
    /// <summary>The bytes of a content in chunks, in order. The last chunk is given only after size and SHA-256 of the whole
    /// have been checked.</summary>
    /// <returns>Nothing at all when there is no such upload.</returns>
    /// <exception cref="JournalDamagedException">The bytes are not those that were declared.</exception>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadCheckedAsync(
        this IContentStore contents,
        JournalId journal,
        UploadId upload,
        Sha256 sha256,
        long size,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(contents);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var rest = size;
        await foreach (var chunk in contents.ReadAsync(upload, cancellation))
        {
            rest -= chunk.Length;
            hash.AppendData(chunk.Span);
            if (rest < 0 || (rest == 0 && new Sha256(hash.GetHashAndReset()) != sha256))
                throw Damaged(journal);
            yield return chunk;
        }

        if (rest > 0 && rest < size)
            throw Damaged(journal);
    }

    private static JournalDamagedException Damaged(JournalId journal) =>
        new(new JournalDamage(journal, -1, 0, 0, "A content does not have its SHA-256."));
}
