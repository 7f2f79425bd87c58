using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using HealthGrains.Services.Authentication;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Authentication;

/// <summary>A clock that stands still until it is set.</summary>
internal sealed class StandingClock(DateTimeOffset now) : TimeProvider
{
    private long _ticks = now.UtcTicks;

    public DateTimeOffset Now
    {
        get => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);
        set => Interlocked.Exchange(ref _ticks, value.UtcTicks);
    }

    public override DateTimeOffset GetUtcNow() => Now;
}

/// <summary>Keys that a test may add and withdraw.</summary>
internal sealed class FixedKeys : ISigningKeys
{
    public Dictionary<string, SecurityKey> Keys { get; } = [];

    public bool Reachable { get; set; } = true;

    public SecurityKey? Find(string keyId) => Keys.GetValueOrDefault(keyId);

    public ValueTask<KeyAnswer> FindAsync(string keyId, CancellationToken waiting) =>
        ValueTask.FromResult(new KeyAnswer(Find(keyId), Reachable));
}

/// <summary>An issuer whose tokens a test writes letter by letter, right or wrong.</summary>
internal sealed class TokenBench : IDisposable
{
    public const string Issuer = "https://issuer.example/auth";
    public const string Producer = """ "hg_kind":"producer","organization":"1750100125" """;

    // Making one takes longer than all that is tested with it.
    private static readonly Lazy<RSA> SharedRsa = new(() => RSA.Create(2048));

    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public TokenBench(Func<TokenRules, TokenRules>? change = null)
    {
        Keys.Keys["rsa"] = new RsaSecurityKey(Rsa.ExportParameters(includePrivateParameters: false)) { KeyId = "rsa" };
        Keys.Keys["ec"] = new ECDsaSecurityKey(ECDsa.Create(Curve.ExportParameters(includePrivateParameters: false))) { KeyId = "ec" };
        var rules = new TokenRules { Issuers = [new TrustedIssuer(Issuer, Keys)] };
        Rules = change is null ? rules : change(rules);
        Validator = new TokenValidator(Rules, Clock);
    }

    public StandingClock Clock { get; } = new(Start);

    public RSA Rsa => SharedRsa.Value;

    public ECDsa Curve { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public FixedKeys Keys { get; } = new();

    public TokenRules Rules { get; }

    public TokenValidator Validator { get; }

    public long Now => Clock.Now.ToUnixTimeSeconds();

    /// <summary>Issuer, audience and times that hold.</summary>
    public string Standard => $$""" "iss":"{{Issuer}}","aud":"healthgrains","nbf":{{Now - 10}},"exp":{{Now + 300}} """;

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public string Es256(string header, string claims) => Sign(header, claims, bytes =>
        Curve.SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));

    public string Rs256(string header, string claims) =>
        Sign(header, claims, bytes => Rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    public string Ps256(string header, string claims) =>
        Sign(header, claims, bytes => Rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss));

    /// <summary>A token that holds, with these claims beside the standard ones.</summary>
    public string Good(string claims = Producer) => Es256("""{"alg":"ES256","kid":"ec","typ":"JWT"}""", $$"""{{{Standard}},{{claims}}}""");

    /// <summary>A token signed well, with claims in place of the standard ones.</summary>
    public string WithClaims(string claims) => Es256("""{"alg":"ES256","kid":"ec"}""", $$"""{{{claims}}}""");

    public static string Sign(string header, string claims, Func<byte[], byte[]> sign)
    {
        var text = $"{Encode(header)}.{Encode(claims)}";
        return $"{text}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(text)))}";
    }

    public async Task<TokenProblem> ProblemOf(string token) => (await Validator.ValidateAsync(token, CancellationToken.None)).Problem;

    public async Task<T> CallerOf<T>(string token)
        where T : Caller
    {
        var check = await Validator.ValidateAsync(token, CancellationToken.None);
        Assert.Equal(TokenProblem.None, check.Problem);
        return Assert.IsType<T>(check.Token!.Caller);
    }

    public void Dispose() => Curve.Dispose();
}
