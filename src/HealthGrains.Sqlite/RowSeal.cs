using System.Buffers.Binary;
using System.Numerics;

namespace HealthGrains.Sqlite;

/// <summary>CRC-32C over everything that a row says, kept in the row. See docs/formats/sqlite-v1.md.</summary>
/// <remarks>The hash chain proves the history of a journal, but it takes the entry before to check one. The seal tells of a
/// single row whether it is as it was written, so that a page of a log or a head can be trusted by itself.</remarks>
internal static class RowSeal
{
    /// <summary>The seal of an entry's row.</summary>
    public static long OfEntry(
        int shard, long position, ReadOnlySpan<byte> journal, long version, long previous,
        ReadOnlySpan<byte> hash, ReadOnlySpan<byte> body)
    {
        var crc = Add(Add(Add(Add(uint.MaxValue, shard), position), version), previous);
        return ~Add(Add(Add(crc, journal), hash), body);
    }

    /// <summary>The seal of a journal's head.</summary>
    public static long OfHead(ReadOnlySpan<byte> journal, long version, long position, ReadOnlySpan<byte> hash) =>
        ~Add(Add(Add(Add(uint.MaxValue, version), position), journal), hash);

    /// <summary>The seal of a checkpoint.</summary>
    public static long OfCheckpoint(ReadOnlySpan<byte> name, int shard, long position) =>
        ~Add(Add(Add(uint.MaxValue, shard), position), name);

    private static uint Add(uint crc, long value) => BitOperations.Crc32C(crc, (ulong)value);

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
