namespace HealthGrains.Grains.Routing;

/// <summary>The maxima of routing.</summary>
public static class RoutingLimits
{
    /// <summary>Entries of the log that are routed together.</summary>
    public const int PageEntriesMax = 500;

    /// <summary>A checkpoint moves at the latest after this many entries …</summary>
    public const int CheckpointEntriesMax = 5_000;

    /// <summary>… and, when there are any, after this long. What lies between is delivered again after a crash and taken in
    /// once.</summary>
    public static readonly TimeSpan CheckpointAgeMax = TimeSpan.FromSeconds(1);

    /// <summary>The log is looked at again after this long although nobody woke the router: another process may have written.</summary>
    public static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(1);

    /// <summary>First pause before a failed delivery is tried again; it doubles, with jitter, and there is no end.</summary>
    public static readonly TimeSpan RetryFirst = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest pause before a failed delivery is tried again.</summary>
    public static readonly TimeSpan RetryMax = TimeSpan.FromSeconds(60);
}
