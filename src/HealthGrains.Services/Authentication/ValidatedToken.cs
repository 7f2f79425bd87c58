using Microsoft.IdentityModel.Tokens;

namespace HealthGrains.Services.Authentication;

/// <summary>A token whose signature, times, audience and claims hold.</summary>
/// <param name="Caller">Who it speaks of.</param>
/// <param name="Expires">From then on it does not hold; the tolerated difference of clocks is in it already.</param>
/// <param name="CertificateThumbprint">SHA-256 of the certificate that must come with it (RFC 8705 section 3.1), 32 bytes;
/// empty if it is bound to none.</param>
/// <param name="Issuer">Who signed.</param>
/// <param name="KeyId">With which key.</param>
/// <param name="Key">The key itself; the token falls with it.</param>
public sealed record ValidatedToken(
    Caller Caller,
    DateTimeOffset Expires,
    ReadOnlyMemory<byte> CertificateThumbprint,
    TrustedIssuer Issuer,
    string KeyId,
    SecurityKey Key);

/// <summary>The outcome of a check: a token, or why not.</summary>
public readonly record struct TokenCheck(ValidatedToken? Token, TokenProblem Problem)
{
    public static TokenCheck Refused(TokenProblem problem) => new(null, problem);
}
