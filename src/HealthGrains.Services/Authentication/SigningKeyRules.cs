using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace HealthGrains.Services.Authentication;

/// <summary>Which public keys are strong enough, and for which algorithm.</summary>
internal static class SigningKeyRules
{
    private const string P256 = "1.2.840.10045.3.1.7";

    /// <summary>For every key of ours. The library would keep what signs and checks by key id, beyond the life of the key: a
    /// second instance of one key would find the first one's, disposed. Validated tokens are kept by us.</summary>
    public static readonly CryptoProviderFactory Providers = new() { CacheSignatureProviders = false };

    /// <summary>Whether this key may check this algorithm. A shared secret never may: a public key taken for one would let
    /// anybody sign.</summary>
    public static bool Fits(SecurityKey key, string algorithm) => (key, algorithm) switch
    {
        (RsaSecurityKey rsa, "RS256" or "PS256") => rsa.KeySize >= AuthenticationLimits.RsaBitsMin,
        (ECDsaSecurityKey curve, "ES256") =>
            curve.KeySize == 256 && curve.ECDsa.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == P256,
        _ => false,
    };

    /// <summary>Makes the key of one entry of a published set (RFC 7517); null for what is not a public key for signatures
    /// that we take.</summary>
    public static SecurityKey? FromPublished(JsonWebKey published)
    {
        if (string.IsNullOrEmpty(published.Kid) || published.Kid.Length > AuthenticationLimits.KeyIdLengthMax) return null;
        if (published.Use is not (null or "" or "sig")) return null;
        if (published.Alg is not (null or "" or "RS256" or "PS256" or "ES256")) return null;
        try
        {
            SecurityKey? key = published.Kty switch
            {
                "RSA" => new RsaSecurityKey(new RSAParameters
                {
                    Modulus = Base64UrlEncoder.DecodeBytes(published.N),
                    Exponent = Base64UrlEncoder.DecodeBytes(published.E),
                }),
                "EC" when published.Crv == "P-256" => new ECDsaSecurityKey(ECDsa.Create(new ECParameters
                {
                    Curve = ECCurve.NamedCurves.nistP256,
                    Q = { X = Base64UrlEncoder.DecodeBytes(published.X), Y = Base64UrlEncoder.DecodeBytes(published.Y) },
                })),
                _ => null,
            };
            if (key is null) return null;
            key.KeyId = published.Kid;
            key.CryptoProviderFactory = Providers;
            string[] algorithms = string.IsNullOrEmpty(published.Alg) ? ["RS256", "ES256"] : [published.Alg];
            return algorithms.Any(a => Fits(key, a)) ? key : null;
        }
        catch (Exception e) when (e is CryptographicException or FormatException or ArgumentException)
        {
            // One key that cannot be read must not cost the others.
            return null;
        }
    }
}
