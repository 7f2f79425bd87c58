namespace HealthGrains.Orleans;

/// <summary>The maxima of the cluster engine. What a silo may hold and queue is the local engine's: <c>GrainLimits</c>.</summary>
public static class OrleansLimits
{
    /// <summary>Journals in one wake-up of the feed; what is more is the next one's.</summary>
    public const int WakeJournalsMax = 1_000;

    /// <summary>Journals of one shard that wait for the feed; what is more is forgotten, and its watchers look for
    /// themselves.</summary>
    public const int WakesWaitingMax = 10_000;

    /// <summary>Queues of the feed's stream in the whole cluster.</summary>
    public const int FeedQueues = 4;

    /// <summary>How often a queue of the feed is emptied: what a wake-up across silos costs in time.</summary>
    public static readonly TimeSpan FeedPollEvery = TimeSpan.FromMilliseconds(20);

    /// <summary>A silo that does not answer for about this long has missed one probe …</summary>
    /// <remarks>Orleans suspects nobody from whom there were bytes in the last <see cref="MissedProbesMax"/> times four of
    /// these: a silo that froze with its connections open is dead after that window, eight seconds at most, and one whose machine
    /// refuses connections at once.</remarks>
    public static readonly TimeSpan ProbeTimeout = TimeSpan.FromMilliseconds(600);

    /// <summary>… and after so many in a row it is suspected; two suspicions, or one if only two silos are left, and it is
    /// dead to all.</summary>
    public const int MissedProbesMax = 3;

    /// <summary>How often each silo reads the table of members although nobody told it of a change.</summary>
    public static readonly TimeSpan MembersReadEvery = TimeSpan.FromSeconds(5);

    /// <summary>How long a call looks for the silo that has its grain while one leaves or dies; then the store is said to be
    /// away, and nothing was done. More than it takes to notice that a silo is dead.</summary>
    public static readonly TimeSpan HandoverMax = TimeSpan.FromSeconds(10);

    /// <summary>First pause before a call looks again for the silo of its grain; it doubles …</summary>
    public static readonly TimeSpan HandoverPauseFirst = TimeSpan.FromMilliseconds(20);

    /// <summary>… up to this.</summary>
    public static readonly TimeSpan HandoverPauseMax = TimeSpan.FromMilliseconds(500);

    /// <summary>A call that was sent and is not answered in this time has an unknown outcome.</summary>
    public static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(30);

    /// <summary>How long a caller who gave up waits for the other silo to say that it knows.</summary>
    public static readonly TimeSpan GivingUpMax = TimeSpan.FromSeconds(1);

    /// <summary>Calls of one grain that were given up before they came, and are remembered until they do.</summary>
    public const int GivenUpEarlyMax = 32;

    /// <summary>How often a silo makes sure that the routers of its shards run; and how long it goes on asking for one that does
    /// not, with <see cref="HandoverPauseMax"/> in between.</summary>
    public static readonly TimeSpan KeepEvery = TimeSpan.FromSeconds(5);

    /// <summary>The shortest period that a reminder can have: what starts a router again when no silo kept it.</summary>
    public static readonly TimeSpan RemindEvery = TimeSpan.FromMinutes(1);

    /// <summary>How long stopping a silo may take before it is left to die.</summary>
    public static readonly TimeSpan StopMax = TimeSpan.FromSeconds(30);
}
