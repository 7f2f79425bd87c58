using HealthGrains.Domain.Identity;

namespace HealthGrains.Grains.Journal;

/// <summary>What a <see cref="MemoryJournalStore"/> keeps; it outlives the stores that are opened on it, as a disk does.</summary>
/// <remarks>All members are guarded by <see cref="Gate"/>. Nothing survives the process.</remarks>
public sealed class MemoryJournalMedium
{
    /// <param name="shards">1 to <see cref="JournalLimits.ShardsMax"/>.</param>
    public MemoryJournalMedium(int shards = JournalLimits.ShardsDefault)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shards, JournalLimits.ShardsMax);
        Logs = [.. Enumerable.Range(0, shards).Select(_ => new List<MemoryEntry>())];
        Grown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public Guid StoreId { get; } = Guid.NewGuid();

    public int Shards => Logs.Count;

    internal Lock Gate { get; } = new();

    /// <summary>Index = shard; position p is at index p - 1.</summary>
    internal List<List<MemoryEntry>> Logs { get; }

    /// <summary>Version v is at index v - 1.</summary>
    internal Dictionary<JournalId, List<MemoryEntry>> Journals { get; } = [];

    internal Dictionary<(JournalId Journal, Sha256 Sha256), byte[]> Contents { get; } = [];

    /// <summary>By table and hexadecimal key.</summary>
    internal Dictionary<(string Table, string Key), byte[]> KeyedRows { get; } = [];

    internal Dictionary<JournalId, JournalSnapshot> Snapshots { get; } = [];

    internal Dictionary<(string Name, int Shard), long> Checkpoints { get; } = [];

    /// <summary>Completed and replaced whenever a log has grown.</summary>
    internal TaskCompletionSource Grown { get; set; }

    /// <summary>Changes one byte of a stored body, for tests of what damage does.</summary>
    public void DamageBody(JournalId journal, long version)
    {
        lock (Gate)
            Journals[journal][(int)version - 1].Body[0] ^= 1;
    }

    /// <summary>Changes the last byte of one stored content of a journal, for tests of what damage does.</summary>
    public void DamageContent(JournalId journal)
    {
        lock (Gate)
            Contents.First(content => content.Key.Journal == journal).Value[^1] ^= 1;
    }
}

/// <summary>One entry, in its journal and in its shard's log.</summary>
internal sealed record MemoryEntry(JournalId Journal, int Shard, long Position, long Version, byte[] Hash, byte[] Body);
