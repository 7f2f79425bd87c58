using HealthGrains.LoadTests.Measuring;
using HealthGrains.LoadTests.Scenarios;
using Xunit;

namespace HealthGrains.LoadTests.Tests;

public sealed class ScheduleTests
{
    [Fact]
    public void A_steady_schedule_starts_calls_at_even_distances()
    {
        var schedule = Schedule.Steady(200, TimeSpan.FromSeconds(3), TimeSpan.Zero);
        Assert.Equal(600, schedule.Count);
        for (var number = 0; number < 600; number++)
            Assert.Equal(number * 5.0, schedule.StartOf(number).TotalMilliseconds, 3);
    }

    [Fact]
    public void A_ramp_reaches_its_rate_and_loses_no_start()
    {
        var schedule = Schedule.Steady(1000, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(2));
        Assert.Equal(1100 + 2000, schedule.Count);
        var starts = Enumerable.Range(0, (int)schedule.Count).Select(number => schedule.StartOf(number)).ToList();
        Assert.Equal(starts.Order(), starts);
        Assert.Equal(2000, starts.Count(start => start >= TimeSpan.FromSeconds(2)));

        // In its first tenth a ramp from 100 to 1,000 has 20 and 9: its rate grows evenly.
        Assert.InRange(starts.Count(start => start < TimeSpan.FromSeconds(0.2)), 28, 30);
    }

    [Fact]
    public void Bursts_come_every_fifth_second()
    {
        var schedule = Schedule.Bursts(10, 5, TimeSpan.FromSeconds(10));
        var perSecond = Enumerable.Range(0, (int)schedule.Count)
            .GroupBy(number => (int)(schedule.StartOf(number).TotalSeconds + 1e-9)).Select(second => second.Count());
        Assert.Equal([10, 10, 10, 10, 50, 10, 10, 10, 10, 50], perSecond);
    }

    [Fact]
    public void A_rate_that_cannot_be_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Schedule.Steady(Limits.RateMax + 1, TimeSpan.FromSeconds(1), TimeSpan.Zero));
        Assert.Throws<ArgumentException>(() => new Schedule());
    }

    [Fact]
    public void Patients_of_every_scenario_exist_and_cold_ones_are_many()
    {
        foreach (var scenario in Scenario.All)
            Assert.All(Enumerable.Range(0, 5000), number => Assert.InRange(scenario.PatientOf(number), 0, scenario.Population - 1));
        var cold = Scenario.All.Single(scenario => scenario.Cold > 0);
        Assert.True(Enumerable.Range(0, 5000).Select(number => cold.PatientOf(number)).Distinct().Count() > 4800);
        Assert.Contains(Enumerable.Range(0, 5000), number => cold.PatientOf(number) > 900_000);
    }
}
