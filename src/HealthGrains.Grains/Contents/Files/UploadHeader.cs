using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Contents.Files;

/// <summary>The first bytes of every content file: what it is, so that a file found alone explains itself.</summary>
/// <remarks>Format 1, a fixed <see cref="Bytes"/> bytes, numbers big-endian: "HGC1"; upload id, 16; size, 8; SHA-256, 32; length
/// and text of the journal id, 1 + 200; length and text of the owner, 1 + 100; zeros; CRC-32C of all before, 4. The content
/// follows. See docs/formats/content-files-v1.md.</remarks>
internal static class UploadHeader
{
    public const int Bytes = 512;

    private const int SealAt = Bytes - 4;

    private static ReadOnlySpan<byte> Magic => "HGC1"u8;

    public static byte[] Write(UploadDeclaration declaration)
    {
        var header = new byte[Bytes];
        var at = header.AsSpan();
        Magic.CopyTo(at);
        declaration.Id.ToByteArray().CopyTo(at[4..]);
        BinaryPrimitives.WriteInt64BigEndian(at[20..], declaration.Size);
        declaration.Sha256.CopyTo(at[28..]);
        WriteText(at[60..], declaration.Journal.Value);
        WriteText(at[261..], declaration.Owner);
        BinaryPrimitives.WriteUInt32BigEndian(at[SealAt..], Seal(header));
        return header;
    }

    /// <returns>Null for a header that is cut or damaged.</returns>
    public static UploadDeclaration? TryRead(ReadOnlySpan<byte> header)
    {
        if (header.Length < Bytes
            || !header.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32BigEndian(header[SealAt..]) != Seal(header)
            || !UploadId.TryRead(header.Slice(4, UploadId.ByteLength), out var id)
            || !Sha256.TryRead(header.Slice(28, Sha256.Length), out var sha256))
        {
            return null;
        }

        return new UploadDeclaration(
            id,
            JournalId.Parse(ReadText(header[60..])),
            ReadText(header[261..]),
            BinaryPrimitives.ReadInt64BigEndian(header[20..]),
            sha256);
    }

    private static void WriteText(Span<byte> at, string text)
    {
        at[0] = (byte)text.Length;
        Encoding.ASCII.GetBytes(text, at[1..]);
    }

    private static string ReadText(ReadOnlySpan<byte> at) => Encoding.ASCII.GetString(at.Slice(1, at[0]));

    private static uint Seal(ReadOnlySpan<byte> header)
    {
        var crc = uint.MaxValue;
        foreach (var value in header[..SealAt])
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}
