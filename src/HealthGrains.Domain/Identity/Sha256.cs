using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace HealthGrains.Domain.Identity;

/// <summary>A SHA-256 (FIPS 180-4): 32 bytes, by value. Text is 64 lower-case hexadecimal digits; either case is read.</summary>
public readonly record struct Sha256
{
    public const int Length = 32;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    /// <param name="bytes">Exactly 32 bytes.</param>
    /// <exception cref="ArgumentException">The length differs.</exception>
    public Sha256(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException("A SHA-256 is 32 bytes.", nameof(bytes));
        _a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>A default value: the digest of nothing that exists.</summary>
    public bool IsNone => (_a | _b | _c | _d) == 0;

    /// <summary>The hash of <paramref name="content"/>.</summary>
    public static Sha256 Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[Length];
        SHA256.HashData(content, hash);
        return new Sha256(hash);
    }

    /// <summary>Takes a digest that a stranger sent; false unless it has 32 bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Sha256 sha256)
    {
        sha256 = bytes.Length == Length ? new Sha256(bytes) : default;
        return bytes.Length == Length;
    }

    /// <summary>Reads 64 hexadecimal digits.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Sha256 sha256)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (text is { Length: Length * 2 }
            && Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done)
        {
            sha256 = new Sha256(bytes);
            return true;
        }

        sha256 = default;
        return false;
    }

    /// <exception cref="FormatException">The text is not 64 hexadecimal digits.</exception>
    public static Sha256 Parse(string text) =>
        TryParse(text, out var sha256) ? sha256 : throw IdentityText.NotA("SHA-256");

    /// <param name="destination">At least 32 bytes.</param>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _a);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _d);
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        CopyTo(bytes);
        return bytes;
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
