using HealthGrains.LoadTests.Correctness;
using HealthGrains.LoadTests.Scenarios;

namespace HealthGrains.LoadTests.CommandLine;

/// <summary>What one run is told, checked.</summary>
internal sealed record RunOptions
{
    public required Uri Server { get; init; }

    public string? Data { get; init; }

    /// <summary>PEM of the server's development key, or null.</summary>
    public string? KeyPem { get; init; }

    public string? ProducerToken { get; init; }

    public string Audience { get; init; } = "healthgrains";

    public required Scenario Scenario { get; init; }

    /// <summary>Intended starts a second; null for the closed model.</summary>
    public double? Rate { get; init; }

    public double BurstFactor { get; init; } = 5;

    public TimeSpan Length { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan Ramp { get; init; } = TimeSpan.FromSeconds(2);

    public int Outstanding { get; init; } = Limits.OutstandingDefault;

    public int Connections { get; init; } = 4;

    public int ContentBytes { get; init; } = 1024;

    /// <summary>The national mix instead of texts of one size.</summary>
    public bool IsMonth { get; init; }

    /// <summary>How long a month's run submits documents of 1 KiB after the mix; zero for not at all.</summary>
    public TimeSpan SmallLength { get; init; }

    /// <summary>The server's database, to ask for its size and its log; null to look at files alone.</summary>
    public string? PostgreSql { get; init; }

    public int PatientWatchers { get; init; } = 50;

    public int Sample { get; init; } = 200;

    public ulong Seed { get; init; }

    public int? ServerPid { get; init; }

    public Uri? Metrics { get; init; }

    public string? CeilingSqlite { get; init; }

    public TimeSpan CeilingLength { get; init; } = TimeSpan.FromSeconds(2);

    public Plant Plant { get; init; }

    public Thresholds Thresholds { get; init; } = new();

    public required string CommandLine { get; init; }
}

/// <summary>What fails a run.</summary>
internal sealed record Thresholds
{
    public TimeSpan? MaxP99 { get; init; }

    public TimeSpan? MaxNotificationP99 { get; init; }

    public double? MinRate { get; init; }

    /// <summary>Failed calls and starts that were not made.</summary>
    public long? MaxErrors { get; init; }

    /// <summary>What a run missed, a sentence each. Figures in microseconds.</summary>
    public IReadOnlyList<string> Missed(double rate, long submitP99, long notificationP99, long errors)
    {
        var missed = new List<string>();
        if (MaxP99 is { } p99 && submitP99 > p99.TotalMicroseconds)
            missed.Add(FormattableString.Invariant($"p99 of submissions is {submitP99 / 1000.0:0.0} ms, more than {p99.TotalMilliseconds:0.0} ms"));
        if (MaxNotificationP99 is { } told && notificationP99 > told.TotalMicroseconds)
            missed.Add(FormattableString.Invariant($"p99 to notification is {notificationP99 / 1000.0:0.0} ms, more than {told.TotalMilliseconds:0.0} ms"));
        if (MinRate is { } least && rate < least)
            missed.Add(FormattableString.Invariant($"the rate is {rate:0.0}/s, less than {least:0.0}/s"));
        if (MaxErrors is { } most && errors > most)
            missed.Add(FormattableString.Invariant($"{errors} calls failed or were not made, more than {most}"));
        return missed;
    }
}
