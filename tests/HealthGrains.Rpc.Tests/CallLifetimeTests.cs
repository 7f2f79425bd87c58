using HealthGrains.Rpc.Server;
using Microsoft.AspNetCore.Http.Features;

namespace HealthGrains.Rpc.Tests;

/// <summary>Who wins, completion or one of the causes that stop a call (invariants I1 to I3 of the lifetime).</summary>
public sealed class CallLifetimeTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly CancellationTokenSource _client = new();

    [Fact]
    public async Task The_token_fires_at_the_deadline_and_not_before()
    {
        using CallLifetime lifetime = Begin(TimeSpan.FromSeconds(10));
        lifetime.Arm();
        _time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.Equal(CallEnd.None, lifetime.End);
        Task fired = Fired(lifetime);
        _time.Advance(TimeSpan.FromTicks(1));
        // Timers count in milliseconds and round up.
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await fired.Within("the token");
        Assert.Equal(CallEnd.DeadlineExceeded, lifetime.End);
        Assert.Equal(RpcStatusCode.DeadlineExceeded, lifetime.ToStatus().Code);
        Assert.False(lifetime.TryComplete());
    }

    [Fact]
    public void A_completed_call_is_not_ended_by_its_deadline()
    {
        using CallLifetime lifetime = Begin(TimeSpan.FromSeconds(10));
        lifetime.Arm();
        Assert.True(lifetime.TryComplete());
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(CallEnd.Completed, lifetime.End);
        Assert.False(lifetime.Token.IsCancellationRequested);
    }

    [Fact]
    public void A_call_that_never_waited_still_misses_its_deadline()
    {
        using CallLifetime lifetime = Begin(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(lifetime.TryComplete());
        Assert.Equal(CallEnd.DeadlineExceeded, lifetime.End);
    }

    [Fact]
    public void A_deadline_of_zero_ends_the_call_at_once()
    {
        using CallLifetime lifetime = Begin(TimeSpan.Zero);
        Assert.Equal(CallEnd.DeadlineExceeded, lifetime.End);
        Assert.True(lifetime.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task The_first_cause_wins()
    {
        using CallLifetime lifetime = Begin(TimeSpan.FromSeconds(1));
        lifetime.Arm();
        Task fired = Fired(lifetime);
        await _client.CancelAsync();
        _time.Advance(TimeSpan.FromSeconds(2));
        await fired.Within("the token");
        Assert.Equal(CallEnd.ClientGone, lifetime.End);
        Assert.Equal(RpcStatusCode.Cancelled, lifetime.ToStatus().Code);
    }

    [Fact]
    public void A_deadline_longer_than_a_timer_holds_is_reached_in_steps()
    {
        using CallLifetime lifetime = Begin(TimeSpan.FromDays(100));
        lifetime.Arm();
        _time.Advance(TimeSpan.FromDays(99));
        Assert.Equal(CallEnd.None, lifetime.End);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(CallEnd.DeadlineExceeded, lifetime.End);
    }

    [Fact]
    public async Task Exactly_one_of_two_racing_ends_wins()
    {
        for (int i = 0; i < 500; i++)
        {
            using CallLifetime lifetime = Begin(timeout: null);
            using var start = new Barrier(2);
            Task<bool> completing = Task.Run(() =>
            {
                start.SignalAndWait();
                return lifetime.TryComplete();
            });
            Task stopping = Task.Run(() =>
            {
                start.SignalAndWait();
                lifetime.Stop(CallEnd.ClientGone);
            });
            bool completed = await completing.Within("completion");
            await stopping.Within("the stop");
            Assert.Equal(completed ? CallEnd.Completed : CallEnd.ClientGone, lifetime.End);
            Assert.Equal(!completed, lifetime.Token.IsCancellationRequested);
        }
    }

    [Fact]
    public async Task A_failing_registration_on_the_token_harms_nobody()
    {
        using CallLifetime lifetime = Begin(TimeSpan.FromSeconds(1));
        lifetime.Arm();
        lifetime.Token.Register(() => throw new InvalidOperationException("planted"));
        Task fired = Fired(lifetime);
        _time.Advance(TimeSpan.FromSeconds(2));
        await fired.Within("the token");
    }

    private CallLifetime Begin(TimeSpan? timeout) =>
        new(_time, timeout, new HttpRequestLifetimeFeature { RequestAborted = _client.Token });

    private static Task Fired(CallLifetime lifetime)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lifetime.Token.Register(fired.SetResult);
        return fired.Task;
    }
}
