using System.Security.Cryptography;
using System.Text;
using HealthGrains.Services.Authentication;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Authentication;

/// <summary>Every way of forging, bending or stretching a token that we know of.</summary>
public sealed class TokenZooTests : IDisposable
{
    private readonly TokenBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task The_three_algorithms_are_taken()
    {
        var claims = $$"""{{{_bench.Standard}},{{TokenBench.Producer}}}""";
        Assert.Equal(TokenProblem.None, await _bench.ProblemOf(_bench.Es256("""{"alg":"ES256","kid":"ec"}""", claims)));
        Assert.Equal(TokenProblem.None, await _bench.ProblemOf(_bench.Rs256("""{"alg":"RS256","kid":"rsa"}""", claims)));
        Assert.Equal(TokenProblem.None, await _bench.ProblemOf(_bench.Ps256("""{"alg":"PS256","kid":"rsa","typ":"at+jwt"}""", claims)));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("NONE")]
    [InlineData("nOnE")]
    [InlineData("HS256")]
    [InlineData("RS512")]
    [InlineData("ES384")]
    [InlineData("es256")]
    [InlineData("")]
    public async Task Other_algorithms_are_refused(string algorithm)
    {
        var header = $$"""{"alg":"{{algorithm}}","kid":"ec"}""";
        var claims = $$"""{{{_bench.Standard}},{{TokenBench.Producer}}}""";
        Assert.Equal(TokenProblem.Algorithm, await _bench.ProblemOf(_bench.Es256(header, claims)));
        var unsigned = $"{TokenBench.Encode(header)}.{TokenBench.Encode(claims)}.";
        Assert.NotEqual(TokenProblem.None, await _bench.ProblemOf(unsigned));
        Assert.NotEqual(TokenProblem.None, await _bench.ProblemOf(unsigned + "AA"));
    }

    [Fact]
    public async Task A_public_key_is_no_shared_secret()
    {
        var secret = Encoding.ASCII.GetBytes(_bench.Rsa.ExportSubjectPublicKeyInfoPem());
        var claims = $$"""{{{_bench.Standard}},{{TokenBench.Producer}}}""";
        var token = TokenBench.Sign("""{"alg":"HS256","kid":"rsa"}""", claims, bytes => HMACSHA256.HashData(secret, bytes));
        Assert.Equal(TokenProblem.Algorithm, await _bench.ProblemOf(token));
        var disguised = TokenBench.Sign("""{"alg":"RS256","kid":"rsa"}""", claims, bytes => HMACSHA256.HashData(secret, bytes));
        Assert.Equal(TokenProblem.Signature, await _bench.ProblemOf(disguised));
    }

    [Theory]
    [InlineData("RS256", "ec")]
    [InlineData("PS256", "ec")]
    [InlineData("ES256", "rsa")]
    public async Task A_key_of_another_kind_is_refused(string algorithm, string keyId)
    {
        var header = $$"""{"alg":"{{algorithm}}","kid":"{{keyId}}"}""";
        Assert.Equal(TokenProblem.Key, await _bench.ProblemOf(
            _bench.Es256(header, $$"""{{{_bench.Standard}},{{TokenBench.Producer}}}""")));
    }

    [Theory]
    [InlineData("../../../../dev/null")]
    [InlineData("' OR 1=1 --")]
    [InlineData("EC")]
    [InlineData("ec ")]
    [InlineData("")]
    public async Task A_key_id_is_only_compared(string keyId) => Assert.Equal(TokenProblem.Key, await _bench.ProblemOf(
        _bench.Es256($$"""{"alg":"ES256","kid":"{{keyId}}"}""", $$"""{{{_bench.Standard}},{{TokenBench.Producer}}}""")));

    [Fact]
    public async Task A_missing_or_endless_key_id_is_refused()
    {
        var claims = $$"""{{{_bench.Standard}},{{TokenBench.Producer}}}""";
        Assert.Equal(TokenProblem.Key, await _bench.ProblemOf(_bench.Es256("""{"alg":"ES256"}""", claims)));
        Assert.Equal(TokenProblem.Key, await _bench.ProblemOf(_bench.Es256("""{"alg":"ES256","kid":7}""", claims)));
        Assert.Equal(TokenProblem.Key, await _bench.ProblemOf(
            _bench.Es256($$"""{"alg":"ES256","kid":"{{new string('k', 257)}}"}""", claims)));
    }

