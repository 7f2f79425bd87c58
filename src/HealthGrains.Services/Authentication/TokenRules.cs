using System.Security.Cryptography.X509Certificates;
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

    /// <summary>Whether the first structure's systems may act for the second, when a token says that they do; null: the issuer
    /// is believed.</summary>
    public Func<StructureId, StructureId, bool>? MayActFor { get; init; }

    /// <summary>Whether a connection's certificate still holds, asked at each call; null: it was checked when the connection
    /// was made.</summary>
    public Func<X509Certificate2, bool>? CertificateHolds { get; init; }

    /// <summary>A producer without a client certificate is not let in.</summary>
    public bool ProducersNeedCertificate { get; init; }

    /// <summary>How identifiers in tokens are checked.</summary>
    public IdentityRules Identities { get; init; } = IdentityRules.Default;
}
