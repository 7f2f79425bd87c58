using System.Globalization;
using System.Text;
using static HealthGrains.LoadTests.Scaling.ScalingInputs;

namespace HealthGrains.LoadTests.Scaling;

/// <summary>The tables of docs/scaling.md, as Markdown. The same on every machine: arithmetic, and simulations with fixed seeds.</summary>
internal static class ScalingModel
{
    private const double KibInGib = 1024 * 1024;

    // A head is moved and a row of the log written for each entry.
    private const double RowsOfAnEntry = 2;

    public static string Tables()
    {
        var text = new StringBuilder();
        Recipients(text);
        Multiples(text);
        Costs(text);
        Spread(text);
        Commits(text);
        return text.ToString();
    }

    private static void Recipients(StringBuilder text)
    {
        Head(text, "recipients of a document", "entries", "processor", "documents/s of a processor", "rows/s for 1,000 documents/s");
        foreach (var recipients in new[] { 0, 1, 3, 10, 100, 1000 })
        {
            var entries = 2 + recipients;
            var processor = SubmitProcessorMs + (recipients * RecipientProcessorMs);
            Row(text, N(recipients), N(entries), $"{F(processor)} ms", N(1000 / processor), N(1000 * entries));
        }
    }

    /// <summary>What each multiple of the national peak needs, and what runs out first on one PostgreSQL server.</summary>
    private static void Multiples(StringBuilder text)
    {
        Head(
            text, "times the nation, contents", "documents/s at peak", "servers of 2 processors", "PostgreSQL servers by rows", "by throughput of the disk",
            "by disk of one year", "first limit");
        foreach (var times in new[] { 1, 10, 100, 1000 })
        {
            Multiple(text, times, "in the database", MixDiskKib);
            Multiple(text, times, "in objects", JournalDiskKib);
        }
    }

    private static void Multiple(StringBuilder text, int times, string where, double kib)
    {
        var rate = times * NationalPeakPerSecond;
        var servers = Math.Ceiling(rate * (MixProcessorMs + (MeanRecipients * RecipientProcessorMs)) / 1000 / 2 / Headroom);
        (double Need, string What)[] needs =
        [
            (rate * (2 + MeanRecipients) * RowsOfAnEntry / PostgreSqlRowsPerSecond / Headroom, "rows"),
            (rate * kib / 1024 * WriteAmplification / DiskMibPerSecond / Headroom, "throughput"),
            (times * NationalDocumentsMonth * 12 * kib / KibInGib / 1024 / PostgreSqlDiskTib, "disk of one year"),
        ];
        var first = needs.MaxBy(need => need.Need);
        Row(text, $"{N(times)}, {where}", N(rate), N(servers), F(needs[0].Need), F(needs[1].Need), F(needs[2].Need), first.Need <= 1 ? "none yet" : first.What);
    }

    private static void Costs(StringBuilder text)
    {
        Head(text, "for a million documents of the month's mix", "contents in the database", "contents in objects");
        var processors = MixProcessorMs * 1_000_000 / 1000 / SecondsMonth / Headroom * ProcessorEuroMonth;
        var journal = JournalDiskKib * 1_000_000 / KibInGib;
        var contents = (MixDiskKib - JournalDiskKib) * 1_000_000 / KibInGib;

        // Two copies of what is on block storage: the server and its standby.
        var inside = 2 * (journal + contents) * BlockGibEuroMonth;
        var outside = (2 * journal * BlockGibEuroMonth) + (contents * ObjectGibEuroMonth);
        Row(text, "processor time", $"{N(MixProcessorMs * 1_000_000 / 1000 / 60)} min", $"{N(MixProcessorMs * 1_000_000 / 1000 / 60)} min");
        Row(text, "processors to take them in", $"{F(processors)} €", $"{F(processors)} €");
        Row(text, "journals and indexes, one copy", $"{F(journal)} GiB", $"{F(journal)} GiB");
        Row(text, "contents, one copy", $"{N(contents)} GiB", $"{N(contents)} GiB");
        Row(text, "storage each month, two copies on block storage", $"{F(inside)} €", $"{F(outside)} €");
        Row(text, "storage of ten years", $"{N(inside * 120)} €", $"{N(outside * 120)} €");
    }

    /// <summary>Patients fall on shards by hash, shards on servers in turn.</summary>
    private static void Spread(StringBuilder text)
    {
        Head(text, "shards", "servers", "busiest shard to mean", "busiest server to mean", "servers without a shard");
        foreach (var (shards, servers) in new[] { (16, 1), (16, 3), (16, 10), (64, 3), (64, 10), (64, 30), (256, 10), (256, 30), (256, 100) })
        {
            var spread = LoadSpread.Simulate(shards, servers, patients: 300_000, seed: 1);
            Row(text, N(shards), N(servers), F(spread.BusiestShard), F(spread.BusiestServer), N(spread.IdleServers));
        }
    }

    private static void Commits(StringBuilder text)
    {
        Head(text, "store", "turns/s asked for", "turns/s done", "turns in a commit", "wait p50", "wait p99");
        foreach (var (name, commit, turn) in new[]
        {
            ("SQLite, sync at once", SqliteCommitMs, SqliteTurnMs),
            ("PostgreSQL, a flush of 1 ms", FlushCommitMs, PostgreSqlTurnMs),
            ("PostgreSQL, a standby of 3 ms", StandbyCommitMs, PostgreSqlTurnMs),
        })
        {
            foreach (var rate in new[] { 160, 1_600, 16_000, 32_000 })
            {
                var queue = GroupCommit.Simulate(rate, commit, turn, journals: 1_000_000, seed: 2);
                Row(text, name, N(rate), N(queue.Done), F(queue.Batch), $"{F(queue.P50)} ms", $"{F(queue.P99)} ms");
            }

            // One journal has one turn at a time, so its commits hold one turn.
            var hot = GroupCommit.Simulate(32_000, commit, turn, journals: 1, seed: 2);
            Row(text, $"{name}; one patient alone", "as many as go", N(hot.Done), F(hot.Batch), "", "");
        }
    }

    private static void Head(StringBuilder text, params string[] cells)
    {
        if (text.Length > 0) text.Append('\n');
        Row(text, cells);
        Row(text, [.. cells.Select(_ => "---")]);
    }

    private static void Row(StringBuilder text, params string[] cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    private static string N(double number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string F(double number) => number.ToString("N2", CultureInfo.InvariantCulture);
}
