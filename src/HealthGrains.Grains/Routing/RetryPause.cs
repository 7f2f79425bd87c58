namespace HealthGrains.Grains.Routing;

/// <summary>How long the router and its lanes wait between two tries.</summary>
internal static class RetryPause
{
    /// <summary>The pause after the next failure: twice as long, up to <see cref="RoutingLimits.RetryMax"/>.</summary>
    public static TimeSpan Longer(TimeSpan pause) =>
        pause * 2 < RoutingLimits.RetryMax ? pause * 2 : RoutingLimits.RetryMax;

    /// <summary>Between half of it and all of it, so that recipients held up together do not come back together.</summary>
    public static TimeSpan Jittered(TimeSpan pause) => pause * (0.5 + (Random.Shared.NextDouble() / 2));
}
