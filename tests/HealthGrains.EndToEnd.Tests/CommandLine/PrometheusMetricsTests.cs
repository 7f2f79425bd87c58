using System.Diagnostics.Metrics;
using HealthGrains.Host.Metrics;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.CommandLine;

public sealed class PrometheusMetricsTests
{
    [Fact]
    public void Ours_are_added_up_and_others_are_not_heard()
    {
        using var metrics = new PrometheusMetrics(TimeProvider.System);
        using var ours = new Meter("HealthGrains.MetricsTests");
        using var other = new Meter("Elsewhere");
        var counted = ours.CreateCounter<long>("test.counted", "{call}", "What \\ is\ncounted");
        var going = ours.CreateUpDownCounter<int>("test.going");
        var took = ours.CreateHistogram<double>("test.took", "s");
        ours.CreateObservableGauge("test.seen", () => new Measurement<long>(42, new KeyValuePair<string, object?>("shard", 3)));
        other.CreateCounter<long>("test.other").Add(1);

        counted.Add(2, new KeyValuePair<string, object?>("reason", "a \"quoted\" \\ one\n"));
        counted.Add(3, new KeyValuePair<string, object?>("reason", "a \"quoted\" \\ one\n"));
        counted.Add(1);
        going.Add(5);
        going.Add(-2);
        took.Record(0.003);
        took.Record(0.003);
        took.Record(100);

        var text = metrics.Write();
        Assert.Contains("# HELP test_counted_total What \\\\ is\\ncounted\n# TYPE test_counted_total counter\n", text, StringComparison.Ordinal);
        Assert.Contains("test_counted_total{reason=\"a \\\"quoted\\\" \\\\ one\\n\"} 5\n", text, StringComparison.Ordinal);
        Assert.Contains("test_counted_total 1\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE test_going gauge\ntest_going 3\n", text, StringComparison.Ordinal);
        Assert.Contains("test_took_seconds_bucket{le=\"0.0025\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("test_took_seconds_bucket{le=\"0.005\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("test_took_seconds_bucket{le=\"+Inf\"} 3\n", text, StringComparison.Ordinal);
        Assert.Contains("test_took_seconds_count 3\n", text, StringComparison.Ordinal);
        Assert.Contains("test_seen{shard=\"3\"} 42\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("test_other", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Series_without_end_are_dropped_and_counted()
    {
        using var metrics = new PrometheusMetrics(TimeProvider.System);
        using var meter = new Meter("HealthGrains.MetricsTests.Many");
        var counter = meter.CreateCounter<long>("test.many");
        for (var i = 0; i < PrometheusMetrics.SeriesMax + 10; i++) counter.Add(1, new KeyValuePair<string, object?>("i", i));
        var text = metrics.Write();
        Assert.InRange(text.Split('\n').Count(l => l.StartsWith("test_many_total{", StringComparison.Ordinal)), 1, PrometheusMetrics.SeriesMax);
        Assert.DoesNotContain("healthgrains_metrics_dropped_total 0\n", text, StringComparison.Ordinal);
    }
}
