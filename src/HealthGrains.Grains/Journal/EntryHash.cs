using System.Buffers.Binary;
using System.Security.Cryptography;

namespace HealthGrains.Grains.Journal;

/// <summary>The hash chain of one journal: <c>hash = SHA-256(previous hash ‖ version ‖ body)</c>.</summary>
/// <remarks>32 bytes; the version is 8 bytes, big-endian; the hash before version 1 is 32 zero bytes.</remarks>
public static class EntryHash
{
    public const int Bytes = 32;

    public static ReadOnlySpan<byte> Origin => new byte[Bytes];

    /// <summary>Writes the hash of one entry to <paramref name="destination"/>, which may be <paramref name="previous"/>'s
    /// own memory.</summary>
    public static void Next(ReadOnlySpan<byte> previous, long version, ReadOnlySpan<byte> body, Span<byte> destination)
    {
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(number, version);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(previous);
        hash.AppendData(number);
        hash.AppendData(body);
        hash.GetHashAndReset(destination);
    }
}
