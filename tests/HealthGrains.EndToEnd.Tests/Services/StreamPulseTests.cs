using HealthGrains.Grains.Feed;
using HealthGrains.Services;
using HealthGrains.Services.Streams;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Services;

public sealed class StreamPulseTests
{
    private readonly SteppedClock _clock = new();
    private readonly Subscription _feed;
    private readonly StreamPulse _pulse;

    public StreamPulseTests()
    {
        _feed = new Subscription(_clock);
        _pulse = new StreamPulse(_feed, _clock);
    }

    [Fact]
    public async Task An_idle_stream_beats_every_15_seconds()
    {
        Assert.Equal(Pulse.Heartbeat, await _pulse.WaitAsync(null, null, CancellationToken.None));
        Assert.Equal(Pulse.Heartbeat, await _pulse.WaitAsync(null, null, CancellationToken.None));
        Assert.Equal([ServiceLimits.Heartbeat, ServiceLimits.Heartbeat], _feed.Waits);
    }

    [Fact]
    public async Task Growth_is_asked_about_and_does_not_put_off_the_beat()
    {
        _feed.WakeAfter.Enqueue(TimeSpan.FromSeconds(10));
        Assert.Equal(Pulse.AskAgain, await _pulse.WaitAsync(null, null, CancellationToken.None));
        Assert.Equal(Pulse.Heartbeat, await _pulse.WaitAsync(null, null, CancellationToken.None));
        Assert.Equal(TimeSpan.FromSeconds(5), _feed.Waits[1]);
    }

    [Fact]
    public async Task The_end_of_a_right_is_not_slept_through()
    {
        var end = _clock.GetUtcNow().AddSeconds(3);
        Assert.Equal(Pulse.AskAgain, await _pulse.WaitAsync(null, end, CancellationToken.None));
        Assert.True(_clock.GetUtcNow() >= end);
        Assert.True(_clock.GetUtcNow() < end.AddSeconds(1));
    }

    [Fact]
    public async Task The_end_of_the_token_is_not_slept_through()
    {
        var end = _clock.GetUtcNow().AddSeconds(3);
        Assert.Equal(Pulse.AskAgain, await _pulse.WaitAsync(end, end.AddSeconds(1), CancellationToken.None));
        Assert.True(_clock.GetUtcNow() >= end);
        Assert.True(_clock.GetUtcNow() < end.AddSeconds(1));
    }

    /// <summary>A clock that moves only when somebody waits.</summary>
    private sealed class SteppedClock : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => _now;

        public override long GetTimestamp() => _now.UtcTicks;

        public void Step(TimeSpan time) => _now += time;
    }

    private sealed class Subscription(SteppedClock clock) : IChangeSubscription
    {
        public List<TimeSpan> Waits { get; } = [];

        public Queue<TimeSpan> WakeAfter { get; } = [];

        public ValueTask<bool> WaitAsync(TimeSpan atMost, CancellationToken cancellation)
        {
            Waits.Add(atMost);
            var woken = WakeAfter.TryDequeue(out var after) && after < atMost;
            clock.Step(woken ? after : atMost);
            return ValueTask.FromResult(woken);
        }

        public void Dispose()
        {
        }
    }
}
