using HealthGrains.Domain.Cda;
using Xunit;

namespace HealthGrains.Domain.Tests.Cda;

public sealed class CdaTimeTests
{
    [Theory]
    [InlineData("2024", CdaTimePrecision.Year, "2024-01-01T00:00:00.0000000+00:00")]
    [InlineData("202409", CdaTimePrecision.Month, "2024-09-01T00:00:00.0000000+00:00")]
    [InlineData("20240916", CdaTimePrecision.Day, "2024-09-16T00:00:00.0000000+00:00")]
    [InlineData("2024091610", CdaTimePrecision.Hour, "2024-09-16T10:00:00.0000000+00:00")]
    [InlineData("202409161002+0200", CdaTimePrecision.Minute, "2024-09-16T10:02:00.0000000+02:00")]
    [InlineData("20240916100230+0200", CdaTimePrecision.Second, "2024-09-16T10:02:30.0000000+02:00")]
    [InlineData("20240916100230-1000", CdaTimePrecision.Second, "2024-09-16T10:02:30.0000000-10:00")]
    [InlineData("20240916100230.25+02", CdaTimePrecision.Second, "2024-09-16T10:02:30.2500000+02:00")]
    [InlineData("20240916100230.123456789", CdaTimePrecision.Second, "2024-09-16T10:02:30.1234567+00:00")]
    [InlineData("18000101000000+0000", CdaTimePrecision.Second, "1800-01-01T00:00:00.0000000+00:00")]
    [InlineData("99991231235959+0000", CdaTimePrecision.Second, "9999-12-31T23:59:59.0000000+00:00")]
    public void A_time_may_be_cut_after_any_part(string text, CdaTimePrecision precision, string expected)
    {
        Assert.True(CdaTime.TryParse(text, out var time));
        Assert.Equal((precision, expected), (time.Precision, time.Value.ToString("O")));
        Assert.Equal(text.Contains('+', StringComparison.Ordinal) || text.Contains('-', StringComparison.Ordinal), time.HasOffset);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("202")]
    [InlineData("20245")]
    [InlineData("00000101")]
    [InlineData("20241301")]
    [InlineData("20240230")]
    [InlineData("20240916240000")]
    [InlineData("20240916106000")]
    [InlineData("20240916100260")]
    [InlineData("20240916100230+2500")]
    [InlineData("20240916100230+0260")]
    [InlineData("20240916100230+020")]
    [InlineData("20240916100230+")]
    [InlineData("2024-09-16")]
    [InlineData("2024-09-16T10:02:30Z")]
    [InlineData("20240916100230.")]
    [InlineData("202409161002.5")]
    [InlineData("00010101000000+1400")]
    [InlineData("99991231235959-1200")]
    [InlineData("٢٠٢٤")]
    [InlineData("20240916100230.00000000000000000000000000000000")]
    public void What_is_not_a_time_is_refused(string? text) => Assert.False(CdaTime.TryParse(text, out _));
}
