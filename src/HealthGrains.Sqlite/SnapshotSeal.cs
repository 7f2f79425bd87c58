using System.Buffers.Binary;
using System.Security.Cryptography;

namespace HealthGrains.Sqlite;

/// <summary>What the column <c>snapshot.sha256</c> holds: SHA-256(journal ‖ 0 ‖ version, 8 bytes big-endian ‖ hash of the
/// entry at that version ‖ body).</summary>
internal static class SnapshotSeal
{
    public static byte[] Of(ReadOnlySpan<byte> journal, long version, ReadOnlySpan<byte> entryHash, ReadOnlySpan<byte> body)
    {
        Span<byte> number = stackalloc byte[1 + sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(number[1..], version);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(journal);
        hash.AppendData(number);
        hash.AppendData(entryHash);
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }
}
