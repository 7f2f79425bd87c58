using System.Text.Json;
using System.Text.Json.Serialization;
using HealthGrains.LoadTests.Correctness;
using HealthGrains.LoadTests.Measuring;

namespace HealthGrains.LoadTests.Reporting;

/// <summary>Quantiles in microseconds.</summary>
internal sealed record Quantiles(long Count, double Mean, long P50, long P90, long P99, long P999, long Max)
{
    public static Quantiles Of(Histogram histogram) => new(
        histogram.Count, Math.Round(histogram.Mean, 1), histogram.Quantile(0.5), histogram.Quantile(0.9),
        histogram.Quantile(0.99), histogram.Quantile(0.999), histogram.Max);
}

/// <summary>A bucket of a histogram: calls that took up to so many microseconds, and more than the bucket before.</summary>
internal sealed record Bucket(long UpTo, long Count);

/// <summary>Where and of what.</summary>
internal sealed record Machine(
    string Host, int Processors, long MemoryBytes, string Processor, string System, string Runtime, string Commit, string CommandLine);

/// <summary>What a month of documents would take.</summary>
/// <param name="Documents">Of the month.</param>
/// <param name="Hours">At the measured rate.</param>
/// <param name="ContentBytesEach">Mean content of the measured documents.</param>
/// <param name="DiskBytesEach">What stays on disk of each: growth of the database, or else of the data directory; null without either.</param>
/// <param name="DiskBytes">For the month; null without them.</param>
/// <param name="SmallRate">Documents of 1 KiB a second, to patients of the same population, right after the mix; null without this part.</param>
/// <param name="SmallHours">The month at that rate: what is left when contents lie elsewhere than in the database.</param>
/// <param name="DiskWriteBytesPerSecond">What the disk of the data directory takes alone, written in large pieces and synced, measured before; null without --data.</param>
/// <param name="WrittenBytesPerSecond">What the database wrote to it while the mix ran: its log, and its growth; null without --postgresql.</param>
/// <param name="LogBytesEach">Of the database's write-ahead log, for each document; null likewise.</param>
internal sealed record Month(
    long Documents, double Hours, double ContentBytesEach, double? DiskBytesEach, double? DiskBytes, double? SmallRate = null, double? SmallHours = null,
    double? DiskWriteBytesPerSecond = null, double? WrittenBytesPerSecond = null, double? LogBytesEach = null);

/// <summary>Everything that a run says. Written as JSON; the report is made of it alone.</summary>
internal sealed record RunResult
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
        WriteIndented = false,
    };

    /// <summary>Of this shape. It grows; names keep their meaning.</summary>
    public int Version { get; init; } = 1;

    public required string Scenario { get; init; }

    public required DateTimeOffset At { get; init; }

    public required Machine Machine { get; init; }

    public required string Server { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>"open", or "closed" where as many calls as allowed were always under way.</summary>
    public required string Model { get; init; }

    /// <summary>Intended; null in the closed model.</summary>
    public double? IntendedRate { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Left out of the summary figures.</summary>
    public required double RampSeconds { get; init; }

    public required int ContentBytes { get; init; }

    /// <summary>Answered calls a second after the ramp.</summary>
    public required double Rate { get; init; }

    public required double SubmitRate { get; init; }

    public required long Started { get; init; }

    public required long Failed { get; init; }

    public required long Overflow { get; init; }

    public required IReadOnlyDictionary<string, int> Failures { get; init; }

    public required IReadOnlyDictionary<string, Quantiles> Latency { get; init; }

    public required IReadOnlyList<Bucket> SubmitHistogram { get; init; }

    /// <summary>From the intended start of the submission to the arrival at each watcher.</summary>
    public required Quantiles Notification { get; init; }

    public required IReadOnlyList<Second> NotificationTimeline { get; init; }

    public required IReadOnlyList<Second> Timeline { get; init; }

    public required IReadOnlyList<Sample> Samples { get; init; }

    public required int Watchers { get; init; }

    public required int Reconnects { get; init; }

    public required double EmptyCallsPerSecond { get; init; }

    public double? SqliteRowsPerSecond { get; init; }

    public required Findings Findings { get; init; }

    public required int Acknowledged { get; init; }

    public Plant Planted { get; init; }

    public Month? Month { get; init; }

    /// <summary>Broken thresholds, a sentence each.</summary>
    public IReadOnlyList<string> Missed { get; init; } = [];

    [JsonIgnore]
    public bool IsGood => Findings.Violations == 0 && Missed.Count == 0;

    public string ToJson() => JsonSerializer.Serialize(this, s_json);

    /// <exception cref="JsonException">It is no result of this program.</exception>
    public static RunResult FromJson(string json) =>
        JsonSerializer.Deserialize<RunResult>(json, s_json) ?? throw new JsonException("The file is empty.");
}
