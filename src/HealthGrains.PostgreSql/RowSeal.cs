using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace HealthGrains.PostgreSql;

/// <summary>CRC-32C over everything that a row says, kept in the row. See docs/formats/postgresql-v1.md.</summary>
/// <remarks>The hash chain proves the history of a journal, but it takes the entry before to check one. The seal tells of a
/// single row whether it is as it was written. Texts are ASCII; a character that damage made another one counts as '?'.</remarks>
internal static class RowSeal
{
    public static long OfEntry(
        int shard, long position, string journal, long version, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> body)
    {
        var crc = Add(Add(Add(uint.MaxValue, shard), position), version);
        return ~Add(Add(Add(crc, journal), hash), body);
    }

    public static long OfHead(string journal, long version, long position, ReadOnlySpan<byte> hash) =>
        ~Add(Add(Add(Add(uint.MaxValue, version), position), journal), hash);

    public static long OfCheckpoint(string name, int shard, long position) =>
        ~Add(Add(Add(uint.MaxValue, shard), position), name);

    /// <summary>SHA-256(journal ‖ 0 ‖ version, 8 bytes big-endian ‖ hash of the entry at that version ‖ body).</summary>
    public static byte[] OfSnapshot(string journal, long version, ReadOnlySpan<byte> entryHash, ReadOnlySpan<byte> body)
    {
        Span<byte> number = stackalloc byte[1 + sizeof(long)];
        number[0] = 0;
        BinaryPrimitives.WriteInt64BigEndian(number[1..], version);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.ASCII.GetBytes(journal));
        hash.AppendData(number);
        hash.AppendData(entryHash);
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }

    private static uint Add(uint crc, long value) => BitOperations.Crc32C(crc, (ulong)value);

    private static uint Add(uint crc, string text)
    {
        Span<byte> ascii = stackalloc byte[256];
        return text.Length <= ascii.Length
            ? Add(crc, ascii[..Encoding.ASCII.GetBytes(text, ascii)])
            : Add(crc, Encoding.ASCII.GetBytes(text));
    }

    // The length goes in as well, so that bytes cannot move from one field to its neighbour unseen.
    private static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = BitOperations.Crc32C(crc, (ulong)bytes.Length);
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return crc;
    }
}
