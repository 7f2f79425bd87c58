using HealthGrains.Grains.Journal;

namespace HealthGrains.Sqlite;

/// <summary>The maxima of the embedded store beyond <see cref="JournalLimits"/>.</summary>
internal static class SqliteLimits
{
    /// <summary>Connections that only read, each with a thread of its own.</summary>
    public const int ReadersMax = 4;

    /// <summary>How long a commit waits for another process that is writing; then its turns are refused as busy.</summary>
    public static readonly TimeSpan WriterWaitMax = TimeSpan.FromSeconds(5);

    /// <summary>Pages written to the write-ahead log after which it is copied into the database beside the writer.</summary>
    public const int WalPagesBeforeCheckpoint = 2_048;

    /// <summary>How many times as long the log may become before the writer itself copies the rest between two commits, so
    /// that the log can start again from its beginning.</summary>
    public const int WriterCheckpointFactor = 4;

    /// <summary>How many times as long the log may become before the writer also waits for the readers of its old
    /// part.</summary>
    public const int RestartFactor = 16;

    /// <summary>Bytes that the write-ahead log keeps on disk when it starts again.</summary>
    public const long WalBytesKept = 64L * 1024 * 1024;

    /// <summary>How often the keeper looks at what other processes committed while somebody waits for a log.</summary>
    public static readonly TimeSpan KeeperTick = TimeSpan.FromMilliseconds(250);

    /// <summary>The least time between two writings of the high-water marks.</summary>
    public static readonly TimeSpan MarksInterval = TimeSpan.FromSeconds(1);

    /// <summary>Entries or journals of one page of a verification, each page with a read transaction of its own.</summary>
    public const int VerifyPageMax = 500;

    /// <summary>Contents that are deleted in one commit: at most 64 MiB are overwritten while others wait.</summary>
    public const int ErasedTogetherMax = 16;

    /// <summary>Bytes of a database file up to which a verification also asks SQLite for the structure of the file, which
    /// takes one long read transaction.</summary>
    public const long StructureCheckBytesMax = 256L * 1024 * 1024;
}
