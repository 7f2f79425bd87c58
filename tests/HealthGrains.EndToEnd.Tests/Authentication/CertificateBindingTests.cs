using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HealthGrains.Services.Authentication;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Authentication;

/// <summary>RFC 8705: tokens bound to a certificate, and certificates that speak for an organisation.</summary>
public sealed class CertificateBindingTests : IDisposable
{
    private readonly TokenBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task A_bound_token_needs_its_certificate()
    {
        using var own = Certificate("CN=lab, OU=1750100125, O=Test");
        using var twin = Certificate("CN=lab, OU=1750100125, O=Test");
        var bound = $$"""{{TokenBench.Producer}},"cnf":{"x5t#S256":"{{Thumbprint(own)}}"}""";
        Assert.Equal(TokenProblem.None, await Check(bound, own));
        Assert.Equal(TokenProblem.Binding, await Check(bound, twin));
        Assert.Equal(TokenProblem.Binding, await Check(bound, null));
    }

    [Theory]
    [InlineData("""{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}""")]
    [InlineData("""{"x5t#S256":"AAAA"}""")]
    [InlineData("""{"x5t#S256":"not base64"}""")]
    [InlineData("""{"x5t#S256":7}""")]
    [InlineData("{}")]
    [InlineData("\"x\"")]
    public async Task A_binding_that_cannot_be_checked_is_refused(string confirmation) =>
        Assert.Equal(TokenProblem.Binding, await Check($"{TokenBench.Producer},\"cnf\":{confirmation}", null));

    [Theory]
    [InlineData("CN=lab, OU=1750100125", TokenProblem.None)]
    [InlineData("CN=lab, OU=Biology, OU=1750100125", TokenProblem.None)]
    [InlineData("CN=lab, OU=1750803447", TokenProblem.Organization)]
    [InlineData("CN=1750100125", TokenProblem.Organization)]
    [InlineData("CN=lab", TokenProblem.Organization)]
    [InlineData("CN=lab, OU=1750100125, OU=1750803447", TokenProblem.Organization)]
    [InlineData("CN=lab+OU=1750100125", TokenProblem.Organization)]
    public async Task The_certificates_organisation_is_the_tokens(string subject, TokenProblem expected)
    {
        using var certificate = Certificate(subject);
        Assert.Equal(expected, await Check(TokenBench.Producer, certificate));
    }

    [Fact]
    public async Task A_zero_in_a_name_ends_nothing()
    {
        using var certificate = Certificate(new X500DistinguishedName(Encoded("1750100125\0.evil")));
        Assert.Equal(TokenProblem.Organization, await Check(TokenBench.Producer, certificate));
    }

    [Fact]
    public async Task A_certificate_that_holds_no_more_ends_the_calls_of_an_open_connection()
    {
        using var own = Certificate("CN=lab, OU=1750100125");
        var holds = true;
        var rules = _bench.Rules with { CertificateHolds = _ => holds, ProducersNeedCertificate = true };
        Assert.Equal(TokenProblem.None, await Check(TokenBench.Producer, own, rules));
        Assert.Equal(TokenProblem.CertificateMissing, await Check(TokenBench.Producer, null, rules));
        Assert.Equal(TokenProblem.None, await Check(""" "hg_kind":"operator","sub":"o" """, null, rules));
        holds = false;
        Assert.Equal(TokenProblem.CertificateEnded, await Check(TokenBench.Producer, own, rules));
    }

    [Fact]
    public async Task An_organisation_acts_for_another_only_where_it_is_listed()
    {
        const string forOther = """ "hg_kind":"producer","organization":"1750100125","on_behalf_of":"1750803447" """;
        const string forItself = """ "hg_kind":"producer","organization":"1750100125","on_behalf_of":"1750100125" """;
        Assert.Equal(TokenProblem.None, await Check(forOther, null));
        var listed = _bench.Rules with { MayActFor = (system, structure) => system.ToString() == "1750100125" && structure.ToString() == "1750803447" };
        Assert.Equal(TokenProblem.None, await Check(forOther, null, listed));
        var nobody = _bench.Rules with { MayActFor = (_, _) => false };
        Assert.Equal(TokenProblem.ActsForOther, await Check(forOther, null, nobody));
        Assert.Equal(TokenProblem.None, await Check(forItself, null, nobody));
    }

    [Theory]
    [InlineData(""" "hg_kind":"patient","ins":"279035121518989","ins_oid":"1.2.250.1.213.1.4.10" """, HealthGrains.Services.CallerKinds.Patient)]
    [InlineData(""" "hg_kind":"producer","organization":"1750100125" """, HealthGrains.Services.CallerKinds.Producer)]
    [InlineData(""" "hg_kind":"operator","sub":"o" """, HealthGrains.Services.CallerKinds.Operator)]
    [InlineData(""" "hg_kind":"delegate","sub":"d" """, HealthGrains.Services.CallerKinds.Delegate)]
    [InlineData(""" "SubjectNameID":"899700000005","SubjectRole":"10" """, HealthGrains.Services.CallerKinds.Professional)]
    public async Task An_issuer_speaks_only_for_the_kinds_it_is_trusted_with(string claims, HealthGrains.Services.CallerKinds kind)
    {
        foreach (var trusted in Enum.GetValues<HealthGrains.Services.CallerKinds>())
        {
            using var bench = new TokenBench(rules => rules with { Issuers = [rules.Issuers[0] with { Kinds = trusted }] });
            Assert.Equal(trusted.HasFlag(kind) ? TokenProblem.None : TokenProblem.Kind, await bench.ProblemOf(bench.Good(claims)));
        }
    }

    private static byte[] Encoded(string unit)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.Add("2.5.4.11", unit);
        return builder.Build().RawData;
    }

    private static string Thumbprint(X509Certificate2 certificate) =>
        Base64Url.EncodeToString(SHA256.HashData(certificate.RawData));

    private static X509Certificate2 Certificate(string subject) => Certificate(new X500DistinguishedName(subject));

    private static X509Certificate2 Certificate(X500DistinguishedName subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSelfSigned(start, start.AddYears(5));
    }

    private async Task<TokenProblem> Check(string claims, X509Certificate2? certificate, TokenRules? rules = null)
    {
        var authentication = new CallerAuthentication(_bench.Validator, rules ?? _bench.Rules);
        return (await authentication.CheckAsync("Bearer " + _bench.Good(claims), null, certificate, CancellationToken.None)).Problem;
    }
}
