namespace HealthGrains.Services.Authentication;

/// <summary>Every maximum of authentication.</summary>
public static class AuthenticationLimits
{
    /// <summary>Longest bearer token, in characters. A longer one is refused unread.</summary>
    public const int TokenLengthMax = 16 * 1024;

    /// <summary>Deepest JSON of a token's header and claims.</summary>
    public const int TokenDepthMax = 12;

    /// <summary>Longest key id, in characters. A key id is compared, never used as a path or a query.</summary>
    public const int KeyIdLengthMax = 256;

    /// <summary>Audiences that one token may name.</summary>
    public const int AudiencesMax = 16;

    /// <summary>Situations of practice of one professional.</summary>
    public const int SituationsMax = 64;

    /// <summary>Longest subject of a delegate or an operator, in characters.</summary>
    public const int SubjectLengthMax = 128;

    /// <summary>Longest display name kept from a token, in characters.</summary>
    public const int NameLengthMax = 256;

    /// <summary>Validated tokens kept. Beyond it those not used lately go.</summary>
    public const int CachedTokensMax = 16 * 1024;

    /// <summary>How far the clocks of issuer and server may differ, at most.</summary>
    public static readonly TimeSpan ClockSkewMax = TimeSpan.FromSeconds(60);

    /// <summary>Largest discovery document or key set, in bytes.</summary>
    public const int IssuerDocumentBytesMax = 256 * 1024;

    /// <summary>Keys kept of one issuer.</summary>
    public const int IssuerKeysMax = 64;

    /// <summary>Longest wait for an issuer's answer.</summary>
    public static readonly TimeSpan IssuerWaitMax = TimeSpan.FromSeconds(5);

    /// <summary>An unknown key id asks the issuer again, but not more often than this: strangers choose key ids.</summary>
    public static readonly TimeSpan IssuerRefreshMin = TimeSpan.FromSeconds(30);

    /// <summary>An issuer that did not answer is asked again after this, at the earliest.</summary>
    public static readonly TimeSpan IssuerRetryMin = TimeSpan.FromSeconds(5);

    /// <summary>Keys older than this are asked for again.</summary>
    public static readonly TimeSpan IssuerRefreshAfter = TimeSpan.FromMinutes(10);

    /// <summary>Keys that could not be confirmed for this long are trusted no more.</summary>
    public static readonly TimeSpan IssuerKeysAgeMax = TimeSpan.FromHours(1);

    /// <summary>Longest life of a development token.</summary>
    public static readonly TimeSpan DevelopmentTokenLifetimeMax = TimeSpan.FromDays(366);

    /// <summary>Smallest RSA key that is trusted, in bits.</summary>
    public const int RsaBitsMin = 2048;
}
