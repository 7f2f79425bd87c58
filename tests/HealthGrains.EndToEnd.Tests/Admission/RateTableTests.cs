using HealthGrains.Services.Admission;
using HealthGrains.Testing.Clocks;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Admission;

/// <summary>Token buckets by identity.</summary>
public sealed class RateTableTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void A_burst_is_let_in_and_then_the_rate()
    {
        var table = new RateTable(new CallRate(10, 5), 1_000, _time);
        for (var i = 0; i < 5; i++)
            Assert.Equal(TimeSpan.Zero, table.Take("a"));
        Assert.Equal(TimeSpan.FromMilliseconds(100), table.Take("a"));
        Assert.Equal(TimeSpan.Zero, table.Take("b"));

        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal(TimeSpan.FromMilliseconds(1), table.Take("a"));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(TimeSpan.Zero, table.Take("a"));
        Assert.Equal(TimeSpan.FromMilliseconds(100), table.Take("a"));

        // An hour of silence fills the bucket and no more.
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(5, Enumerable.Range(0, 50).Count(_ => table.Take("a") == TimeSpan.Zero));
    }

    [Fact]
    public void Over_any_time_no_more_than_burst_and_rate_are_let_in()
    {
        var random = new Random(7);
        var table = new RateTable(new CallRate(50, 20), 100, _time);
        var taken = 0;
        var elapsed = TimeSpan.Zero;
        for (var i = 0; i < 20_000; i++)
        {
            var step = TimeSpan.FromMilliseconds(random.Next(8));
            _time.Advance(step);
            elapsed += step;
            taken += table.Take("a") == TimeSpan.Zero ? 1 : 0;
            Assert.True(taken <= 20 + (elapsed.TotalSeconds * 50) + 1, $"{taken} after {elapsed}");
        }

        Assert.True(taken >= elapsed.TotalSeconds * 49, $"{taken} after {elapsed}");
    }

    [Fact]
    public void The_table_is_bounded_and_strangers_do_not_touch_who_is_known()
    {
        var table = new RateTable(new CallRate(1, 2), 160, _time);
        Assert.Equal(TimeSpan.Zero, table.Take("known"));
        for (var i = 0; i < 10_000; i++)
            table.Take($"stranger {i}");
        Assert.InRange(table.Count, 1, 160 + 16);
        Assert.Equal(TimeSpan.Zero, table.Take("known"));
        Assert.NotEqual(TimeSpan.Zero, table.Take("known"));

        // Full buckets are forgotten, and then there is room for each by itself.
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.Zero, table.Take("one more"));
        Assert.Equal(TimeSpan.Zero, table.Take("one more"));
    }
}
