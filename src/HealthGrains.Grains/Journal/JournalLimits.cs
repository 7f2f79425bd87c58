namespace HealthGrains.Grains.Journal;

/// <summary>The maxima of a journal store. Each has a behaviour and a test in the journal store suite.</summary>
public static class JournalLimits
{
    /// <summary>Entries of one turn; more is a bug of the caller.</summary>
    public const int TurnEntriesMax = 1_000;

    /// <summary>Bytes of one entry's body; more is a bug of the caller.</summary>
    public const int EntryBytesMax = 1024 * 1024;

    /// <summary>Bytes of one inline content.</summary>
    public const int ContentBytesMax = 4 * 1024 * 1024;

    /// <summary>Bytes of one chunk of content as stored and as read.</summary>
    public const int ContentChunkBytes = 256 * 1024;

    /// <summary>Turns of one group commit; the rest are the next one's.</summary>
    public const int CommitTurnsMax = 1_000;

    /// <summary>Bytes of one group commit after which no further turn joins.</summary>
    public const int CommitBytesMax = 8 * 1024 * 1024;

    /// <summary>Turns waiting for a commit; one more is <see cref="JournalUnavailableReason.Busy"/>.</summary>
    public const int QueuedTurnsMax = 20_000;

    /// <summary>Bytes waiting for a commit; a turn that would pass it is <see cref="JournalUnavailableReason.Busy"/>.</summary>
    public const int QueuedBytesMax = 256 * 1024 * 1024;

    /// <summary>Bytes of one snapshot; more is a bug of the caller.</summary>
    public const int SnapshotBytesMax = 64 * 1024 * 1024;

    /// <summary>Characters of a checkpoint's name.</summary>
    public const int CheckpointNameMax = 200;

    /// <summary>Reads waiting for a store; one more is <see cref="JournalUnavailableReason.Busy"/>.</summary>
    public const int QueuedReadsMax = 20_000;

    /// <summary>Reads that share one read transaction; the rest are the next one's.</summary>
    public const int SharedReadsMax = 256;

    public const int LogPageEntriesMax = 1_000;

    public const int LogPageBytesMax = 4 * 1024 * 1024;

    public const int ShardsMax = 256;

    /// <summary>Shards of a new store when nothing else is said.</summary>
    public const int ShardsDefault = 16;
}
