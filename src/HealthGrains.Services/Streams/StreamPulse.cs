using HealthGrains.Grains.Feed;

namespace HealthGrains.Services.Streams;

/// <summary>Why a watching stream goes on.</summary>
internal enum Pulse
{
    /// <summary>Its journal grew, or a right of its caller may have ended: ask again.</summary>
    AskAgain,

    /// <summary>Nothing happened: say that the stream lives.</summary>
    Heartbeat,
}

/// <summary>Waits for what a watching stream waits for: growth, the next heartbeat, and the moments at which its caller's
/// rights end by themselves.</summary>
internal sealed class StreamPulse(IChangeSubscription feed, TimeProvider time)
{
    // A right ends at its moment, and is asked about just after it.
    private static readonly TimeSpan JustAfter = TimeSpan.FromMilliseconds(10);

    private long _lastBeat = time.GetTimestamp();

    /// <param name="expires">When the caller's token ends; null if it is not known.</param>
    /// <param name="permittedUntil">When the caller's right ends by itself; null if it does not.</param>
    /// <param name="cancellation">Of the call.</param>
    public async ValueTask<Pulse> WaitAsync(
        DateTimeOffset? expires, DateTimeOffset? permittedUntil, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var beat = ServiceLimits.Heartbeat - time.GetElapsedTime(_lastBeat);
        var end = Earlier(expires, permittedUntil) is { } moment ? moment - now + JustAfter : TimeSpan.MaxValue;
        if (beat > TimeSpan.Zero)
        {
            var atMost = beat < end ? beat : end;
            if (await feed.WaitAsync(atMost > TimeSpan.Zero ? atMost : TimeSpan.Zero, cancellation))
                return Pulse.AskAgain;
            if (end <= beat)
                return Pulse.AskAgain;
        }

        _lastBeat = time.GetTimestamp();
        return Pulse.Heartbeat;
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null ? other : other is null || one < other ? one : other;
}
