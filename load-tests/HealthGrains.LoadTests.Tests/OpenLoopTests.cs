using HealthGrains.LoadTests.Measuring;
using Xunit;

namespace HealthGrains.LoadTests.Tests;

/// <summary>On a clock that moves only when somebody waits.</summary>
public sealed class OpenLoopTests
{
    private TimeSpan _now;

    [Fact]
    public async Task Calls_start_when_they_are_due()
    {
        var started = new List<(TimeSpan Intended, TimeSpan Now)>();
        await Loop(10).RunAsync(
            Schedule.Steady(100, TimeSpan.FromSeconds(1), TimeSpan.Zero),
            (_, intended) =>
            {
                started.Add((intended, _now));
                return Task.CompletedTask;
            },
            (_, _) => Assert.Fail("There was room."),
            CancellationToken.None);
        Assert.Equal(100, started.Count);
        Assert.All(started, start => Assert.InRange(start.Now - start.Intended, TimeSpan.Zero, TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public async Task A_stall_does_not_move_the_intended_starts_of_the_calls_behind_it()
    {
        var latencies = new List<TimeSpan>();
        await Loop(10).RunAsync(
            Schedule.Steady(10, TimeSpan.FromSeconds(2), TimeSpan.Zero),
            (number, intended) =>
            {
                // The first call holds everything up for a second.
                if (number == 0)
                    _now += TimeSpan.FromSeconds(1);
                latencies.Add(_now - intended);
                return Task.CompletedTask;
            },
            (_, _) => Assert.Fail("There was room."),
            CancellationToken.None);
        Assert.Equal(20, latencies.Count);
        Assert.Equal(900, latencies[1].TotalMilliseconds, 1);
        Assert.Equal(500, latencies[5].TotalMilliseconds, 1);
        Assert.InRange(latencies[15].TotalMilliseconds, 0, 1);
    }

    [Fact]
    public async Task What_is_due_above_the_maximum_is_counted_and_never_made()
    {
        var answers = new TaskCompletionSource();
        var (made, overflow) = (0, new List<long>());
        var running = Loop(3).RunAsync(
            Schedule.Steady(10, TimeSpan.FromSeconds(1), TimeSpan.Zero),
            (_, _) =>
            {
                made++;
                return answers.Task;
            },
            (number, _) => overflow.Add(number),
            CancellationToken.None);
        Assert.Equal(3, made);
        Assert.Equal([3, 4, 5, 6, 7, 8, 9], overflow);
        Assert.False(running.IsCompleted);
        answers.SetResult();
        await running.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(3, made);
    }

    [Fact]
    public async Task A_call_that_breaks_ends_the_run()
    {
        var running = Loop(3).RunAsync(
            Schedule.Steady(10, TimeSpan.FromSeconds(1), TimeSpan.Zero),
            (_, _) => Task.FromException(new InvalidOperationException("planted")), (_, _) => { }, CancellationToken.None);
        await Assert.ThrowsAsync<InvalidOperationException>(() => running.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private OpenLoop Loop(int outstandingMax) => new(
        () => _now,
        (wait, _) =>
        {
            _now += wait;
            return Task.CompletedTask;
        },
        outstandingMax);
}
