namespace HealthGrains.Services.Authentication;

/// <summary>Why a token was not taken. For metrics and one plain sentence; it never holds a part of the token.</summary>
public enum TokenProblem
{
    None = 0,

    /// <summary>No metadata <c>authorization</c>, several of them, or not <c>Bearer</c>.</summary>
    Missing,

    /// <summary>Longer than <see cref="AuthenticationLimits.TokenLengthMax"/>.</summary>
    TooLong,

    /// <summary>Not three parts of base64url holding JSON objects, or a member comes twice (RFC 7519 section 4).</summary>
    Malformed,

    /// <summary>An algorithm other than RS256, PS256 and ES256.</summary>
    Algorithm,

    /// <summary>A header that would let the token choose its key or its rules: jku, jwk, x5u, x5c, crit, b64, zip; or a
    /// type that is no access token.</summary>
    Header,

    /// <summary>An issuer that is not trusted here, compared letter by letter.</summary>
    Issuer,

    /// <summary>Meant for somebody else.</summary>
    Audience,

    /// <summary>exp is missing, out of range or past.</summary>
    Expired,

    /// <summary>nbf is missing, out of range or to come.</summary>
    NotYetValid,

    /// <summary>The key is not one of the issuer's, or not one for this algorithm.</summary>
    Key,

    /// <summary>The issuer's keys cannot be had: nothing can be believed until they can.</summary>
    KeysUnreachable,

    /// <summary>The signature does not fit.</summary>
    Signature,

    /// <summary>The claims do not say who calls, or contradict each other.</summary>
    Claims,

    /// <summary>The authentication was too weak (<c>acr</c>).</summary>
    TooWeak,

    /// <summary>The token is bound to another certificate, or to something that cannot be checked here.</summary>
    Binding,

    /// <summary>The named situation of practice is not in the token.</summary>
    Situation,

    /// <summary>Its issuer may not speak for this kind of caller.</summary>
    Kind,

    /// <summary>A producer came without a client certificate.</summary>
    CertificateMissing,

    /// <summary>The client certificate has run out, or was revoked.</summary>
    CertificateEnded,

    /// <summary>The token says that its organisation acts for another one, for which it is not listed.</summary>
    ActsForOther,

    /// <summary>The client certificate speaks for another organisation than the token.</summary>
    Organization,
}
