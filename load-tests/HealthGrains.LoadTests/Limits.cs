namespace HealthGrains.LoadTests;

/// <summary>Maxima of the load tester: it must not be what falls over.</summary>
internal static class Limits
{
    /// <summary>Longest measurement of one run.</summary>
    public static readonly TimeSpan DurationMax = TimeSpan.FromHours(4);

    /// <summary>Documents that one run keeps in its ledger. A schedule with more starts is refused before it begins.</summary>
    public const int LedgerDocumentsMax = 5_000_000;

    /// <summary>Calls under way at once. One more intended start is not made, and counted as overflow.</summary>
    public const int OutstandingDefault = 2_000;

    /// <summary>Intended starts a second.</summary>
    public const double RateMax = 1_000_000;

    /// <summary>Streams that one watching connection carries; a server allows 100 calls on a connection.</summary>
    public const int WatchersPerConnection = 80;

    /// <summary>Watching streams of one run.</summary>
    public const int WatchersMax = 10_000;

    /// <summary>Bytes of one generated content: a message holds no more.</summary>
    public const int ContentBytesMax = 4 * 1024 * 1024;

    /// <summary>Deadline of one call.</summary>
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(20);

    /// <summary>How long a notification may be under way after the last submission, before it counts as not told.</summary>
    public static readonly TimeSpan NotificationGrace = TimeSpan.FromSeconds(20);

    /// <summary>How often a call whose outcome is unknown, or that a busy server refused, is sent again after the run.</summary>
    public const int SettleTriesMax = 20;

    /// <summary>Messages about violations that a report shows; all are counted.</summary>
    public const int ExamplesMax = 20;
}
