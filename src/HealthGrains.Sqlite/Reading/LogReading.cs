using HealthGrains.Grains.Journal;

namespace HealthGrains.Sqlite.Reading;

/// <summary>Reads pages of a shard's log.</summary>
internal static class LogReading
{
    /// <summary>See <see cref="IJournalStore.ReadLogAsync"/>.</summary>
    public static IReadOnlyList<LogEntry> Read(ReadSession session, int shard, long afterPosition, int entriesMax)
    {
        // In one transaction with the rows: what the shard counts must be there, to the last one.
        var end = session.Position(shard);
        var count = Math.Clamp(end - afterPosition, 0, entriesMax);
        if (count == 0)
            return [];
        var page = new List<LogEntry>((int)count);
        var bytes = 0;
        foreach (var row in session.Entries(shard, afterPosition, (int)count))
        {
            if (row.Position != afterPosition + page.Count + 1)
                break;
            page.Add(new LogEntry(shard, row.Position, Journal(row, shard), row.Version, row.Body));
            bytes += row.Body.Length;
            if (bytes >= JournalLimits.LogPageBytesMax)
                return page;
        }

        return page.Count == count
            ? page
            : throw new JournalDamagedException(new JournalDamage(
                null, shard, afterPosition + page.Count + 1, 0, "An entry of the log is missing."));
    }

    private static JournalId Journal(EntryRow row, int shard) =>
        JournalIdText.TryParse(row.Journal) is { } journal
            ? journal
            : throw new JournalDamagedException(
                new JournalDamage(null, shard, row.Position, row.Version, "An entry names no journal."));
}
