using HealthGrains.Domain.Refusals;
using Xunit;

namespace HealthGrains.Domain.Tests.Identity;

public sealed class RefusalVocabularyTests
{
    [Fact]
    public void Every_code_has_one_row_and_a_stable_name()
    {
        var codes = Enum.GetValues<RefusalCode>();
        Assert.Equal(codes.Order(), RefusalVocabulary.Terms.Select(t => t.Code));
        Assert.Equal(codes.Length, RefusalVocabulary.Terms.Select(t => t.Name).Distinct().Count());
        foreach (var code in codes)
        {
            Assert.True(RefusalCodes.TryParse(RefusalCodes.Name(code), out var back));
            Assert.Equal(code, back);
        }
    }

    [Theory]
    [InlineData("INS_MISSING", 101)]
    [InlineData("PATIENT_UNKNOWN", 107)]
    [InlineData("CALLER_KIND_FORBIDDEN", 205)]
    [InlineData("FEEDING_OPPOSED", 303)]
    [InlineData("METADATA_INVALID", 401)]
    [InlineData("UNIQUEID_REUSED", 405)]
    [InlineData("PARTIAL_SUCCESS", 414)]
    [InlineData("CURSOR_EXPIRED", 510)]
    [InlineData("INTERNAL_ERROR", 699)]
    public void Numbers_are_never_changed(string name, int number)
    {
        Assert.True(RefusalCodes.TryParse(name, out var code));
        Assert.Equal(number, (int)code);
    }

    [Fact]
    public void Only_overload_and_unavailability_are_retryable()
    {
        var retryable = RefusalVocabulary.Terms.Where(t => t.Retryable).Select(t => t.Name);
        Assert.Equal(["OVERLOADED", "TEMPORARILY_UNAVAILABLE"], retryable);
    }

    [Fact]
    public void An_unknown_name_is_no_code()
    {
        Assert.False(RefusalCodes.TryParse("ins_missing", out _));
        Assert.False(RefusalCodes.TryParse(null, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => RefusalCodes.Name(default));
    }

    [Fact]
    public void Details_take_part_in_equality()
    {
        var plain = new Refusal(RefusalCode.StaleVersion, "Not the head.");
        Assert.Null(plain.Details);
        Assert.Equal(plain.With("head", "1"), plain.With("head", "1"));
        Assert.NotEqual(plain.With("head", "1"), plain.With("head", "2"));
        Assert.NotEqual(plain, plain.With("head", "1"));
        Assert.False(plain.Retryable);
    }
}
