using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HealthGrains.Services.Authentication;

/// <summary>The key that signs tokens for development and tests: ES256, made by the host. Never trusted in production.</summary>
/// <remarks>Who has this key is everybody: any patient, any professional. It lives in the server's data directory, readable
/// by its owner alone.</remarks>
public sealed class DevelopmentKey : ISigningKeys, IDisposable
{
    /// <summary>The <c>iss</c> of its tokens.</summary>
    public const string Issuer = "urn:healthgrains:development";

    private readonly ECDsa _pair;
    private readonly ECDsa _public;
    private readonly SigningCredentials _credentials;
    private readonly ECDsaSecurityKey _verifying;
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    private DevelopmentKey(ECDsa pair)
    {
        _pair = pair;
        var point = pair.ExportParameters(includePrivateParameters: false);
        _public = ECDsa.Create(point);

        // RFC 7638: the key names itself, so two servers' tokens are told apart.
        KeyId = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(
            $$"""{"crv":"P-256","kty":"EC","x":"{{Base64UrlEncoder.Encode(point.Q.X)}}","y":"{{Base64UrlEncoder.Encode(point.Q.Y)}}"}""")));
        _verifying = new ECDsaSecurityKey(_public) { KeyId = KeyId, CryptoProviderFactory = SigningKeyRules.Providers };
        var signing = new ECDsaSecurityKey(pair) { KeyId = KeyId, CryptoProviderFactory = SigningKeyRules.Providers };
        _credentials = new SigningCredentials(signing, SecurityAlgorithms.EcdsaSha256);
    }

    /// <summary>The thumbprint of the public key (RFC 7638).</summary>
    public string KeyId { get; }

    public TrustedIssuer AsIssuer => new(Issuer, this);

    /// <summary>Makes a new key.</summary>
    public static DevelopmentKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads a key written by <see cref="ToPem"/>.</summary>
    /// <exception cref="FormatException">It is no P-256 private key; the message does not repeat it.</exception>
    public static DevelopmentKey FromPem(string pem)
    {
        var pair = ECDsa.Create();
        try
        {
            pair.ImportFromPem(pem);
            var parameters = pair.ExportParameters(includePrivateParameters: true);
            if (parameters.Curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value && parameters.D is not null) return new(pair);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // Falls through: whatever it is, it is not our key.
        }

        pair.Dispose();
        throw new FormatException("Not a P-256 private key in PEM.");
    }

    /// <summary>PKCS#8 in PEM. A secret: for a file of mode 0600 and nothing else.</summary>
    public string ToPem() => _pair.ExportPkcs8PrivateKeyPem() + "\n";

    /// <summary>Signs a token.</summary>
    /// <param name="claims">Who it speaks of; see <see cref="DevelopmentClaims"/>.</param>
    /// <param name="audience">The server's audience.</param>
    /// <param name="now">From when it holds.</param>
    /// <param name="lifetime">Up to <see cref="AuthenticationLimits.DevelopmentTokenLifetimeMax"/>.</param>
    public string Issue(JsonObject claims, string audience, DateTimeOffset now, TimeSpan lifetime)
    {
        ArgumentNullException.ThrowIfNull(claims);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lifetime, AuthenticationLimits.DevelopmentTokenLifetimeMax);
        var payload = (JsonObject)claims.DeepClone();
        payload["iss"] = Issuer;
        payload["aud"] = audience;
        payload["iat"] = now.ToUnixTimeSeconds();
        payload["nbf"] = now.ToUnixTimeSeconds();
        payload["exp"] = Math.Max((now + lifetime).ToUnixTimeSeconds(), now.ToUnixTimeSeconds() + 1);
        return _handler.CreateToken(payload.ToJsonString(), _credentials);
    }

    public SecurityKey? Find(string keyId) => keyId == KeyId ? _verifying : null;

    public ValueTask<KeyAnswer> FindAsync(string keyId, CancellationToken waiting) =>
        ValueTask.FromResult(new KeyAnswer(Find(keyId), Reachable: true));

    public void Dispose()
    {
        _pair.Dispose();
        _public.Dispose();
    }
}
