using HealthGrains.Grains.Journal;

namespace HealthGrains.PostgreSql;

/// <summary>The maxima of this store beyond <see cref="JournalLimits"/>.</summary>
internal static class PostgreSqlLimits
{
    /// <summary>Reads that hold a connection at the same time; writer, poller and loads have theirs besides.</summary>
    public const int ReadSlots = 32;

    /// <summary>How long a read waits for one of those; then it is refused as busy.</summary>
    public static readonly TimeSpan SlotWaitMax = TimeSpan.FromMilliseconds(200);

    /// <summary>Loops that load journals, each with one query under way.</summary>
    public const int LoadLoops = 4;

    /// <summary>Connections of one store: read slots, load loops, writer and poller.</summary>
    public const int ConnectionsMax = ReadSlots + LoadLoops + 2;

    /// <summary>Statements that a session keeps parsed; the least used goes first.</summary>
    public const int PreparedStatementsMax = 64;

    /// <summary>Journals whose heads are kept in memory, so that a commit need not read them: 64 Ki of about 200 bytes.</summary>
    public const int KnownHeadsMax = 65_536;

    /// <summary>Commits that read under locks after another process was seen writing to the same shards; then memory is tried
    /// again.</summary>
    public const int LockedCommitsAfterAnother = 32;

    /// <summary>A commit that lasts longer than this makes the store refuse further turns until it is answered.</summary>
    public static readonly TimeSpan CommitWaitMax = TimeSpan.FromSeconds(10);

    /// <summary>How long connecting may take.</summary>
    public static readonly TimeSpan ConnectWaitMax = TimeSpan.FromSeconds(5);

    /// <summary>How often the server is asked on another line whether it still works on a commit; one that it does not work on
    /// is given up, its outcome unknown.</summary>
    public static readonly TimeSpan CommitLookEvery = TimeSpan.FromSeconds(4);

    /// <summary>How long that question may take.</summary>
    public static readonly TimeSpan LookWaitMax = TimeSpan.FromSeconds(2);

    /// <summary>How long one query that only reads, or locks, may take. Commits have no such limit.</summary>
    public static readonly TimeSpan ReadWaitMax = TimeSpan.FromSeconds(20);

    /// <summary>How long a commit waits for the shards that another process is writing to; nothing is written by then, and its
    /// turns are refused as busy.</summary>
    public static readonly TimeSpan ShardWaitMax = TimeSpan.FromSeconds(5);

    /// <summary>How long the server lets a process that holds shards be silent, as a stopped one is, before it ends its session
    /// and frees them.</summary>
    public static readonly TimeSpan SilentHolderMax = TimeSpan.FromSeconds(4);

    /// <summary>How long a migration waits for another process that migrates.</summary>
    public static readonly TimeSpan MigrationWaitMax = TimeSpan.FromSeconds(60);

    /// <summary>How often the positions are read while somebody waits for a log.</summary>
    public static readonly TimeSpan PollTick = TimeSpan.FromMilliseconds(100);

    /// <summary>Bytes of bodies or chunks in one insert; a commit has as many inserts as it needs.</summary>
    public const int InsertBytesMax = 16 * 1024 * 1024;

    /// <summary>Contents that are deleted in one commit.</summary>
    public const int ErasedTogetherMax = 16;

    /// <summary>Entries, heads or contents of one page of a verification, each page with a read transaction of its own.</summary>
    public const int VerifyPageMax = 500;
}
