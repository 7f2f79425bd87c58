using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Services.Authentication;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Authentication;

public sealed class CallerClaimsTests : IDisposable
{
    private const string Nurse = """
        "SubjectNameID":"899700218896","preferred_username":"899700218896","given_name":"Ada","family_name":"TEST",
        "SubjectRefPro":{"exercices":[{"codeProfession":"60","codeCategorieProfessionnelle":"C",
          "activities":[{"numeroFinessSite":"750100125","numeroSiretSite":"18003502400041"}]}]}
        """;

    private const string TwoHats = """
        "sub":"f:9b1f1c5e-0000-0000-0000-000000000000:899700218896","SubjectNameID":"899700218896","acr":"eidas1",
        "Acces_Regulation_Medicale":"VRAI",
        "SubjectRefPro":{"exercices":[
          {"codeProfession":"10","codeCategorieProfessionnelle":"C","codeSavoirFaire":"SM26","activities":[
            {"numeroFinessSite":"","numeroSiretSite":"18003502400041"},{"numeroFinessSite":"750803447"}]},
          {"codeProfession":"10","codeCategorieProfessionnelle":"E","activities":[]}]}
        """;

    private readonly TokenBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task A_patient_is_number_and_issuer()
    {
        var caller = await _bench.CallerOf<Caller.Patient>(
            _bench.Good(""" "hg_kind":"patient","ins":"279035121518989","ins_oid":"1.2.250.1.213.1.4.10" """));
        Assert.Equal(PatientId.Parse("1.2.250.1.213.1.4.10^279035121518989"), caller.Id);
        Assert.Equal(ActorKind.Patient, caller.Actor.Kind);
    }

    [Theory]
    [InlineData(""" "hg_kind":"patient","ins":"279035121518988","ins_oid":"1.2.250.1.213.1.4.10" """)]
    [InlineData(""" "hg_kind":"patient","ins":"279035121518989","ins_oid":"1.2.250.1.213.1.4.8" """)]
    [InlineData(""" "hg_kind":"patient","ins":"279035121518989" """)]
    [InlineData(""" "hg_kind":"producer" """)]
    [InlineData(""" "hg_kind":"producer","organization":"1750100126" """)]
    [InlineData(""" "hg_kind":"producer","organization":["1750100125"] """)]
    [InlineData(""" "hg_kind":"producer","organization":"1750100125","on_behalf_of":"" """)]
    [InlineData(""" "hg_kind":"Producer","organization":"1750100125" """)]
    [InlineData(""" "hg_kind":["producer"],"organization":"1750100125" """)]
    [InlineData(""" "hg_kind":"admin","sub":"root" """)]
    [InlineData(""" "hg_kind":"delegate" """)]
    [InlineData(""" "hg_kind":"delegate","sub":"two words" """)]
    [InlineData(""" "hg_kind":"operator","sub":"a\u0000b" """)]
    [InlineData(""" "hg_kind":"professional","SubjectNameID":"899700218896" """)]
    [InlineData(""" "hg_kind":"professional","SubjectNameID":"899700218897","SubjectRole":"10" """)]
    [InlineData(""" "hg_kind":"professional","SubjectNameID":"3750100125/1453","SubjectRole":"10" """)]
    [InlineData(""" "SubjectNameID":"899700218896","preferred_username":"899700366240","SubjectRole":"10" """)]
    [InlineData(""" "SubjectNameID":"899700218896","sub":"f:x:899700366240","SubjectRole":"10" """)]
    [InlineData(""" "SubjectNameID":"899700218896","SubjectRefPro":{"exercices":[]} """)]
    [InlineData(""" "SubjectNameID":"899700218896","SubjectRefPro":"10","SubjectRole":"10" """)]
    [InlineData(""" "sub":"somebody" """)]
    public async Task Claims_that_do_not_say_who_calls_are_refused(string claims) =>
        Assert.Equal(TokenProblem.Claims, await _bench.ProblemOf(_bench.Good(claims)));

