using HealthGrains.Grains.Journal;

namespace HealthGrains.Sqlite;

/// <summary>Where an embedded store lives, and how it is opened.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>The data directory; made if it is not there. It holds <c>healthgrains.db</c>, SQLite's <c>-wal</c> and
    /// <c>-shm</c> beside it, <c>healthgrains.marks</c> and <c>healthgrains.recent</c>. It must be on a local disk.</summary>
    public required string Directory { get; init; }

    /// <summary>Shards of a store that is created now, 1 to <see cref="JournalLimits.ShardsMax"/>. An existing store keeps
    /// its own number, whatever is said here.</summary>
    public int Shards { get; init; } = JournalLimits.ShardsDefault;

    /// <summary>Opens a store that ends before its high-water marks, or has lost them: what is missing stays missing.</summary>
    public bool AcceptLoss { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Bytes of a page of a database that is created now: a power of two from 512 to 65,536.</summary>
    internal int PageBytes { get; init; } = 4096;

    /// <summary>Turns of one commit, 1 to <see cref="JournalLimits.CommitTurnsMax"/>.</summary>
    internal int CommitTurnsMax { get; init; } = JournalLimits.CommitTurnsMax;

    /// <summary>Turns waiting, 1 to <see cref="JournalLimits.QueuedTurnsMax"/>.</summary>
    internal int QueuedTurnsMax { get; init; } = JournalLimits.QueuedTurnsMax;

    /// <summary>Pages in the write-ahead log before the first kind of checkpoint; the other thresholds follow from it.</summary>
    internal int CheckpointPages { get; init; } = SqliteLimits.WalPagesBeforeCheckpoint;

    /// <summary>Called at named places of a commit; what it throws is taken for SQLite's own failure. For tests.</summary>
    internal Action<SqliteFaultPoint>? Fault { get; init; }
}

/// <summary>Where a test can break a commit.</summary>
internal enum SqliteFaultPoint
{
    /// <summary>The transaction is open, nothing is written yet. The writer can be held here.</summary>
    Begun,

    /// <summary>Everything is written, the commit has not started.</summary>
    BeforeCommit,

    /// <summary>The commit is durable, nobody has been answered.</summary>
    AfterCommit,
}
