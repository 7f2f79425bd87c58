using HealthGrains.Services.Authentication;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Authentication;

public sealed class OidcKeysTests : IAsyncLifetime
{
    private readonly StandingClock _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private LoopbackIssuer _issuer = null!;
    private OidcKeys _keys = null!;
    private TokenValidator _validator = null!;

    public async Task InitializeAsync()
    {
        _issuer = await LoopbackIssuer.StartAsync();
        _keys = new OidcKeys(_issuer.Issuer, OidcKeys.DirectHandler(), _clock, NullLogger<OidcKeys>.Instance);
        _validator = new TokenValidator(new TokenRules { Issuers = [new TrustedIssuer(_issuer.Issuer, _keys)] }, _clock);
    }

    public async Task DisposeAsync()
    {
        _keys.Dispose();
        await _issuer.DisposeAsync();
    }

    [Fact]
    public async Task Keys_are_found_by_discovery()
    {
        _issuer.AddKey("one");
        Assert.False(_keys.HasKeys);
        Assert.Equal(TokenProblem.None, await Problem("one"));
        Assert.True(_keys.HasKeys);
        Assert.Equal(1, _issuer.KeyQuestions);
    }

    [Fact]
    public async Task A_rotation_needs_nobody()
    {
        _issuer.AddKey("one");
        Assert.Equal(TokenProblem.None, await Problem("one"));
        var old = _issuer.Token("one", _clock.Now);
        Assert.Equal(TokenProblem.None, await Problem(old, raw: true));

        _issuer.AddKey("two");
        _clock.Now += AuthenticationLimits.IssuerRefreshMin;
        Assert.Equal(TokenProblem.None, await Problem("two"));
        Assert.Equal(TokenProblem.None, await Problem(old, raw: true));

        _issuer.Keys.Remove("one");
        _issuer.AddKey("three");
        _clock.Now += AuthenticationLimits.IssuerRefreshMin;
        Assert.Equal(TokenProblem.None, await Problem("three"));
        Assert.Equal(TokenProblem.Key, await Problem(old, raw: true));
    }

    [Fact]
    public async Task Unknown_key_ids_do_not_flood_the_issuer()
    {
        _issuer.AddKey("one");
        _issuer.AddKey("stranger");
        var strange = _issuer.Token("stranger", _clock.Now);
        _issuer.Keys.Remove("stranger");
        for (var i = 0; i < 50; i++) Assert.Equal(TokenProblem.Key, await Problem(strange, raw: true));
        Assert.Equal(1, _issuer.KeyQuestions);
    }

    [Fact]
    public async Task Without_keys_nobody_is_believed()
    {
        _issuer.AddKey("one");
        _issuer.IsUp = false;
        Assert.Equal(TokenProblem.KeysUnreachable, await Problem("one"));

        _issuer.IsUp = true;
        _clock.Now += AuthenticationLimits.IssuerRetryMin;
        Assert.Equal(TokenProblem.None, await Problem("one"));
    }

    [Fact]
    public async Task Keys_unreachable_for_an_hour_close_the_door()
    {
        _issuer.AddKey("one");
        var token = _issuer.Token("one", _clock.Now);
        Assert.Equal(TokenProblem.None, await Problem(token, raw: true));

        _issuer.IsUp = false;
        _clock.Now += AuthenticationLimits.IssuerKeysAgeMax;
        Assert.Equal(TokenProblem.None, await Problem(token, raw: true));
        _clock.Now += TimeSpan.FromSeconds(1);
        Assert.Equal(TokenProblem.KeysUnreachable, await Problem(token, raw: true));
    }

    [Fact]
    public async Task An_issuer_that_names_itself_otherwise_is_not_believed()
    {
        _issuer.AddKey("one");
        _issuer.NamesItself = _issuer.Issuer + "/";
        Assert.Equal(TokenProblem.KeysUnreachable, await Problem("one"));
    }

    [Fact]
    public async Task Keys_of_other_kinds_are_passed_over()
    {
        _issuer.AddKey("one");
        _issuer.OtherKeys.Add("""{"kty":"oct","kid":"secret","k":"AAAA"}""");
        _issuer.OtherKeys.Add("""{"kty":"RSA","kid":"small","n":"AQAB","e":"AQAB"}""");
        _issuer.OtherKeys.Add("""{"kty":"EC","crv":"P-256","kid":"broken","x":"AA","y":"AA"}""");
        _issuer.OtherKeys.Add("""{"kty":"EC","crv":"P-256","use":"enc","kid":"enc","x":"AA","y":"AA"}""");
        Assert.Equal(TokenProblem.None, await Problem("one"));
        foreach (var other in (string[])["secret", "small", "broken", "enc"]) Assert.Null(_keys.Find(other));
    }

    [Theory]
    [InlineData("http://issuer.example/auth")]
    [InlineData("ftp://127.0.0.1/")]
    [InlineData("https://issuer.example/auth?x=1")]
    [InlineData("issuer")]
    public void An_issuer_is_asked_over_https(string issuer) => Assert.Throws<ArgumentException>(() =>
        new OidcKeys(issuer, OidcKeys.DirectHandler(), _clock, NullLogger<OidcKeys>.Instance));

    private async Task<TokenProblem> Problem(string keyIdOrToken, bool raw = false)
    {
        var token = raw ? keyIdOrToken : _issuer.Token(keyIdOrToken, _clock.Now);
        return (await _validator.ValidateAsync(token, CancellationToken.None)).Problem;
    }
}