    [Fact]
    public async Task A_professional_of_ours_has_one_situation()
    {
        var caller = await _bench.CallerOf<Caller.Professional>(_bench.Good(
            """ "hg_kind":"professional","SubjectNameID":"899700218896","SubjectRole":"10^1.2.250.1.213.1.1.5.5","SubjectOrganizationID":"1750100125" """));
        Assert.Equal("899700218896", caller.Id.ToString());
        Assert.Equal("10^1.2.250.1.71.1.2.7", caller.Profession.ToString());
        Assert.Equal("1750100125", caller.Structure.ToString());
        Assert.False(caller.IsRegulation);
        Assert.Equal(caller.Structure, caller.Actor.Structure);
    }

    [Fact]
    public async Task A_token_of_Pro_Sante_Connect_is_a_professionals()
    {
        var caller = await _bench.CallerOf<Caller.Professional>(_bench.Good(Nurse));
        Assert.Equal("60", caller.Profession.Code);
        Assert.Equal("1750100125", caller.Structure.ToString());
        Assert.Equal("Ada TEST", caller.Name);
    }

    [Fact]
    public async Task Several_situations_wait_for_a_choice()
    {
        var caller = await _bench.CallerOf<Caller.Professional>(_bench.Good(TwoHats));
        Assert.Null(caller.Situation);
        Assert.True(caller.IsRegulation);
        Assert.Equal(["3180035024" + "00041", "1750803447", ""], caller.Situations.Select(s => s.Structure.ToString()));

        Assert.Equal(RefusalCode.ContextIncomplete, caller.TryIn(SituationChoice.Open, out _)!.Code);
        Assert.Equal(RefusalCode.ContextIncomplete, caller.TryIn(new("10", "C", null), out _)!.Code);
        Assert.Equal(RefusalCode.ContextIncomplete, caller.TryIn(new("21", null, null), out _)!.Code);
        Assert.Null(caller.TryIn(new(null, null, "1750803447"), out var acting));
        Assert.Equal(("10", "SM26"), (acting.Profession.Code, acting.Specialty));
        Assert.Null(caller.TryIn(new("10", "E", null), out acting));
        Assert.Equal(ProfessionCode.Trainees, acting.Profession.System);
    }

    [Fact]
    public async Task Metadata_names_the_situation()
    {
        var authentication = new CallerAuthentication(_bench.Validator, _bench.Rules);
        var bearer = "Bearer " + _bench.Good(TwoHats);
        async Task<CallerCheck> Check(string? situation) => await authentication.CheckAsync(bearer, situation, null, CancellationToken.None);

        Assert.Equal("1750803447", ((Caller.Professional)(await Check("profession=10; structure=1750803447")).Caller!).Structure.ToString());
        Assert.Null(((Caller.Professional)(await Check(null)).Caller!).Situation);
        Assert.Equal(TokenProblem.Situation, (await Check("structure=1990000002")).Problem);
        Assert.Equal(TokenProblem.Situation, (await Check("profession=10")).Problem);
        Assert.Equal(TokenProblem.Situation, (await Check("profession")).Problem);
        Assert.Equal(TokenProblem.Situation, (await Check("structure=1750803447;structure=1750803447")).Problem);
        Assert.Equal(TokenProblem.Situation, (await Check("")).Problem);
    }

    [Fact]
    public async Task A_weak_login_is_refused_where_a_strong_one_is_asked_for()
    {
        using var strict = new TokenBench(rules => rules with { RequiredAcr = ["eidas1"] });
        Assert.Equal(TokenProblem.TooWeak, await strict.ProblemOf(strict.Good(Nurse)));
        Assert.Equal(TokenProblem.None, await strict.ProblemOf(strict.Good(TwoHats)));
        Assert.Equal(TokenProblem.None, await strict.ProblemOf(strict.Good()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Basic YTpi")]
    [InlineData("Bearer")]
    public async Task Without_a_bearer_nobody_calls(string? authorization)
    {
        var authentication = new CallerAuthentication(_bench.Validator, _bench.Rules);
        Assert.Equal(TokenProblem.Missing, (await authentication.CheckAsync(authorization, null, null, CancellationToken.None)).Problem);
    }
}
