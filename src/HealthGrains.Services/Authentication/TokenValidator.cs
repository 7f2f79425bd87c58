using System.Buffers.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HealthGrains.Services.Authentication;

/// <summary>Checks bearer tokens.</summary>
/// <remarks>
/// <para>A token is taken apart strictly first (<see cref="TokenText"/>), so that no two readers of it can see two things;
/// then issuer, audience and times; then the signature, by a key that the issuer publishes and the token only names; then
/// the claims. What a token says of its own key is never followed. Any doubt refuses.</para>
/// <para>A token that was taken is remembered by its SHA-256 until it expires or its key goes, so that the same token costs
/// a hash from then on. Source: RFC 7519, RFC 8725, RFC 8705, RFC 9068.</para>
/// </remarks>
public sealed class TokenValidator
{
    // The last second of the year 9999: what a timestamp can hold.
    private const long UnixSecondsMax = 253_402_300_799;

    private readonly TokenRules _rules;
    private readonly TimeProvider _time;
    private readonly TokenCache _cache = new(AuthenticationLimits.CachedTokensMax);
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };

    public TokenValidator(TokenRules rules, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(time);
        if (rules.ClockSkew < TimeSpan.Zero || rules.ClockSkew > AuthenticationLimits.ClockSkewMax)
        {
            throw new ArgumentException(
                $"Auth:ClockSkew is {rules.ClockSkew}; it lies between zero and {AuthenticationLimits.ClockSkewMax}.", nameof(rules));
        }

        _rules = rules;
        _time = time;
    }

    /// <summary>Checks one token.</summary>
    /// <param name="token">The compact text, without <c>Bearer</c>.</param>
    /// <param name="waiting">The caller's; only a question to an issuer waits at all.</param>
    public ValueTask<TokenCheck> ValidateAsync(string token, CancellationToken waiting) => ValidateAsync(token.AsMemory(), waiting);

    /// <summary>The same for a part of a text: a token that was validated before is not copied.</summary>
    public ValueTask<TokenCheck> ValidateAsync(ReadOnlyMemory<char> token, CancellationToken waiting)
    {
        if (token.Length > AuthenticationLimits.TokenLengthMax)
            return ValueTask.FromResult(TokenCheck.Refused(TokenProblem.TooLong));

        var digest = TokenCache.DigestOf(token.Span);
        if (_cache.Find(digest) is { } known)
        {
            if (_time.GetUtcNow() >= known.Expires) return ValueTask.FromResult(TokenCheck.Refused(TokenProblem.Expired));

            // A key that its issuer withdrew takes its tokens with it, cached or not.
            if (ReferenceEquals(known.Issuer.Keys.Find(known.KeyId), known.Key))
                return ValueTask.FromResult(new TokenCheck(known, TokenProblem.None));
        }

        return ValidateNewAsync(token.ToString(), digest, waiting);
    }

    private async ValueTask<TokenCheck> ValidateNewAsync(string token, TokenDigest digest, CancellationToken waiting)
    {
        var problem = TokenText.TryRead(token, out var text);
        if (problem != TokenProblem.None) return TokenCheck.Refused(problem);

        var claims = text!.Claims;
        var issuer = IssuerOf(claims);
        if (issuer is null) return TokenCheck.Refused(TokenProblem.Issuer);
        if (!IsForUs(claims)) return TokenCheck.Refused(TokenProblem.Audience);
        problem = CheckTimes(claims, out var expires);
        if (problem != TokenProblem.None) return TokenCheck.Refused(problem);
        if (!IsAccessToken(claims)) return TokenCheck.Refused(TokenProblem.Header);

        var answer = await issuer.Keys.FindAsync(text.KeyId, waiting);
        if (answer.Key is not { } key)
            return TokenCheck.Refused(answer.Reachable ? TokenProblem.Key : TokenProblem.KeysUnreachable);
        if (!SigningKeyRules.Fits(key, text.Algorithm)) return TokenCheck.Refused(TokenProblem.Key);
        if (!await HasSignatureAsync(token, key, text.Algorithm)) return TokenCheck.Refused(TokenProblem.Signature);

        if (!TryBinding(claims, out var thumbprint)) return TokenCheck.Refused(TokenProblem.Binding);
        problem = CallerClaims.TryRead(claims, _rules, out var caller);
        if (problem != TokenProblem.None) return TokenCheck.Refused(problem);

        if ((MethodAccess.Set(caller!.Kind) & issuer.Kinds) == CallerKinds.None) return TokenCheck.Refused(TokenProblem.Kind);

        var validated = new ValidatedToken(caller, expires, thumbprint, issuer, text.KeyId, key);
        _cache.Keep(digest, validated);
        return new TokenCheck(validated, TokenProblem.None);
    }

    private TrustedIssuer? IssuerOf(JsonElement claims)
    {
        var issuer = TokenText.Text(claims, "iss");
        foreach (var trusted in _rules.Issuers)
            if (string.Equals(trusted.Issuer, issuer, StringComparison.Ordinal))
                return trusted;
        return null;
    }

    private bool IsForUs(JsonElement claims)
    {
        if (!claims.TryGetProperty("aud", out var audience)) return false;
        if (audience.ValueKind == JsonValueKind.String) return audience.GetString() == _rules.Audience;
        if (audience.ValueKind != JsonValueKind.Array || audience.GetArrayLength() > AuthenticationLimits.AudiencesMax) return false;
        foreach (var one in audience.EnumerateArray())
            if (one.ValueKind == JsonValueKind.String && one.GetString() == _rules.Audience)
                return true;
        return false;
    }

    private TokenProblem CheckTimes(JsonElement claims, out DateTimeOffset expires)
    {
        expires = default;
        if (!TrySeconds(claims, "exp", out var exp)) return TokenProblem.Expired;

        // Issuers that write no nbf write iat (RFC 9068 requires it); a token without any beginning is refused.
        var beginning = claims.TryGetProperty("nbf", out _) ? "nbf" : "iat";
        if (!TrySeconds(claims, beginning, out var begins)) return TokenProblem.NotYetValid;
        if (begins > exp) return TokenProblem.NotYetValid;

        var now = _time.GetUtcNow();
        expires = DateTimeOffset.FromUnixTimeSeconds(exp);
        if (DateTimeOffset.MaxValue - expires > _rules.ClockSkew) expires += _rules.ClockSkew;
        if (now >= expires) return TokenProblem.Expired;
        return now < DateTimeOffset.FromUnixTimeSeconds(begins) - _rules.ClockSkew ? TokenProblem.NotYetValid : TokenProblem.None;
    }

    // RFC 7519 allows fractions; they are cut. What no clock can show (1e99, negative, words) is refused.
    private static bool TrySeconds(JsonElement claims, string name, out long seconds)
    {
        seconds = 0;
        if (!claims.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.Number) return false;
        if (!value.TryGetDouble(out var number) || number is not (>= 0 and <= UnixSecondsMax)) return false;
        seconds = (long)number;
        return true;
    }

    // An ID token says who logged in, to another program; it is no permission to call us (RFC 8725 section 2.8).
    private static bool IsAccessToken(JsonElement claims) =>
        !claims.TryGetProperty("at_hash", out _)
        && !claims.TryGetProperty("c_hash", out _)
        && (!claims.TryGetProperty("typ", out _) || TokenText.Text(claims, "typ") is "Bearer" or "JWT" or "at+jwt");

    private async Task<bool> HasSignatureAsync(string token, SecurityKey key, string algorithm)
    {
        var parameters = new TokenValidationParameters
        {
            // Issuer, audience and times were checked above, on our clock and on what was parsed strictly.
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            ValidateIssuerSigningKey = true,
            TryAllIssuerSigningKeys = false,
            IssuerSigningKeyResolver = (_, _, _, _) => [key],
            ValidAlgorithms = [algorithm],
        };
        var result = await _handler.ValidateTokenAsync(token, parameters);
        return result.IsValid;
    }

    // Only a binding to a certificate can be checked here; any other one (DPoP's jkt…) is not passed over.
    private static bool TryBinding(JsonElement claims, out ReadOnlyMemory<byte> thumbprint)
    {
        thumbprint = default;
        if (!claims.TryGetProperty("cnf", out var confirmation)) return true;
        if (confirmation.ValueKind != JsonValueKind.Object) return false;
        foreach (var member in confirmation.EnumerateObject())
        {
            if (member.Name != "x5t#S256" || member.Value.ValueKind != JsonValueKind.String) return false;
            var text = member.Value.GetString()!;
            if (!Base64Url.IsValid(text)) return false;
            thumbprint = Base64Url.DecodeFromChars(text);
        }

        return thumbprint.Length == 32;
    }
}
