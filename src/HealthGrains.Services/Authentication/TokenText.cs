using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace HealthGrains.Services.Authentication;

/// <summary>A compact JWS taken apart, strictly: nothing in it is believed yet.</summary>
/// <remarks>Stricter than common libraries where they let two readers see two things: a member that comes twice, white
/// space or padding in base64url, bytes that are no UTF-8. Source: RFC 7515 section 7.1, RFC 7519 section 4, RFC 8725.</remarks>
internal sealed class TokenText
{
    private static readonly JsonDocumentOptions Strict = new()
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = false,
        CommentHandling = JsonCommentHandling.Disallow,
        MaxDepth = AuthenticationLimits.TokenDepthMax,
    };

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // In the order of their values (RFC 4648 section 5).
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private TokenText(string algorithm, string keyId, JsonElement claims)
    {
        Algorithm = algorithm;
        KeyId = keyId;
        Claims = claims;
    }

    /// <summary>One of RS256, PS256, ES256.</summary>
    public string Algorithm { get; }

    public string KeyId { get; }

    /// <summary>A JSON object, detached from any pooled memory.</summary>
    public JsonElement Claims { get; }

    public static TokenProblem TryRead(string token, out TokenText? text)
    {
        text = null;
        if (token.Length > AuthenticationLimits.TokenLengthMax) return TokenProblem.TooLong;

        var first = token.IndexOf('.', StringComparison.Ordinal);
        var second = first < 0 ? -1 : token.IndexOf('.', first + 1);

        // A fourth part would be an encrypted token, or a second signature glued on.
        if (second < 0 || token.IndexOf('.', second + 1) >= 0 || second == token.Length - 1) return TokenProblem.Malformed;
        if (!TryObject(token.AsSpan(0, first), out var header)) return TokenProblem.Malformed;
        if (!TryObject(token.AsSpan(first + 1, second - first - 1), out var claims)) return TokenProblem.Malformed;

        if (!IsOneEncoding(token.AsSpan(second + 1))) return TokenProblem.Malformed;

        if (Text(header, "alg") is not ("RS256" or "PS256" or "ES256")) return TokenProblem.Algorithm;
        foreach (var member in header.EnumerateObject())
        {
            // Only these: whatever else a header may say (jku, jwk, x5u, x5c, crit, b64, zip…) would let the token choose
            // how it is checked.
            if (member.Name is not ("alg" or "kid" or "typ" or "cty" or "x5t" or "x5t#S256")) return TokenProblem.Header;
        }

        if (header.TryGetProperty("typ", out _) && !IsAccessTokenType(Text(header, "typ"))) return TokenProblem.Header;
        if (header.TryGetProperty("cty", out _)) return TokenProblem.Header;
        var keyId = Text(header, "kid");
        if (string.IsNullOrEmpty(keyId) || keyId.Length > AuthenticationLimits.KeyIdLengthMax) return TokenProblem.Key;

        text = new TokenText(Text(header, "alg")!, keyId, claims);
        return TokenProblem.None;
    }

    /// <summary>The text of a member, or null if it is missing or no text.</summary>
    public static string? Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // RFC 9068 section 2.1, and the type that most issuers write.
    private static bool IsAccessTokenType(string? type) =>
        type is not null
        && (type.Equals("JWT", StringComparison.OrdinalIgnoreCase)
            || type.Equals("at+jwt", StringComparison.OrdinalIgnoreCase)
            || type.Equals("application/at+jwt", StringComparison.OrdinalIgnoreCase));

    private static bool TryObject(ReadOnlySpan<char> part, out JsonElement value)
    {
        value = default;
        if (!IsOneEncoding(part)) return false;
        try
        {
            var bytes = Base64Url.DecodeFromChars(part);
            using var document = JsonDocument.Parse(Utf8.GetString(bytes), Strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return false;
            ReadTexts(document.RootElement);
            value = document.RootElement.Clone();
            return true;
        }
        catch (Exception e) when (e is FormatException or JsonException or ArgumentException or InvalidOperationException)
        {
            // Not base64url, not UTF-8, not strict JSON, or half of a surrogate pair: all the same to the caller.
            return false;
        }
    }

    // Bytes have one text: no padding, and no bits that nobody reads. Otherwise one signature would have many tokens, and a
    // token that was put aside would come back with another last letter.
    private static bool IsOneEncoding(ReadOnlySpan<char> part)
    {
        if (part.Length == 0 || part.Length % 4 == 1 || part.IndexOfAnyExcept(Base64UrlLetters) >= 0) return false;
        var unread = (part.Length % 4) switch { 2 => 0x0F, 3 => 0x03, _ => 0 };
        return (Letters.IndexOf(part[^1], StringComparison.Ordinal) & unread) == 0;
    }

    // An escape such as \ud800 parses, and fails whoever reads it later: all texts are read here once.
    private static void ReadTexts(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray()) ReadTexts(item);
                break;
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    _ = member.Name;
                    ReadTexts(member.Value);
                }

                break;
        }
    }

    private static readonly System.Buffers.SearchValues<char> Base64UrlLetters =
        System.Buffers.SearchValues.Create(Letters);
}
