using HealthGrains.Domain.Identity;

namespace HealthGrains.Services.Authentication;

/// <summary>What a token must be to be taken.</summary>
public sealed record TokenRules
{
    /// <summary>The audience of development tokens, and the default.</summary>
    public const string DefaultAudience = "healthgrains";

    /// <summary>Who may issue tokens. Empty: nobody can call.</summary>
    public required IReadOnlyList<TrustedIssuer> Issuers { get; init; }

    /// <summary>What <c>aud</c> must be or hold; <c>Auth:Audience</c>.</summary>
    public string Audience { get; init; } = DefaultAudience;

    /// <summary>Tolerated difference of clocks, at most <see cref="AuthenticationLimits.ClockSkewMax"/>;
    /// <c>Auth:ClockSkew</c>.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Values of <c>acr</c> of which a professional's token must have one; empty asks for none;
    /// <c>Auth:RequiredAcr</c>.</summary>
    public IReadOnlyList<string> RequiredAcr { get; init; } = [];

    /// <summary>How identifiers in tokens are checked.</summary>
    public IdentityRules Identities { get; init; } = IdentityRules.Default;
}
