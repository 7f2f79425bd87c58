using HealthGrains.Domain.Identity;
using HealthGrains.Services.Authentication;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Authentication;

public sealed class DevelopmentKeyTests
{
    private readonly StandingClock _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_key_read_again_checks_what_it_signed()
    {
        using var key = DevelopmentKey.Create();
        using var again = DevelopmentKey.FromPem(key.ToPem());
        using var other = DevelopmentKey.Create();
        Assert.Equal(key.KeyId, again.KeyId);
        var token = key.Issue(DevelopmentClaims.Producer(StructureId.Parse("1750100125")), "healthgrains", _clock.Now, TimeSpan.FromHours(1));
        Assert.Equal(TokenProblem.None, await Problem(again, token));
        Assert.Equal(TokenProblem.Key, await Problem(other, token));
    }

    [Fact]
    public async Task A_key_read_again_works_after_the_first_one_is_gone()
    {
        using var key = DevelopmentKey.Create();
        var pem = key.ToPem();
        for (var i = 0; i < 3; i++)
        {
            using var again = DevelopmentKey.FromPem(pem);
            var token = again.Issue(DevelopmentClaims.Operator("o"), "healthgrains", _clock.Now, TimeSpan.FromHours(1));
            Assert.Equal(TokenProblem.None, await Problem(again, token));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")]
    public void What_is_no_key_is_refused(string pem) => Assert.Throws<FormatException>(() => DevelopmentKey.FromPem(pem));

    [Fact]
    public async Task Every_kind_of_development_token_is_understood()
    {
        using var key = DevelopmentKey.Create();
        var structure = StructureId.Parse("1750100125");
        (System.Text.Json.Nodes.JsonObject Claims, CallerKind Kind)[] all =
        [
            (DevelopmentClaims.Patient(PatientId.Parse("1.2.250.1.213.1.4.10^279035121518989")), CallerKind.Patient),
            (DevelopmentClaims.Professional(ProfessionalId.Parse("899700218896"), "10", structure, isRegulation: true, "Dr Test"), CallerKind.Professional),
            (DevelopmentClaims.Producer(structure, StructureId.Parse("1750803447")), CallerKind.Producer),
            (DevelopmentClaims.Delegate("caregiver-1"), CallerKind.Delegate),
            (DevelopmentClaims.Operator("ops"), CallerKind.Operator),
        ];
        foreach (var (claims, kind) in all)
        {
            var check = await Check(key, key.Issue(claims, "healthgrains", _clock.Now, TimeSpan.FromMinutes(5)));
            Assert.Equal(kind, check.Token?.Caller.Kind);
        }
    }

    private async Task<TokenProblem> Problem(DevelopmentKey key, string token) => (await Check(key, token)).Problem;

    private async Task<TokenCheck> Check(DevelopmentKey key, string token) =>
        await new TokenValidator(new TokenRules { Issuers = [key.AsIssuer] }, _clock).ValidateAsync(token, CancellationToken.None);
}
