using HealthGrains.LoadTests.Reporting;
using HealthGrains.LoadTests.Targets;
using Xunit;

namespace HealthGrains.LoadTests.Tests;

public sealed class TargetTests
{
    private static readonly DateTimeOffset s_at = new(2026, 1, 5, 10, 0, 0, TimeSpan.Zero);
    private static readonly Machine s_machine = new("host", 2, 1 << 30, "Processor <one>", "Linux", ".NET", "abc", "load-tests targets");

    [Fact]
    public void A_line_is_met_by_the_median_of_its_runs()
    {
        Assert.True(Line(20_000, null, null, 19_000, 21_000, 20_500).IsMet);
        Assert.False(Line(20_000, null, null, 19_000, 30_000, 19_999).IsMet);
        Assert.True(Line(null, 50, null, 49, 10, 90).IsMet);
        Assert.False(Line(null, 50, null, 51, 10, 90).IsMet);
    }

    [Fact]
    public void A_rate_above_its_target_that_is_too_small_a_part_of_the_ceiling_is_not_met()
    {
        Assert.True(Line(10, null, 0.4, 40).IsMet);
        Assert.False(Line(10, null, 0.4, 39).IsMet);
    }

    [Fact]
    public void A_table_reads_back_what_it_wrote_and_is_told_from_a_run()
    {
        var table = Table(Line(20_000, null, null, 19_000, 21_000, 20_500));
        var json = table.ToJson();
        Assert.True(TargetTable.IsTable(json));
        Assert.False(TargetTable.IsTable("{\"scenario\":\"steady\"}"));
        var read = TargetTable.FromJson(json);
        Assert.Equal(20_500, read.Lines[0].Value);
        Assert.Equal(50, read.Lines[0].Cpu["server"]);
        Assert.Equal(TargetText.Of(table), TargetText.Of(read));
    }

    [Fact]
    public void The_page_says_what_is_met_and_lets_no_text_through_as_markup()
    {
        var page = TargetPage.Of(Table(Line(20_000, null, null, 21_000), Line(20_000, null, null, 100) with { Name = "other" }));
        Assert.Contains("1 of 2 met", page, StringComparison.Ordinal);
        Assert.Contains("Processor &lt;one&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<one>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_with_a_missing_document_says_that_no_figure_counts()
    {
        var line = Line(20_000, null, null, 21_000);
        Assert.Contains("believe no figure", TargetPage.Of(Table(line with { Runs = [line.Runs[0] with { Missing = 1 }] })), StringComparison.Ordinal);
        Assert.DoesNotContain("believe no figure", TargetPage.Of(Table(line)), StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_differ_where_their_runs_do_not_overlap()
    {
        var first = Table(Line(20_000, null, null, 10_000, 11_000, 12_000));
        var rate = TargetComparison.Of(first, Table(Line(20_000, null, null, 15_000, 16_000, 17_000)))[0];
        Assert.True(rate is { Changed: true, Better: true });
        Assert.False(TargetComparison.Of(first, Table(Line(20_000, null, null, 11_500, 16_000, 17_000)))[0].Changed);
        var delay = TargetComparison.Of(Table(Line(null, 50, null, 10, 11)), Table(Line(null, 50, null, 20, 21)))[0];
        Assert.True(delay is { Changed: true, Better: false });
    }

    [Fact]
    public void The_baseline_of_the_same_machine_is_found_before_a_newer_one_of_another()
    {
        var folder = Directory.CreateTempSubdirectory("baselines-");
        try
        {
            var table = Table(Line(20_000, null, null, 21_000));
            File.WriteAllText(Path.Combine(folder.FullName, "same.json"), table.ToJson());
            File.WriteAllText(
                Path.Combine(folder.FullName, "other.json"),
                (table with { At = s_at.AddDays(9), Machine = s_machine with { Processors = 64 } }).ToJson());
            Assert.Equal("same.json", Path.GetFileName(Baselines.Find(table.ToJson(), folder.FullName)));
            Assert.Null(Baselines.Difference(table.ToJson(), table.ToJson()));
            Assert.NotNull(Baselines.Difference(table.ToJson(), (table with { Machine = s_machine with { Processors = 64 } }).ToJson()));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Processor_time_is_told_by_program_and_document()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var times = ProcessorTimes.Read(Environment.ProcessId, postmaster: null);
        Assert.True(times[ProcessorTimes.Client] > 0);
        Assert.Equal(times[ProcessorTimes.Client], times[ProcessorTimes.Server], 1.0);
        var each = ProcessorTimes.Each(
            new Dictionary<string, double>(StringComparer.Ordinal) { ["server"] = 1 }, new Dictionary<string, double>(StringComparer.Ordinal) { ["server"] = 3 }, 1_000);
        Assert.Equal(2_000, each["server"]);
    }

    private static TargetTable Table(params TargetLine[] lines) => new() { At = s_at, Machine = s_machine, Scale = 1, Lines = lines };

    private static TargetLine Line(double? least, double? most, double? part, params double[] values) => new(
        "line", "A line", "/s", least, most, part, s_at,
        [.. values.Select(value => new TargetRun(
            value, part is null ? null : 100, Cpu: new Dictionary<string, double>(StringComparer.Ordinal) { ["server"] = 50 }, Acknowledged: 5, Checked: 5))]);
}