    [Theory]
    [InlineData(""" "jku":"https://evil.example/keys" """)]
    [InlineData(""" "jwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"} """)]
    [InlineData(""" "x5u":"https://evil.example/chain" """)]
    [InlineData(""" "x5c":["MIIB"] """)]
    [InlineData(""" "crit":["exp"] """)]
    [InlineData(""" "b64":false """)]
    [InlineData(""" "zip":"DEF" """)]
    [InlineData(""" "cty":"JWT" """)]
    [InlineData(""" "typ":"ID" """)]
    [InlineData(""" "typ":"logout+jwt" """)]
    [InlineData(""" "typ":1 """)]
    public async Task A_token_does_not_say_how_it_is_checked(string member) => Assert.Equal(TokenProblem.Header, await _bench.ProblemOf(
        _bench.Es256($$"""{"alg":"ES256","kid":"ec",{{member}}}""", $$"""{{{_bench.Standard}},{{TokenBench.Producer}}}""")));

    [Theory]
    [InlineData("""{"alg":"\ud800","kid":"ec"}""", null)]
    [InlineData("""{"alg":"ES256","kid":"\udfff"}""", null)]
    [InlineData("""{"alg":"ES256","kid":"ec","\ud800":1}""", null)]
    [InlineData("""{"alg":"ES256","kid":"ec","\ud800":1,"\ud800":2}""", null)]
    [InlineData(null, """ "iss":"\ud800" """)]
    [InlineData(null, """ "aud":["\ud800x"] """)]
    [InlineData(null, """ "organization":"\udc00" """)]
    [InlineData(null, """ "cnf":{"x5t#S256":"\ud800"} """)]
    [InlineData(null, """ "cnf":{"\ud800":"x"} """)]
    [InlineData(null, """ "iss":"\u0000\ud800" """)]
    public async Task Half_a_character_is_no_text(string? header, string? claims)
    {
        var token = _bench.Es256(header ?? """{"alg":"ES256","kid":"ec"}""", claims is null
            ? $$"""{{{_bench.Standard}},{{TokenBench.Producer}}}"""
            : $$"""{{{claims}}}""");
        Assert.Equal(TokenProblem.Malformed, await _bench.ProblemOf(token));
    }

    [Fact]
    public async Task A_changed_letter_anywhere_is_seen()
    {
        var token = _bench.Good();
        for (var at = 0; at < token.Length; at += 7)
        {
            if (token[at] == '.') continue;
            var changed = token[..at] + (token[at] == 'A' ? 'B' : 'A') + token[(at + 1)..];
            Assert.NotEqual(TokenProblem.None, await _bench.ProblemOf(changed));
        }
    }

    [Fact]
    public async Task Another_issuers_key_does_not_sign_for_this_one()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var token = TokenBench.Sign(
            """{"alg":"ES256","kid":"ec"}""", $$"""{{{_bench.Standard}},{{TokenBench.Producer}}}""",
            bytes => other.SignData(bytes, HashAlgorithmName.SHA256));
        Assert.Equal(TokenProblem.Signature, await _bench.ProblemOf(token));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a.b")]
    [InlineData("a.b.c")]
    [InlineData("a.b.c.d")]
    [InlineData("e30.e30.e30.e30.e30")]
    [InlineData("W10.W10.AA")]
    [InlineData("{}.{}.AA")]
    public async Task What_is_no_token_is_malformed(string text) => Assert.Equal(TokenProblem.Malformed, await _bench.ProblemOf(text));

    [Fact]
    public async Task Two_signatures_are_malformed()
    {
        var token = _bench.Good();
        Assert.Equal(TokenProblem.Malformed, await _bench.ProblemOf(token + token[token.LastIndexOf('.')..]));
        var general = $$"""{"payload":"e30","signatures":[{"protected":"e30","signature":"AA"}]}""";
        Assert.Equal(TokenProblem.Malformed, await _bench.ProblemOf(general));
    }

    [Fact]
    public async Task White_space_and_padding_are_malformed()
    {
        var token = _bench.Good();
        Assert.NotEqual(TokenProblem.None, await _bench.ProblemOf(token + " "));
        Assert.NotEqual(TokenProblem.None, await _bench.ProblemOf(token + "="));
        Assert.NotEqual(TokenProblem.None, await _bench.ProblemOf("\n" + token));
        Assert.NotEqual(TokenProblem.None, await _bench.ProblemOf(token.Insert(4, " ")));
    }

