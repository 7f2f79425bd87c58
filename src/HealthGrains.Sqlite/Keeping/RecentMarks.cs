using System.Buffers.Binary;
using System.Numerics;
using HealthGrains.Domain.Identity;
using Microsoft.Win32.SafeHandles;

namespace HealthGrains.Sqlite.Keeping;

/// <summary>The high-water marks of the newest commit, written before anybody is told of it, but not synced.</summary>
/// <remarks>
/// <para>The synced marks may be a second old. These are not: what a killed process leaves in the page cache includes
/// them, so a write-ahead log that was cut or changed afterwards is noticed down to its last commit. After a power cut they are
/// as old as the kernel left them, or torn, and then they count for nothing.</para>
/// <para>They are written only after the commit was synced, so they never tell of more than is durable. Two places in the file
/// are written in turn, each with a CRC-32C: a torn one leaves the other.</para>
/// </remarks>
internal sealed class RecentMarks : IDisposable
{
    public const string FileName = "healthgrains.recent";

    private const ulong Magic = 0x3154_4E45_4345_5247; // "GRECENT1" in the order of the file
    private const int HeadBytes = 40;
    private const int MarkBytes = sizeof(long) + Sha256.Length;
    private const int PlaceBytes = 16 * 1024;

    private readonly SafeFileHandle _file;
    private readonly byte[] _image;
    private long _count;

    /// <exception cref="IOException">The file cannot be opened or written.</exception>
    public RecentMarks(string directory, HighWaterMarks marks)
    {
        _file = File.OpenHandle(
            Path.Combine(directory, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        _image = new byte[HeadBytes + (marks.Shards.Count * MarkBytes) + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(_image, Magic);
        marks.StoreId.TryWriteBytes(_image.AsSpan(16));
        BinaryPrimitives.WriteInt32LittleEndian(_image.AsSpan(32), marks.Shards.Count);
        for (var shard = 0; shard < marks.Shards.Count; shard++)
            Set(shard, marks.Shards[shard].Position, marks.Shards[shard].Hash);

        // Both places, so that nothing older is left.
        Write();
        Write();
    }

    public void Set(int shard, long position, Sha256 hash)
    {
        var mark = _image.AsSpan(HeadBytes + (shard * MarkBytes), MarkBytes);
        BinaryPrimitives.WriteInt64LittleEndian(mark, position);
        hash.CopyTo(mark[sizeof(long)..]);
    }

    /// <summary>Hands the marks to the kernel.</summary>
    /// <exception cref="IOException">It did not take them.</exception>
    public void Write()
    {
        BinaryPrimitives.WriteInt64LittleEndian(_image.AsSpan(8), ++_count);
        BinaryPrimitives.WriteUInt32LittleEndian(_image.AsSpan(_image.Length - sizeof(uint)), Checksum(_image));
        RandomAccess.Write(_file, _image, _count % 2 * PlaceBytes);
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The later of the marks given and those in the file, shard by shard; what is not whole is left out.</summary>
    public static HighWaterMarks Merge(string directory, HighWaterMarks marks)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(Path.Combine(directory, FileName));
        }
        catch (FileNotFoundException)
        {
            return marks;
        }

        var merged = marks.Shards.ToArray();
        for (var place = 0; place < 2; place++)
        {
            var length = HeadBytes + (merged.Length * MarkBytes) + sizeof(uint);
            if (bytes.Length < (place * PlaceBytes) + length)
                break;
            var image = bytes.AsSpan(place * PlaceBytes, length);
            if (!IsOf(image, marks))
                continue;
            for (var shard = 0; shard < merged.Length; shard++)
            {
                var mark = image.Slice(HeadBytes + (shard * MarkBytes), MarkBytes);
                var position = BinaryPrimitives.ReadInt64LittleEndian(mark);
                if (position > merged[shard].Position)
                    merged[shard] = new HighWaterMark(position, new Sha256(mark[sizeof(long)..]));
            }
        }

        return marks with { Shards = merged };
    }

    private static bool IsOf(ReadOnlySpan<byte> image, HighWaterMarks marks) =>
        BinaryPrimitives.ReadUInt64LittleEndian(image) == Magic
        && new Guid(image.Slice(16, 16)) == marks.StoreId
        && BinaryPrimitives.ReadInt32LittleEndian(image[32..]) == marks.Shards.Count
        && BinaryPrimitives.ReadUInt32LittleEndian(image[^sizeof(uint)..]) == Checksum(image);

    private static uint Checksum(ReadOnlySpan<byte> image)
    {
        var crc = uint.MaxValue;
        for (var rest = image[..^sizeof(uint)]; !rest.IsEmpty; rest = rest[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(rest));
        return ~crc;
    }
}
