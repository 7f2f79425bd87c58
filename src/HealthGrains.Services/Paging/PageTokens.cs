using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;

namespace HealthGrains.Services.Paging;

/// <summary>Makes and reads page tokens: where a page ended, for one caller, one record and one filter.</summary>
/// <remarks>AES-256-GCM (NIST SP 800-38D) over the place, with caller, record and filter as associated data: a token that was
/// edited, or that comes from somebody else or for another question, does not open. It is encrypted too, because a place
/// counts submissions, and a gap in that count would betray what is hidden. A token gives no right: each page is decided
/// anew. Layout: version 1, nonce (12 bytes), time of making (8) and place, tag (16).</remarks>
internal sealed class PageTokens(byte[] key, TimeProvider time)
{
    private const byte Version = 1;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int TimeBytes = sizeof(long);
    private const int PlaceBytesMax = 32;
    private const int Overhead = 1 + NonceBytes + TimeBytes + TagBytes;

    private static readonly Refusal Invalid = new(
        RefusalCode.MetadataInvalid, "Not a page token for this caller, record and filter, or too old: begin again.", "page_token");

    /// <param name="question">What the token belongs to; see <see cref="Question"/>.</param>
    /// <param name="place">At most 32 bytes.</param>
    public string Make(byte[] question, ReadOnlySpan<byte> place)
    {
        var token = new byte[Overhead + place.Length];
        token[0] = Version;
        var nonce = token.AsSpan(1, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        Span<byte> plain = stackalloc byte[TimeBytes + PlaceBytesMax];
        plain = plain[..(TimeBytes + place.Length)];
        BinaryPrimitives.WriteInt64BigEndian(plain, time.GetUtcNow().ToUnixTimeMilliseconds());
        place.CopyTo(plain[TimeBytes..]);

        using var cipher = new AesGcm(key, TagBytes);
        cipher.Encrypt(
            nonce, plain, token.AsSpan(1 + NonceBytes, plain.Length), token.AsSpan(token.Length - TagBytes), question);
        return Base64Url.EncodeToString(token);
    }

    /// <param name="token">Not empty.</param>
    /// <param name="question">As when it was made.</param>
    /// <param name="place">Gets exactly its length.</param>
    /// <exception cref="RpcException">METADATA_INVALID for anything but such a token.</exception>
    public void Open(string token, byte[] question, Span<byte> place)
    {
        Span<byte> bytes = stackalloc byte[Overhead + PlaceBytesMax];
        if (token.Length > ServiceLimits.PageTokenCharsMax
            || !Base64Url.IsValid(token, out var length) || length != Overhead + place.Length
            || !Base64Url.TryDecodeFromChars(token, bytes, out var written) || written != length || bytes[0] != Version)
        {
            throw RefusalStatus.Of(Invalid);
        }

        bytes = bytes[..length];
        Span<byte> plain = stackalloc byte[TimeBytes + PlaceBytesMax];
        plain = plain[..(TimeBytes + place.Length)];
        try
        {
            using var cipher = new AesGcm(key, TagBytes);
            cipher.Decrypt(
                bytes.Slice(1, NonceBytes), bytes.Slice(1 + NonceBytes, plain.Length), bytes[^TagBytes..], plain, question);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw RefusalStatus.Of(Invalid);
        }

        var age = time.GetUtcNow().ToUnixTimeMilliseconds() - BinaryPrimitives.ReadInt64BigEndian(plain);
        if (age > ServiceLimits.PageTokenLifetime.TotalMilliseconds)
            throw RefusalStatus.Of(Invalid);
        plain[TimeBytes..].CopyTo(place);
    }

    /// <summary>What a token belongs to, as bytes.</summary>
    /// <param name="method">The RPC's name.</param>
    /// <param name="callerKey">Who asks.</param>
    /// <param name="filter">The request without page size and token, in its one serialised form.</param>
    public static byte[] Question(string method, string callerKey, ReadOnlySpan<byte> filter)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, Encoding.UTF8.GetBytes(method));
        Add(hash, Encoding.UTF8.GetBytes(callerKey));
        Add(hash, filter);
        return hash.GetHashAndReset();

        // With its length before it, no part can run into the next.
        static void Add(IncrementalHash hash, ReadOnlySpan<byte> part)
        {
            Span<byte> length = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
            hash.AppendData(length);
            hash.AppendData(part);
        }
    }
}
