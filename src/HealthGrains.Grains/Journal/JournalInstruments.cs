using System.Diagnostics.Metrics;

namespace HealthGrains.Grains.Journal;

/// <summary>What every journal store counts, under the meter <see cref="MeterName"/>.</summary>
/// <remarks>The tag <c>store</c> is <see cref="IJournalStore.StoreId"/>. No measurement names a journal. The journal store
/// suite reads these counters to prove that conflicts happened and that commits and loads were shared.</remarks>
public sealed class JournalInstruments
{
    public const string MeterName = "HealthGrains.Journal";

    /// <summary>Commits that wrote something.</summary>
    public const string Commits = "healthgrains.journal.commits";

    /// <summary>Turns that those commits made durable; more than commits when they are shared.</summary>
    public const string Turns = "healthgrains.journal.turns";

    /// <summary>Entries that those commits made durable.</summary>
    public const string Entries = "healthgrains.journal.entries";

    /// <summary>Turns and checkpoints that lost a race.</summary>
    public const string Conflicts = "healthgrains.journal.conflicts";

    /// <summary>Turns refused because the queue was full.</summary>
    public const string Refused = "healthgrains.journal.refused";

    /// <summary>Reads that were answered.</summary>
    public const string Reads = "healthgrains.journal.reads";

    /// <summary>Read transactions or queries that answered them; fewer than reads when they are shared.</summary>
    public const string ReadBatches = "healthgrains.journal.read_batches";

    /// <summary>Seconds from the first statement of a commit to its durability.</summary>
    public const string CommitSeconds = "healthgrains.journal.commit.duration";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> CommitsCounter = Meter.CreateCounter<long>(Commits);
    private static readonly Counter<long> TurnsCounter = Meter.CreateCounter<long>(Turns);
    private static readonly Counter<long> EntriesCounter = Meter.CreateCounter<long>(Entries);
    private static readonly Counter<long> ConflictsCounter = Meter.CreateCounter<long>(Conflicts);
    private static readonly Counter<long> RefusedCounter = Meter.CreateCounter<long>(Refused);
    private static readonly Counter<long> ReadsCounter = Meter.CreateCounter<long>(Reads);
    private static readonly Counter<long> ReadBatchesCounter = Meter.CreateCounter<long>(ReadBatches);
    private static readonly Histogram<double> CommitHistogram = Meter.CreateHistogram<double>(CommitSeconds, "s");

    private readonly KeyValuePair<string, object?> _store;

    public JournalInstruments(Guid storeId) => _store = new("store", storeId.ToString());

    public void Committed(int turns, int entries, TimeSpan duration)
    {
        CommitsCounter.Add(1, _store);
        TurnsCounter.Add(turns, _store);
        EntriesCounter.Add(entries, _store);
        CommitHistogram.Record(duration.TotalSeconds, _store);
    }

    public void Conflicted() => ConflictsCounter.Add(1, _store);

    public void TurnRefused() => RefusedCounter.Add(1, _store);

    public void Read(int reads)
    {
        ReadsCounter.Add(reads, _store);
        ReadBatchesCounter.Add(1, _store);
    }
}
