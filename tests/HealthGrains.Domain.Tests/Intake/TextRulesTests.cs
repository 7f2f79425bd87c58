using HealthGrains.Domain.Documents.Intake;
using Xunit;

namespace HealthGrains.Domain.Tests.Intake;

public sealed class TextRulesTests
{
    [Theory]
    [InlineData("Compte rendu d'hospitalisation, 12/03", true)]
    [InlineData("Élévation ≥ 3 µg·L⁻¹ 🩺", true)]
    [InlineData("../../etc/passwd", true)] // A title is a title: no file is named after it.
    [InlineData("a\0b", false)]
    [InlineData("a\tb", false)]
    [InlineData("a\r\nb", false)]
    [InlineData("a\u001b[31m", false)]
    [InlineData("a\u0085b", false)]
    [InlineData("a\u009Bb", false)]
    [InlineData("a\u2028b", false)]
    [InlineData("fdp.\u202Eexe", false)]
    [InlineData("a\u200Fb", false)]
    [InlineData("a\u2067b", false)]
    [InlineData("a\uFFFDb", false)]
    public void A_line_is_text_and_nothing_else(string text, bool isTaken) =>
        Assert.Equal(isTaken, TextRules.CheckLine(text, 256, "f") is null);

    [Fact]
    public void Half_a_character_is_refused()
    {
        Assert.NotNull(TextRules.CheckLine("a\uD83Eb", 256, "f"));
        Assert.NotNull(TextRules.CheckLine("a\uDE7A", 256, "f"));
        Assert.NotNull(TextRules.CheckLine("\uD83E", 256, "f"));
    }

    [Fact]
    public void Lines_may_end_and_no_more()
    {
        Assert.Null(TextRules.CheckLines("a\r\n\tb", 256, "f"));
        Assert.NotNull(TextRules.CheckLines("a\u000bb", 256, "f"));
    }

    [Fact]
    public void Length_has_a_bound()
    {
        Assert.Null(TextRules.CheckLine(new string('a', 256), 256, "f"));
        Assert.NotNull(TextRules.CheckLine(new string('a', 257), 256, "f"));
        Assert.NotNull(TextRules.CheckCode(new string('a', IntakeLimits.CodeCharsMax + 1), "f"));
        Assert.NotNull(TextRules.CheckCode("a b", "f"));
        Assert.NotNull(TextRules.CheckCode("é", "f"));
    }
}
