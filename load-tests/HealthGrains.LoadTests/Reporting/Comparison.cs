namespace HealthGrains.LoadTests.Reporting;

/// <summary>One figure of two runs.</summary>
/// <param name="Ratio">Second by first; NaN when the first is 0.</param>
/// <param name="Changed">By more than the seconds of either run differ among themselves.</param>
/// <param name="Better">The direction of the change.</param>
internal sealed record Compared(string Name, double First, double Second, double Ratio, bool Changed, bool Better);

/// <summary>Compares two runs.</summary>
/// <remarks>Noise is taken from the runs: the standard error of a figure's values by second. A change counts when it is more
/// than twice the standard error of the difference and more than a twentieth. Figures without values by second count
/// from a tenth on.</remarks>
internal static class Comparison
{
    private const double PartMin = 0.05;
    private const double PartMinUnknownNoise = 0.10;

    public static IReadOnlyList<Compared> Of(RunResult first, RunResult second)
    {
        var figures = new List<Compared>
        {
            By("rate, calls/s", first, second, run => run.Rate, run => Seconds(run).Select(s => (double)s.Completed), more: true),
            By("submit p50, µs", first, second, run => Submit(run).P50, run => Seconds(run).Select(s => (double)s.P50), more: false),
            By("submit p90, µs", first, second, run => Submit(run).P90, run => Seconds(run).Select(s => (double)s.P90), more: false),
            By("submit p99, µs", first, second, run => Submit(run).P99, run => Seconds(run).Select(s => (double)s.P99), more: false),
            By("submit p99.9, µs", first, second, run => Submit(run).P999, run => Seconds(run).Select(s => (double)s.P999), more: false),
            By("notification p50, µs", first, second, run => run.Notification.P50, run => run.NotificationTimeline.Select(s => (double)s.P50), more: false),
            By("notification p99, µs", first, second, run => run.Notification.P99, run => run.NotificationTimeline.Select(s => (double)s.P99), more: false),
            By("failed and not made", first, second, run => run.Failed + run.Overflow, _ => [], more: false),
            By("ceiling, empty calls/s", first, second, run => run.EmptyCallsPerSecond, _ => [], more: true),
            By("rate to ceiling", first, second, run => run.Rate / run.EmptyCallsPerSecond, _ => [], more: true),
            By("server memory, bytes", first, second, run => run.Samples.Max(s => (double?)s.ServerBytes) ?? 0, _ => [], more: false),
            By("broken promises", first, second, run => run.Findings.Violations, _ => [], more: false),
        };
        return [.. figures.Where(figure => figure.First != 0 || figure.Second != 0)];
    }

    private static Compared By(
        string name, RunResult first, RunResult second, Func<RunResult, double> figure,
        Func<RunResult, IEnumerable<double>> seconds, bool more)
    {
        var (a, b) = (figure(first), figure(second));
        var noise = Math.Sqrt(Math.Pow(StandardError([.. seconds(first)]), 2) + Math.Pow(StandardError([.. seconds(second)]), 2));
        var part = a == 0 ? double.PositiveInfinity : Math.Abs(b - a) / Math.Abs(a);
        var changed = a != b && (noise > 0 ? Math.Abs(b - a) > 2 * noise && part > PartMin : part > PartMinUnknownNoise);
        return new Compared(name, a, b, a == 0 ? double.NaN : b / a, changed, b > a == more);
    }

    private static Quantiles Submit(RunResult run) => run.Latency.GetValueOrDefault("submit") ?? new Quantiles(0, 0, 0, 0, 0, 0, 0);

    // The ramp is no part of the figures, and the last second is seldom whole.
    private static IEnumerable<Measuring.Second> Seconds(RunResult run) =>
        run.Timeline.Where(second => second.At >= run.RampSeconds && second.At < Math.Floor(run.Seconds) && second.Completed > 0);

    private static double StandardError(double[] values)
    {
        if (values.Length < 2)
            return 0;
        var mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1) / values.Length);
    }
}
