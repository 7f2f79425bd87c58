using HealthGrains.Grains.Journal;

namespace HealthGrains.PostgreSql;

/// <summary>Which database a store lives in, and how it is opened.</summary>
public sealed record PostgreSqlStoreOptions
{
    /// <summary>An Npgsql connection string. The tables are those of the first schema of its search path, which must exist.
    /// The store sets pool size, timeouts and keep-alive itself.</summary>
    public required string Connection { get; init; }

    /// <summary>Shards of a store that is created now, 1 to <see cref="JournalLimits.ShardsMax"/>. An existing store keeps
    /// its own number, whatever is said here.</summary>
    public int Shards { get; init; } = JournalLimits.ShardsDefault;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Turns of one commit, 1 to <see cref="JournalLimits.CommitTurnsMax"/>.</summary>
    internal int CommitTurnsMax { get; init; } = JournalLimits.CommitTurnsMax;

    /// <summary>Turns waiting, 1 to <see cref="JournalLimits.QueuedTurnsMax"/>.</summary>
    internal int QueuedTurnsMax { get; init; } = JournalLimits.QueuedTurnsMax;

    /// <summary>Read under locks before every commit, as after another process was seen writing. For tests.</summary>
    internal bool AlwaysLock { get; init; }

    /// <summary>Called at named places of a commit; what it throws is taken for a broken connection. For tests.</summary>
    internal Func<CommitPoint, Task>? Fault { get; init; }
}

/// <summary>Where a test can hold or break a commit.</summary>
internal enum CommitPoint
{
    /// <summary>The batch is taken, nothing was sent.</summary>
    Taken,

    /// <summary>The turns are decided, under locks or from memory; nothing is written.</summary>
    BeforeCommit,

    /// <summary>The commit was answered, nobody has been told.</summary>
    AfterCommit,
}
