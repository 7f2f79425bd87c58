using System.Security.Cryptography;
using System.Text;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains;

/// <summary>How a journal is named in a log: its kind and a keyed hash, as in <c>Patient#0f3c5a7791be24d8</c>.</summary>
/// <remarks>HMAC-SHA-256 (RFC 2104) under a key that is drawn at random when the process starts and is never written down:
/// lines of one process can be brought together, and nobody can try out the numbers of patients against them.</remarks>
public sealed class JournalPseudonym
{
    /// <summary>The one of this process.</summary>
    public static readonly JournalPseudonym Process = new(RandomNumberGenerator.GetBytes(32));

    private const int HashBytesShown = 8;

    private readonly byte[] _key;

    /// <param name="key">At least 32 bytes.</param>
    public JournalPseudonym(ReadOnlySpan<byte> key)
    {
        if (key.Length < 32)
            throw new ArgumentException("A key is at least 32 bytes.", nameof(key));
        _key = key.ToArray();
    }

    /// <summary>The kind, <c>#</c>, and 16 hexadecimal digits.</summary>
    public string Of(JournalId journal)
    {
        Span<byte> id = stackalloc byte[JournalId.LengthMax];
        var length = Encoding.ASCII.GetBytes(journal.Value, id);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, id[..length], hash);
        return $"{journal.Kind}#{Convert.ToHexStringLower(hash[..HashBytesShown])}";
    }
}
