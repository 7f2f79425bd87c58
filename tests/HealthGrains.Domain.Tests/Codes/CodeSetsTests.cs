using HealthGrains.Domain.Codes;
using HealthGrains.Domain.Identity;
using Xunit;

namespace HealthGrains.Domain.Tests.Codes;

public sealed class CodeSetsTests
{
    private static CodeSets Sets => CodeSets.Current;

    [Fact]
    public void The_published_types_are_complete()
    {
        var types = Sets.DocumentTypes;
        Assert.Equal(new DateOnly(2024, 9, 27), types.Version);
        Assert.Equal(113, types.All.Count(t => t.Status == DocumentTypeStatus.Current));
        Assert.Equal(16, types.All.Count(t => t.Status == DocumentTypeStatus.History));
        var refused = Assert.Single(types.All, t => t.Status == DocumentTypeStatus.Refused);
        Assert.Equal("E1762", refused.Code);
        Assert.False(refused.MayBeDeposited);
    }

    [Fact]
    public void Each_type_has_a_class_and_a_code_system_that_fits()
    {
        foreach (var type in Sets.DocumentTypes.All)
        {
            Assert.True(Sets.DocumentClasses.Contains(type.ClassCode), type.Code);
            var isLoinc = type.Code.Length > 2 && type.Code[^2] == '-' && type.Code.All(c => char.IsAsciiDigit(c) || c == '-');
            Assert.Equal(isLoinc ? "2.16.840.1.113883.6.1" : "1.2.250.1.213.1.1.4.12", type.System);
        }
    }

    [Theory]
    [InlineData("11502-2", "10", "CR d'examens biologiques")]
    [InlineData("18748-4", "31", "CR d'imagerie médicale")]
    [InlineData("57833-6", "42", "Prescription de produits de santé")]
    [InlineData("60593-1", "43", "Dispensation médicamenteuse")]
    [InlineData("60591-5", "11", "Synthèse médicale")]
    [InlineData("PRESC-BIO", "42", "Prescription d'actes de biologie médicale")]
    [InlineData("101881-1", "52", "Carte d'implant")]
    public void A_type_knows_its_class_and_label(string code, string classCode, string label)
    {
        Assert.True(Sets.DocumentTypes.TryFind(code, out var type));
        Assert.Equal((classCode, label), (type.ClassCode, type.Label));
    }

    [Fact]
    public void Special_types_are_marked()
    {
        Assert.Equal(["68599-0", "83901-9"],
            Sets.DocumentTypes.All.Where(t => t.Sensitive).Select(t => t.Code).Order(StringComparer.Ordinal));
        Assert.Equal(6, Sets.DocumentTypes.All.Count(t => t.ClassIsOurs && t.Status == DocumentTypeStatus.Current));
        Assert.All(
            Sets.DocumentTypes.All,
            t => Assert.Equal(
                t.Code.StartsWith("DOCPAT", StringComparison.Ordinal) || t.Code.StartsWith("EXPPAT_", StringComparison.Ordinal),
                t.PatientOnly));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("synth")]
    [InlineData("")]
    [InlineData(null)]
    public void A_code_is_found_as_published_or_not_at_all(string? code) => Assert.False(Sets.DocumentTypes.TryFind(code, out _));

    [Fact]
    public void The_other_sets_are_complete()
    {
        Assert.Equal(12, Sets.DocumentClasses.All.Count);
        Assert.Equal(12, Sets.PracticeSettings.All.Count);
        Assert.Equal(69, Sets.Facilities.All.Count);
        Assert.False(Sets.Facilities.Contains("SA11"));
        Assert.False(Sets.Facilities.Contains("SA62"));
        Assert.True(Sets.Facilities.Contains("SA69"));
        Assert.Equal(31, Sets.Notifications.All.Count(n => !n.ForSender));
        Assert.Equal(3, Sets.Notifications.All.Count(n => n.ForSender));
        Assert.Equal(["ACCES_BRIS_GLACE"], Sets.Notifications.All.Where(n => !n.ForSender && !n.Mutable).Select(n => n.Code));
        Assert.Equal(3, Sets.Confidentiality.All.Count(c => !c.IsLevel));
    }