    [Fact]
    public async Task One_signature_has_one_text()
    {
        var token = _bench.Good();
        Assert.Equal(TokenProblem.Malformed, await _bench.ProblemOf(token + "=="));

        // 64 bytes are 86 letters: of the last one four bits are read by nobody.
        const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var last = Letters.IndexOf(token[^1], StringComparison.Ordinal);
        for (var bits = 1; bits < 16; bits++)
            Assert.Equal(TokenProblem.Malformed, await _bench.ProblemOf(token[..^1] + Letters[last | bits]));
        Assert.Equal(TokenProblem.None, await _bench.ProblemOf(token));
    }

    [Theory]
    [InlineData(""" "organization":"3180035024000" ,"organization":"1750100125" """)]
    [InlineData(""" "aud":"healthgrains" """)]
    [InlineData(""" "\u0061ud":"healthgrains" """)]
    [InlineData(""" "deep":{"a":1,"a":2} """)]
    public async Task A_claim_that_comes_twice_is_malformed(string again) =>
        Assert.Equal(TokenProblem.Malformed, await _bench.ProblemOf(_bench.Good($"{TokenBench.Producer},{again}")));

    [Fact]
    public async Task A_header_that_comes_twice_is_malformed() => Assert.Equal(TokenProblem.Malformed, await _bench.ProblemOf(
        _bench.Es256("""{"alg":"none","alg":"ES256","kid":"ec"}""", $$"""{{{_bench.Standard}},{{TokenBench.Producer}}}""")));

    [Theory]
    [InlineData(TokenBench.Issuer + "/")]
    [InlineData("HTTPS://issuer.example/auth")]
    [InlineData("https://issuer.example")]
    [InlineData("https://issuer.example/auth ")]
    [InlineData("")]
    public async Task Another_issuer_is_refused(string issuer) => Assert.Equal(TokenProblem.Issuer, await _bench.ProblemOf(
        _bench.WithClaims($$""" "iss":"{{issuer}}","aud":"healthgrains","nbf":{{_bench.Now}},"exp":{{_bench.Now + 60}},{{TokenBench.Producer}} """)));

    [Theory]
    [InlineData("\"account\"", false)]
    [InlineData("\"HealthGrains\"", false)]
    [InlineData("[]", false)]
    [InlineData("[\"account\",\"other\"]", false)]
    [InlineData("{\"healthgrains\":1}", false)]
    [InlineData("[\"account\",\"healthgrains\"]", true)]
    public async Task The_audience_must_be_ours(string audience, bool taken)
    {
        var problem = await _bench.ProblemOf(_bench.WithClaims(
            $$""" "iss":"{{TokenBench.Issuer}}","aud":{{audience}},"nbf":{{_bench.Now}},"exp":{{_bench.Now + 60}},{{TokenBench.Producer}} """));
        Assert.Equal(taken ? TokenProblem.None : TokenProblem.Audience, problem);
    }

    [Theory]
    [InlineData("1e99")]
    [InlineData("-1")]
    [InlineData("253402300800")]
    [InlineData("9223372036854775808")]
    [InlineData("\"4000000000\"")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("[4000000000]")]
    public async Task An_expiry_out_of_range_is_refused(string exp) => Assert.Equal(TokenProblem.Expired, await _bench.ProblemOf(
        _bench.WithClaims($$""" "iss":"{{TokenBench.Issuer}}","aud":"healthgrains","nbf":{{_bench.Now}},"exp":{{exp}},{{TokenBench.Producer}} """)));

    [Fact]
    public async Task Times_are_required()
    {
        var start = $$""" "iss":"{{TokenBench.Issuer}}","aud":"healthgrains",{{TokenBench.Producer}} """;
        Assert.Equal(TokenProblem.Expired, await _bench.ProblemOf(_bench.WithClaims($"{start},\"nbf\":{_bench.Now}")));
        Assert.Equal(TokenProblem.NotYetValid, await _bench.ProblemOf(_bench.WithClaims($"{start},\"exp\":{_bench.Now + 60}")));
        Assert.Equal(TokenProblem.None, await _bench.ProblemOf(_bench.WithClaims($"{start},\"iat\":{_bench.Now},\"exp\":{_bench.Now + 60}")));
        Assert.Equal(TokenProblem.NotYetValid, await _bench.ProblemOf(
            _bench.WithClaims($"{start},\"iat\":{_bench.Now},\"nbf\":\"now\",\"exp\":{_bench.Now + 60}")));
    }

