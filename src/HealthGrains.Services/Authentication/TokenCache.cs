using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace HealthGrains.Services.Authentication;

/// <summary>SHA-256 of a token: the cache holds no token.</summary>
internal readonly record struct TokenDigest(UInt128 High, UInt128 Low);

/// <summary>Tokens that were validated, so that a signature is checked once and not thousands of times a second.</summary>
/// <remarks>Two generations of half the size each: what is used moves to the younger one, and when that is full the older
/// one is dropped. No timers, no locks on the way of a hit, and never more than the maximum.</remarks>
internal sealed class TokenCache(int entriesMax)
{
    private readonly int _generationMax = Math.Max(1, entriesMax / 2);
    private readonly Lock _turning = new();

    // Replaced together under the lock; a reader that sees one old and one new map at worst validates a token again.
    private volatile ConcurrentDictionary<TokenDigest, ValidatedToken> _young = new();
    private volatile ConcurrentDictionary<TokenDigest, ValidatedToken> _old = new();

    /// <summary>Entries kept, at most the maximum; for tests and metrics.</summary>
    public int Count => _young.Count + _old.Count;

    public static TokenDigest DigestOf(ReadOnlySpan<char> token)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(token), hash);
        return new TokenDigest(MemoryMarshal.Read<UInt128>(hash), MemoryMarshal.Read<UInt128>(hash[16..]));
    }

    public ValidatedToken? Find(TokenDigest digest)
    {
        if (_young.TryGetValue(digest, out var token)) return token;
        if (!_old.TryGetValue(digest, out token)) return null;
        Keep(digest, token);
        return token;
    }

    public void Keep(TokenDigest digest, ValidatedToken token)
    {
        lock (_turning)
        {
            if (_young.Count >= _generationMax)
            {
                _old = _young;
                _young = new ConcurrentDictionary<TokenDigest, ValidatedToken>();
            }

            _young[digest] = token;
        }
    }
}
