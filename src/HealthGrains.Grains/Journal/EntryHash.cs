using System.Buffers.Binary;
using System.Security.Cryptography;

namespace HealthGrains.Grains.Journal;

/// <summary>The hash chain of one journal: <c>hash = SHA-256(previous hash ‖ version ‖ body)</c>.</summary>
/// <remarks>32 bytes; the version is 8 bytes, big-endian; the hash before version 1 is 32 zero bytes.</remarks>
public static class EntryHash
{
    public const int Bytes = 32;

    private const int InlineBytes = 2048;

    public static ReadOnlySpan<byte> Origin => new byte[Bytes];

    /// <summary>Writes the hash of one entry to <paramref name="destination"/>, which may be <paramref name="previous"/>'s
    /// own memory.</summary>
    public static void Next(ReadOnlySpan<byte> previous, long version, ReadOnlySpan<byte> body, Span<byte> destination)
    {
        // One call over a copy is several times cheaper than a hash object for each entry; most bodies are small.
        if (body.Length <= InlineBytes)
        {
            Span<byte> input = stackalloc byte[Bytes + sizeof(long) + InlineBytes];
            previous.CopyTo(input);
            BinaryPrimitives.WriteInt64BigEndian(input[Bytes..], version);
            body.CopyTo(input[(Bytes + sizeof(long))..]);
            SHA256.HashData(input[..(Bytes + sizeof(long) + body.Length)], destination);
            return;
        }

        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(number, version);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(previous);
        hash.AppendData(number);
        hash.AppendData(body);
        hash.GetHashAndReset(destination);
    }
}