    [Theory]
    [InlineData(-29, TokenProblem.None)]
    [InlineData(-30, TokenProblem.Expired)]
    [InlineData(-3600, TokenProblem.Expired)]
    public async Task Expiry_holds_with_half_a_minute_of_skew(int seconds, TokenProblem expected) => Assert.Equal(expected, await _bench.ProblemOf(
        _bench.WithClaims($$""" "iss":"{{TokenBench.Issuer}}","aud":"healthgrains","nbf":{{_bench.Now - 7200}},"exp":{{_bench.Now + seconds}},{{TokenBench.Producer}} """)));

    [Theory]
    [InlineData(30, TokenProblem.None)]
    [InlineData(31, TokenProblem.NotYetValid)]
    public async Task A_beginning_holds_with_half_a_minute_of_skew(int seconds, TokenProblem expected) => Assert.Equal(expected, await _bench.ProblemOf(
        _bench.WithClaims($$""" "iss":"{{TokenBench.Issuer}}","aud":"healthgrains","nbf":{{_bench.Now + seconds}},"exp":{{_bench.Now + 600}},{{TokenBench.Producer}} """)));

    [Fact]
    public void More_than_a_minute_of_skew_is_not_configured() =>
        Assert.Throws<ArgumentException>(() => new TokenBench(rules => rules with { ClockSkew = TimeSpan.FromSeconds(61) }));

    [Theory]
    [InlineData(""" "at_hash":"x" """)]
    [InlineData(""" "typ":"ID" """)]
    [InlineData(""" "typ":"Refresh" """)]
    public async Task An_identity_token_is_no_permission(string claim) =>
        Assert.Equal(TokenProblem.Header, await _bench.ProblemOf(_bench.Good($"{TokenBench.Producer},{claim}")));

    [Fact]
    public async Task Sixteen_kibibytes_are_the_longest()
    {
        string Padded(int claims) => _bench.Good($"{TokenBench.Producer},\"pad\":\"{new string('p', claims)}\"");
        var longest = Padded(11_000);
        Assert.True(longest.Length < AuthenticationLimits.TokenLengthMax);
        Assert.Equal(TokenProblem.None, await _bench.ProblemOf(longest));
        var tooLong = Padded(13_000);
        Assert.True(tooLong.Length > AuthenticationLimits.TokenLengthMax);
        Assert.Equal(TokenProblem.TooLong, await _bench.ProblemOf(tooLong));
    }

    [Fact]
    public async Task Deep_claims_are_malformed() => Assert.Equal(TokenProblem.Malformed, await _bench.ProblemOf(
        _bench.Good($"{TokenBench.Producer},\"deep\":{new string('[', 50)}{new string(']', 50)}")));

    [Fact]
    public async Task Keys_that_cannot_be_had_refuse()
    {
        _bench.Keys.Keys.Clear();
        _bench.Keys.Reachable = false;
        Assert.Equal(TokenProblem.KeysUnreachable, await _bench.ProblemOf(_bench.Good()));
    }

    [Fact]
    public async Task A_token_taken_before_falls_with_its_key_and_with_its_time()
    {
        var token = _bench.Good();
        Assert.Equal(TokenProblem.None, await _bench.ProblemOf(token));
        Assert.Equal(TokenProblem.None, await _bench.ProblemOf(token));

        _bench.Clock.Now += TimeSpan.FromSeconds(331);
        Assert.Equal(TokenProblem.Expired, await _bench.ProblemOf(token));
        _bench.Clock.Now -= TimeSpan.FromSeconds(331);

        _bench.Keys.Keys.Remove("ec");
        Assert.Equal(TokenProblem.Key, await _bench.ProblemOf(token));
    }

    [Fact]
    public async Task Each_token_costs_one_signature_check()
    {
        var token = _bench.Good();
        var first = await _bench.Validator.ValidateAsync(token, CancellationToken.None);
        var second = await _bench.Validator.ValidateAsync(token, CancellationToken.None);
        Assert.Same(first.Token, second.Token);
    }
}
