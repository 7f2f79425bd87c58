using HealthGrains.Domain.Identity;
using Xunit;
using Xunit.Abstractions;

namespace HealthGrains.Domain.Tests.Identity;

public sealed class ProfessionalAndStructureTests(ITestOutputHelper output)
{
    private static readonly IdentityRules Lenient = new() { LenientRpps = true, LenientFiness = true };

    [Theory]
    [InlineData("01234567897")]
    [InlineData("10000000009")]
    [InlineData("81000000000")]
    [InlineData("99700000013")]
    [InlineData("99700218896")]
    [InlineData("99700366240")]
    [InlineData("99700000005")]
    [InlineData("99700000021")]
    public void An_rpps_with_its_luhn_digit_is_taken(string text)
    {
        Assert.True(Rpps.TryParse(text, out var rpps));
        Assert.True(rpps.CheckDigitFits);
        Assert.Equal(text, rpps.ToString());
        Assert.Equal(rpps, Rpps.Parse(text));
    }

    [Theory]
    [InlineData("10000001111")]
    [InlineData("01234534765")]
    [InlineData("01234567890")]
    public void An_rpps_with_a_wrong_digit_is_only_a_warning_where_leniency_is_set(string text)
    {
        Assert.False(Rpps.TryParse(text, out _));
        Assert.True(Rpps.TryParse(text, Lenient, out var rpps));
        Assert.False(rpps.CheckDigitFits);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0123456789")]
    [InlineData("012345678978")]
    [InlineData("0123456789x")]
    [InlineData("٠1234567897")]
    public void Leniency_covers_the_check_digit_only(string? text) => Assert.False(Rpps.TryParse(text, Lenient, out _));

    [Theory]
    [InlineData("750100125")]
    [InlineData("750803447")]
    [InlineData("060016219")]
    [InlineData("030782866")]
    [InlineData("010780914")]
    [InlineData("990000002")]
    [InlineData("990000010")]
    [InlineData("990000028")]
    [InlineData("0B0193488")]
    [InlineData("2A0000014")]
    public void A_finess_is_checked_when_it_is_all_digits(string text)
    {
        Assert.True(Finess.TryParse(text, out var finess));
        Assert.True(finess.CheckDigitFits);
        Assert.Equal(text, finess.ToString());
    }

    [Theory]
    [InlineData("750100126")]
    [InlineData("120459876")]
    public void A_finess_with_a_wrong_digit_passes_only_where_leniency_is_set(string text)
    {
        Assert.False(Finess.TryParse(text, out _));
        Assert.True(Finess.TryParse(text, Lenient, out var finess));
        Assert.False(finess.CheckDigitFits);
    }

    [Theory]
    [InlineData("0b0193488")]
    [InlineData("75010012")]
    [InlineData("7501001250")]
    [InlineData("75010 125")]
    [InlineData(null)]
    public void What_is_not_nine_characters_is_no_finess(string? text) => Assert.False(Finess.TryParse(text, Lenient, out _));

    [Fact]
    public void Siren_and_siret_carry_luhn_digits()
    {
        Assert.True(Siren.TryParse("180035024", out _));
        Assert.True(Siret.TryParse("18003502400041", out _));
        Assert.False(Siren.TryParse("801234567", out _));
        Assert.False(Siret.TryParse("18003502400042", out _));
        Assert.False(Siret.TryParse("1800350240004", out _));
    }

    [Fact]
    public void Any_single_changed_digit_breaks_a_luhn_number()
    {
        var random = TestSeed.Draw(output);
        for (var i = 0; i < 2_000; i++)
        {
            var body = random.NextInt64(10_000_000_000).ToString("0000000000", null);
            var good = body + Luhn.CheckDigit(body);
            Assert.True(Rpps.TryParse(good, out _));
            var at = random.Next(11);
            var other = (char)('0' + ((good[at] - '0' + random.Next(1, 10)) % 10));
            Assert.False(Rpps.TryParse(good[..at] + other + good[(at + 1)..], out _));
        }
    }

    [Theory]
    [InlineData("899700218896", ProfessionalIdKind.Rpps, null)]
    [InlineData("0750012345", ProfessionalIdKind.Adeli, null)]
    [InlineData("02A0012345", ProfessionalIdKind.Adeli, null)]
    [InlineData("175001234501/7", ProfessionalIdKind.AdeliOfficeInternal, "075001234501")]
    [InlineData("3750100125/1453", ProfessionalIdKind.FinessInternal, "1750100125")]
    [InlineData("4180035024/a.b", ProfessionalIdKind.SirenInternal, "2180035024")]
    [InlineData("518003502400041/x", ProfessionalIdKind.SiretInternal, "318003502400041")]
    [InlineData("699700218896006/9", ProfessionalIdKind.RppsOfficeInternal, "499700218896006")]
    public void A_professional_id_is_told_by_its_prefix(string text, ProfessionalIdKind kind, string? structure)
    {
        Assert.True(ProfessionalId.TryParse(text, out var id));
        Assert.Equal(kind, id.Kind);
        Assert.Equal(text, id.ToString());
        Assert.Equal(structure, id.Structure?.ToString());
        Assert.Equal(kind == ProfessionalIdKind.Rpps ? text[1..] : null, id.Rpps?.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("8")]
    [InlineData("899700218897")]
    [InlineData("899700218896/1")]
    [InlineData("99700218896")]
    [InlineData("299700218896")]
    [InlineData("799700218896")]
    [InlineData("3750100125")]
    [InlineData("3750100125/")]
    [InlineData("/1453")]
    [InlineData("3/1453")]
    [InlineData("//")]
    [InlineData("3750100126/1453")]
    [InlineData("3750100125/a b")]
    [InlineData("3750100125/é")]
    [InlineData("3750100125/a^b")]
    [InlineData("3750100125/\n")]
    public void What_is_not_a_professional_id_is_refused(string? text) => Assert.False(ProfessionalId.TryParse(text, out _));

    [Fact]
    public void Random_text_is_never_an_exception()
    {
        var random = TestSeed.Draw(output);
        const string alphabet = "0123456789/^AB.RF ";
        for (var i = 0; i < 20_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(18)).Select(_ => alphabet[random.Next(alphabet.Length)])]);
            if (ProfessionalId.TryParse(text, Lenient, out var professional))
            {
                Assert.Equal(professional, ProfessionalId.Parse(text));
                _ = professional.Structure;
            }

            if (StructureId.TryParse(text, Lenient, out var structure)) Assert.Equal(structure, StructureId.Parse(text));
            _ = UniqueId.TryParse(text, out _);
            _ = ProfessionCode.TryParse(text, out _);
        }
    }

    [Fact]
    public void Adeli_numbers_are_taken_only_while_they_are_accepted()
    {
        var without = new IdentityRules { AcceptAdeli = false };
        Assert.False(ProfessionalId.TryParse("0750012345", without, out _));
        Assert.False(StructureId.TryParse("0750012345", without, out _));
        Assert.False(Adeli.TryParse("750012345", without, out _));
        Assert.Equal("0750012345", ProfessionalId.Parse("0750012345").ToString());
    }

    [Theory]
    [InlineData("0750012345", StructureIdKind.AdeliOffice, "750012345")]
    [InlineData("1750803447", StructureIdKind.Finess, "750803447")]
    [InlineData("2180035024", StructureIdKind.Siren, "180035024")]
    [InlineData("318003502400041", StructureIdKind.Siret, "18003502400041")]
    [InlineData("499700218896006", StructureIdKind.RppsOffice, "99700218896006")]
    [InlineData("R10000000123456", StructureIdKind.Technical, "R10000000123456")]
    [InlineData("F750100125", StructureIdKind.Technical, "F750100125")]
    public void A_structure_id_is_told_by_its_prefix(string text, StructureIdKind kind, string number)
    {
        Assert.True(StructureId.TryParse(text, out var id));
        Assert.Equal((kind, number), (id.Kind, id.Number));
        Assert.Equal(id, StructureId.Parse(text));
        Assert.True(id.CheckDigitFits);
    }

    [Fact]
    public void An_office_is_checked_by_its_professionals_number()
    {
        Assert.True(StructureId.TryParse("499700427885006", out _));
        Assert.False(StructureId.TryParse("499700427886006", out _));
        Assert.True(StructureId.TryParse("499700427886006", Lenient, out var office));
        Assert.False(office.CheckDigitFits);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("1")]
    [InlineData("750803447")]
    [InlineData("1750803448")]
    [InlineData("5750803447")]
    [InlineData("X123")]
    [InlineData("R")]
    [InlineData("R12 3")]
    [InlineData("r123")]
    public void What_is_not_a_structure_id_is_refused(string? text) => Assert.False(StructureId.TryParse(text, out _));

    [Fact]
    public void Structures_are_made_from_their_numbers()
    {
        Assert.Equal("1750803447", StructureId.Of(Finess.Parse("750803447")).ToString());
        Assert.Equal("2180035024", StructureId.Of(Siren.Parse("180035024")).ToString());
        Assert.Equal("318003502400041", StructureId.Of(Siret.Parse("18003502400041")).ToString());
        Assert.Equal("899700218896", ProfessionalId.Of(Rpps.Parse("99700218896")).ToString());
    }

    [Fact]
    public void A_profession_is_its_code_and_its_system()
    {
        Assert.True(ProfessionCode.TryCreate("10", ProfessionCode.HealthProfessions, out var physician));
        Assert.True(ProfessionCode.TryCreate("10", ProfessionCode.Trainees, out var trainee));
        Assert.NotEqual(physician, trainee);
        Assert.Equal("10^1.2.250.1.71.1.2.7", physician.ToString());
        Assert.Equal(physician, ProfessionCode.Parse("10^1.2.250.1.71.1.2.7"));
        Assert.False(ProfessionCode.TryParse("10", out _));
        Assert.False(ProfessionCode.TryParse("^1.2.3", out _));
        Assert.False(ProfessionCode.TryCreate("a b", ProfessionCode.Trainees, out _));
    }
}
