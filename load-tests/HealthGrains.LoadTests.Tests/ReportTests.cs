using HealthGrains.LoadTests.CommandLine;
using HealthGrains.LoadTests.Correctness;
using HealthGrains.LoadTests.Measuring;
using HealthGrains.LoadTests.Reporting;
using Xunit;

namespace HealthGrains.LoadTests.Tests;

public sealed class ReportTests
{
    [Fact]
    public void A_result_reads_back_as_it_was_written()
    {
        var run = Run() with { Missed = ["too slow"] };
        Assert.Equal(run.ToJson(), RunResult.FromJson(run.ToJson()).ToJson());
    }

    [Fact]
    public void A_report_needs_nothing_beside_it()
    {
        var html = HtmlReport.Of(Run());
        Assert.Contains("<svg", html, StringComparison.Ordinal);
        Assert.Contains("class=good", html, StringComparison.Ordinal);
        foreach (var outside in new[] { "src=", "href=", "url(", "@import", "<script" })
            Assert.DoesNotContain(outside, html, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_broken_promise_makes_the_report_red()
    {
        var html = HtmlReport.Of(Run() with { Findings = new Findings { Lost = 1, Examples = ["document <7>"] } });
        Assert.Contains("class=bad", html, StringComparison.Ordinal);
        Assert.DoesNotContain("class=good", html, StringComparison.Ordinal);
        Assert.Contains("document &lt;7&gt;", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Thresholds_name_what_was_missed()
    {
        var thresholds = new Thresholds { MaxP99 = TimeSpan.FromMilliseconds(50), MinRate = 100, MaxErrors = 0 };
        Assert.Empty(thresholds.Missed(100, 50_000, 0, 0));
        Assert.Equal(3, thresholds.Missed(99, 50_001, 0, 1).Count);
    }

    [Fact]
    public void A_change_within_the_noise_of_the_seconds_is_none()
    {
        var rate = Comparison.Of(Run(1000, spread: 400), Run(1060, spread: 400)).Single(figure => figure.Name.StartsWith("rate, ", StringComparison.Ordinal));
        Assert.False(rate.Changed);
    }

    [Fact]
    public void A_change_beyond_the_noise_is_told_with_its_direction()
    {
        var rate = Comparison.Of(Run(1000, spread: 10), Run(500, spread: 10)).Single(figure => figure.Name.StartsWith("rate, ", StringComparison.Ordinal));
        Assert.Equal((true, false, 0.5), (rate.Changed, rate.Better, rate.Ratio));
    }

    [Fact]
    public void Tokens_do_not_get_into_the_report()
    {
        Assert.Equal(
            "run --token-producer *** --rate 5 --token-producer=***",
            Machines.WithoutSecrets(["run", "--token-producer", "secret", "--rate", "5", "--token-producer=secret"]));
    }

    [Fact]
    public void Metrics_are_read_from_Prometheus_text()
    {
        const string text = "# HELP a b\nprocess_cpu_seconds_total 12.5\nprocess_cpu_seconds_total_x 3\n";
        Assert.Equal(12.5, ProcessSampler.ValueOf(text, "process_cpu_seconds_total"));
        Assert.Null(ProcessSampler.ValueOf(text, "absent"));
    }

    private static RunResult Run(long perSecond = 1000, int spread = 10)
    {
        var histogram = new Histogram();
        for (var value = 1; value <= 1000; value++)
            histogram.Record(value * 10);
        var quantiles = Quantiles.Of(histogram);
        return new RunResult
        {
            Scenario = "steady",
            At = new DateTimeOffset(2026, 1, 5, 10, 0, 0, TimeSpan.Zero),
            Machine = new Machine("host", 2, 1 << 30, "processor", "system", "runtime", "abc", "load-tests run"),
            Server = "http://127.0.0.1:8081/",
            Seed = 1,
            Model = "open",
            IntendedRate = perSecond,
            Seconds = 20,
            RampSeconds = 0,
            ContentBytes = 1024,
            Rate = perSecond,
            SubmitRate = perSecond,
            Started = perSecond * 20,
            Failed = 1,
            Overflow = 0,
            Failures = new Dictionary<string, int>(StringComparer.Ordinal) { ["Unavailable"] = 1 },
            Latency = new Dictionary<string, Quantiles>(StringComparer.Ordinal) { ["submit"] = quantiles },
            SubmitHistogram = [.. histogram.Filled().Select(bucket => new Bucket(bucket.UpTo, bucket.Count))],
            Notification = quantiles,
            NotificationTimeline = [],
            Timeline = [.. Enumerable.Range(0, 20).Select(second => new Second(
                second, perSecond, perSecond + (second % 2 == 0 ? spread : -spread), second == 3 ? 1 : 0, 0, 10, 20, 30, 40, 50))],
            Samples = [new Sample(1, 0.5, 1 << 20, 0.7, 1 << 21, 4096)],
            Watchers = 1,
            Reconnects = 0,
            EmptyCallsPerSecond = 10_000,
            Findings = new Findings(),
            Acknowledged = 20_000,
        };
    }
}