    [Fact]
    public void A_profession_is_found_by_code_and_system()
    {
        Assert.Equal(56, Sets.Professions.All.Count);
        foreach (var code in (string[])["10", "21", "40", "50"])
        {
            ProfessionCode.TryCreate(code, ProfessionCode.HealthProfessions, out var full);
            ProfessionCode.TryCreate(code, ProfessionCode.Trainees, out var trainee);
            Assert.True(Sets.Professions.TryFind(full, out var a));
            Assert.True(Sets.Professions.TryFind(trainee, out var b));
            Assert.Equal(a.Label + " en formation", b.Label);
        }
    }

    [Theory]
    [InlineData("1.3.6.1.4.1.19376.1.2.20", "application/pdf", "urn:ihe:iti:xds-sd:pdf:2008")]
    [InlineData("1.3.6.1.4.1.19376.1.2.20", "image/jpeg", "urn:ihe:iti-fr:xds-sd:jpeg:2010")]
    [InlineData("1.2.250.1.213.1.1.1.55", null, "urn:ihe:lab:xd-lab:2008")]
    [InlineData("1.2.250.1.213.1.1.1.55", "application/pdf", "urn:ihe:lab:xd-lab:2008")]
    [InlineData("1.2.250.1.213.1.1.1.13", null, "urn:asip:ci-sis:vsm:2012")]
    public void A_template_and_a_media_type_tell_the_format(string template, string? media, string format)
    {
        string[] templates = ["2.16.840.1.113883.2.8.2.1", "1.2.250.1.213.1.1.1.1", template];
        Assert.True(Sets.TryFindFormat(templates, media, out var found));
        Assert.Equal(format, found.Code);
        Assert.Equal(format.StartsWith("urn:ihe:", StringComparison.Ordinal), found.System == "1.3.6.1.4.1.19376.1.2.3");
    }

    [Fact]
    public void An_unknown_template_tells_no_format() =>
        Assert.False(Sets.TryFindFormat(["1.2.250.1.213.1.1.1.1", "1.2.3"], "application/pdf", out _));

    [Theory]
    [InlineData("set: x")]
    [InlineData("#set: x\ncode\tlabel\tsystem")]
    [InlineData("#set: x\n#version: yesterday\ncode\tlabel\tsystem")]
    [InlineData("#set: x\n#version: 2024-01-01\n")]
    [InlineData("#set: x\n#version: 2024-01-01\ncode\tlabel\nA\tb")]
    [InlineData("#set: x\n#version: 2024-01-01\ncode\tlabel\tsystem\nA\tb")]
    [InlineData("#set: x\n#version: 2024-01-01\ncode\tlabel\tsystem\nA\t\t1.2.3")]
    [InlineData("#set: x\n#version: 2024-01-01\ncode\tlabel\tsystem\nA\tb\tno-oid")]
    [InlineData("#set: x\n#version: 2024-01-01\ncode\tlabel\tsystem\nA\tb\t1.2.3\nA\tc\t1.2.3\n")]
    public void A_file_that_does_not_follow_the_format_is_not_loaded(string text)
    {
        var wrong = Assert.Throws<CodeTableException>(
            () => CodeSets.Load(name => name == "facilities" ? text : CodeSets.ReadResource(name)));
        Assert.Contains("facilities", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_newer_file_replaces_the_embedded_one()
    {
        const string newer = "#set: x\n#version: 2030-01-01\ncode\tlabel\tsystem\nSA99\tNouveau secteur\t1.2.250.1.71.4.2.4\n";
        var sets = CodeSets.Load(name => name == "facilities" ? newer : CodeSets.ReadResource(name));
        Assert.True(sets.Facilities.Contains("SA99"));
        Assert.False(sets.Facilities.Contains("SA01"));
        Assert.Equal(new DateOnly(2030, 1, 1), sets.Facilities.Version);
    }

    [Fact]
    public void A_type_of_an_unknown_class_is_not_loaded()
    {
        var text = CodeSets.ReadResource("document-types").Replace("11502-2\tCR d'examens biologiques\t10", "11502-2\tx\t12", StringComparison.Ordinal);
        Assert.Throws<CodeTableException>(() => CodeSets.Load(name => name == "document-types" ? text : CodeSets.ReadResource(name)));
    }
}
