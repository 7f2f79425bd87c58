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

    /// <summary>A recipient that could not be told for this long is set aside, so that the others of its shard go on.</summary>
    public static readonly TimeSpan SetAsideAfter = TimeSpan.FromSeconds(10);

    /// <summary>A delivery that has not answered after this long counts as failed; it is tried again.</summary>
    public static readonly TimeSpan AttemptMax = TimeSpan.FromSeconds(30);

    /// <summary>How often a router looks whether another one has set somebody aside in a shard that is its own by now.</summary>
    public static readonly TimeSpan AsidesReadEvery = TimeSpan.FromSeconds(60);

    /// <summary>Alarms of one shard that are remembered, so that they are logged once by one process.</summary>
    public const int AlarmsHeardMax = 1_000;

    /// <summary>Pages of the log that one recipient is given when an operator tries again: what comes after follows by itself.</summary>
    public const int RedrivePagesMax = 20;

    /// <summary>How long a process that shares the store keeps its shards without renewing, by the store's clock.</summary>
    public static readonly TimeSpan LeaseTerm = TimeSpan.FromSeconds(6);

    /// <summary>How much earlier than that it takes them for lost itself.</summary>
    public static readonly TimeSpan LeaseMargin = TimeSpan.FromSeconds(1);

    /// <summary>How often leases are renewed and free shards taken: a shard is without a router for at most this and the term.</summary>
    public static readonly TimeSpan LeaseRenewEvery = TimeSpan.FromSeconds(1.5);
}
