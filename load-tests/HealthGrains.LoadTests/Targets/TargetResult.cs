using System.Text.Json;
using HealthGrains.LoadTests.Reporting;

namespace HealthGrains.LoadTests.Targets;

/// <summary>One measurement of one line.</summary>
/// <param name="Value">In the unit of the line.</param>
/// <param name="EmptyCalls">Empty calls a second of the same server just before; null where they are no measure of it.</param>
/// <param name="RawRows">Rows a second that the database alone took just before, of the same content; null likewise.</param>
/// <param name="Cpu">Microseconds of processor time for each document, by program.</param>
/// <param name="AllocatedBytes">What the server allocated for each document.</param>
/// <param name="Collections">Of the server, in the run: of generations 0, 1 and 2.</param>
/// <param name="Acknowledged">Documents of this run, with those of its warming up.</param>
/// <param name="Checked">Of these, found in the index of their record afterwards; a sample where they are many.</param>
/// <param name="Missing">Looked for, and not found once. It is 0, or the table is worth nothing.</param>
/// <param name="Note">What else there is to know of it.</param>
internal sealed record TargetRun(
    double Value,
    double? EmptyCalls = null,
    double? RawRows = null,
    IReadOnlyDictionary<string, double>? Cpu = null,
    double? AllocatedBytes = null,
    IReadOnlyList<double>? Collections = null,
    long Acknowledged = 0,
    long Checked = 0,
    long Missing = 0,
    string? Note = null);

/// <summary>A line of the table: a figure, what it should be, and the runs.</summary>
/// <param name="Name">Stable; lines of two tables are compared by it.</param>
/// <param name="Title">For people.</param>
/// <param name="Unit">Of the values.</param>
/// <param name="AtLeast">The target, or null.</param>
/// <param name="AtMost">The target where less is better, or null.</param>
/// <param name="CeilingPartMin">The part of the empty calls of the same run that it should reach, or null.</param>
internal sealed record TargetLine(
    string Name, string Title, string Unit, double? AtLeast, double? AtMost, double? CeilingPartMin, DateTimeOffset At, IReadOnlyList<TargetRun> Runs)
{
    /// <summary>The median of the runs.</summary>
    public double Value => Median(Runs.Select(run => run.Value));

    public double? EmptyCalls => Known(run => run.EmptyCalls);

    public double? RawRows => Known(run => run.RawRows);

    public double? CeilingPart => Known(run => run.Value / run.EmptyCalls);

    public double? RawPart => Known(run => run.Value / run.RawRows);

    public double? AllocatedBytes => Known(run => run.AllocatedBytes);

    /// <summary>Median of the runs, by program.</summary>
    public IReadOnlyDictionary<string, double> Cpu => Runs.SelectMany(run => run.Cpu ?? new Dictionary<string, double>(StringComparer.Ordinal))
        .GroupBy(role => role.Key, StringComparer.Ordinal).ToDictionary(role => role.Key, role => Median(role.Select(r => r.Value)), StringComparer.Ordinal);

    public bool HasTarget => AtLeast is not null || AtMost is not null;

    public long Missing => Runs.Sum(run => run.Missing);

    /// <summary>Whether the median is what it should be; a line without a target is.</summary>
    public bool IsMet => (AtLeast is not { } least || Value >= least) && (AtMost is not { } most || Value <= most)
        && (CeilingPartMin is not { } part || CeilingPart >= part);

    private double? Known(Func<TargetRun, double?> figure) =>
        Runs.Select(figure).Where(value => value is not null).Select(value => value!.Value).ToList() is { Count: > 0 } values // ! filtered
            ? Median(values)
            : null;

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>The table. Written as JSON; text and page are made of it alone.</summary>
internal sealed record TargetTable
{
    public const string TheKind = "targets";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, IgnoreReadOnlyProperties = true,
    };

    /// <summary>Tells this file from that of a run.</summary>
    public string Kind { get; init; } = TheKind;

    public int Version { get; init; } = 1;

    public required DateTimeOffset At { get; init; }

    public required Machine Machine { get; init; }

    /// <summary>1 for the sizes of the targets; below it the figures only show that the program works.</summary>
    public required double Scale { get; init; }

    public required IReadOnlyList<TargetLine> Lines { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, s_json);

    public static string LinesToJson(IReadOnlyList<TargetLine> lines) => JsonSerializer.Serialize(lines, s_json);

    public static IReadOnlyList<TargetLine> LinesFromJson(string json) =>
        JsonSerializer.Deserialize<IReadOnlyList<TargetLine>>(json, s_json) ?? throw new JsonException("The file is empty.");

    /// <exception cref="JsonException">It is no table of this program.</exception>
    public static TargetTable FromJson(string json) =>
        JsonSerializer.Deserialize<TargetTable>(json, s_json) ?? throw new JsonException("The file is empty.");

    /// <summary>Whether a JSON text is a table and not a run.</summary>
    public static bool IsTable(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Object
            && document.RootElement.TryGetProperty("kind", out var kind) && kind.ValueKind == JsonValueKind.String && kind.GetString() == TheKind;
    }
}
