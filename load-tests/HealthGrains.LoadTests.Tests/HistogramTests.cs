using HealthGrains.LoadTests.Measuring;
using Xunit;

namespace HealthGrains.LoadTests.Tests;

public sealed class HistogramTests
{
    [Fact]
    public void Every_value_lies_in_a_bucket_at_most_a_sixty_fourth_wide()
    {
        for (var value = 0L; value < Histogram.ValueMax; value = (value * 17 / 16) + 1)
        {
            var index = Histogram.IndexOf(value);
            var upper = Histogram.UpperOf(index);
            Assert.InRange(upper, value, value + (value / 64));
            Assert.Equal(index + 1, Histogram.IndexOf(upper + 1));
        }
    }

    [Fact]
    public void Quantiles_are_those_of_the_sorted_values_within_the_width_of_a_bucket()
    {
        const int seed = 20;
        var random = new Random(seed);
        var values = Enumerable.Range(0, 10_000).Select(_ => (long)Math.Exp(random.NextDouble() * 16)).ToArray();
        var histogram = new Histogram();
        foreach (var value in values)
            histogram.Record(value);
        Array.Sort(values);
        foreach (var quantile in new[] { 0.001, 0.5, 0.9, 0.99, 0.999, 1 })
        {
            var exact = values[(int)Math.Ceiling(quantile * values.Length) - 1];
            Assert.InRange(histogram.Quantile(quantile), exact, exact + (exact / 64));
        }

        Assert.Equal(values[^1], histogram.Max);
        Assert.Equal(values[^1], histogram.Quantile(1));
    }

    [Fact]
    public void An_empty_histogram_says_zero() => Assert.Equal((0L, 0L, 0.0), (new Histogram().Quantile(0.99), new Histogram().Max, new Histogram().Mean));

    [Fact]
    public void What_is_too_long_counts_as_the_longest_and_what_is_negative_as_nothing()
    {
        var histogram = new Histogram();
        histogram.Record(TimeSpan.FromDays(2));
        histogram.Record(-5);
        Assert.Equal(Histogram.ValueMax, histogram.Max);
        Assert.Equal([(0L, 1L), (Histogram.ValueMax, 1L)], histogram.Filled());
    }
}
