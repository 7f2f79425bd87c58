namespace HealthGrains.LoadTests.Scaling;

/// <summary>What the model is fed with. Measured: on one machine of two processors, by the commands that docs/scaling.md names.
/// Assumed: a round number that anybody may replace by his own.</summary>
internal static class ScalingInputs
{
    // The plan: documents of a month, and of the busiest seconds.
    public const double NationalDocumentsMonth = 42_800_000;
    public const double NationalPeakPerSecond = 160;

    // Measured: processor time of a server for one document, its ledger and its routing, one call at a time.
    public const double SubmitProcessorMs = 0.40;

    // Measured: the same for each recipient more, when inboxes take in several documents at a time, as they do while documents keep coming.
    public const double RecipientProcessorMs = 0.02;

    // Measured: a month's mix of real sizes takes 21.0 h on two processors with the load beside it; all of it is counted as ours.
    public const double MixProcessorMs = 21.0 * 3600 * 2 * 1000 / NationalDocumentsMonth;

    // Measured: disk of SQLite for a document of the month's mix, contents, journals, indexes; and without its content (a million
    // documents of 1 KiB take 2.5 KiB each).
    public const double MixDiskKib = 280;
    public const double JournalDiskKib = 1.5;

    // Measured: one commit by itself, and what each further turn in it adds; SQLite on a disk that syncs at once.
    public const double SqliteCommitMs = 0.085;
    public const double SqliteTurnMs = 0.035;

    // Assumed: a commit that waits for a disk with a real flush, or for a synchronous standby in another hall.
    public const double FlushCommitMs = 1.0;
    public const double StandbyCommitMs = 3.0;
    public const double PostgreSqlTurnMs = 0.040;

    // Assumed: what one PostgreSQL server on ordinary hardware does, at half of which it is planned.
    public const double PostgreSqlRowsPerSecond = 60_000;
    public const double DiskMibPerSecond = 400;
    public const double PostgreSqlDiskTib = 8;

    // Bytes that reach the disk for each byte kept: the log and the pages.
    public const double WriteAmplification = 2.2;

    // Assumed: recipients of a document beside the patient; entries are the patient's, the sender's and one for each.
    public const double MeanRecipients = 2;

    // Assumed prices, euros a month.
    public const double ProcessorEuroMonth = 20;
    public const double BlockGibEuroMonth = 0.08;
    public const double ObjectGibEuroMonth = 0.02;

    public const double Headroom = 0.5;
    public const double SecondsMonth = 30.44 * 86_400;
    public const int ShardsMax = 256;
}
