using HealthGrains.Sqlite;

namespace HealthGrains.Store.Tests;

public sealed class Sqlite_journal_store : SqliteEnrolment;

/// <summary>The same with commits of three turns, a short queue, small pages, few shards and a checkpoint after nearly every commit.</summary>
public sealed class Sqlite_journal_store_with_tiny_batches : SqliteEnrolment
{
    protected override int CommitTurnsMax => 3;

    private protected override SqliteStoreOptions Options => base.Options with
    {
        Shards = 5,
        PageBytes = 1024,
        CommitTurnsMax = 3,
        QueuedTurnsMax = 2_500,
        CheckpointPages = 8,
    };
}

/// <summary>The same with large pages, as many shards as there can be, and no checkpoint before the store is closed.</summary>
public sealed class Sqlite_journal_store_with_large_pages : SqliteEnrolment
{
    private protected override SqliteStoreOptions Options => base.Options with
    {
        Shards = Grains.Journal.JournalLimits.ShardsMax,
        PageBytes = 16 * 1024,
        CheckpointPages = 1_000_000,
    };
}
