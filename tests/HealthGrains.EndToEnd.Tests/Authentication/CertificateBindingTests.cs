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

    private async Task<TokenProblem> Check(string claims, X509Certificate2? certificate)
    {
        var authentication = new CallerAuthentication(_bench.Validator, _bench.Rules);
        return (await authentication.CheckAsync("Bearer " + _bench.Good(claims), null, certificate, CancellationToken.None)).Problem;
    }
}
