using System.Globalization;
using System.Text.Json.Nodes;
using HealthGrains.Host.CommandLine;
using Spectre.Console;

namespace HealthGrains.Host.Demo;

/// <summary>The figures of a demonstration.</summary>
internal sealed record DemoReport(
    DemoPlan Plan, DemoClock Clock, DemoProof Proof, int Refused, TimeSpan Start, TimeSpan Sending, TimeSpan Whole)
{
    public bool IsComplete => Proof.IsComplete && Refused == 0 && Clock.Acknowledged == Plan.Documents.Count;

    private double Rate => Sending > TimeSpan.Zero ? Clock.Acknowledged / Sending.TotalSeconds : 0;

    private long Bytes => Plan.Documents.Sum(d => (long)d.Cda.Length);

    public Table ToTable()
    {
        var told = Clock.ToNotification();
        var table = CliTable.Create("", "");
        table.AddRow("started in", HumanValues.Duration(Start));
        table.AddRow("patients, professionals", $"{Plan.Patients.Count}, {Plan.Professionals.Count}");
        table.AddRow("documents acknowledged", $"{Clock.Acknowledged} of {Plan.Documents.Count}, {HumanValues.Size(Bytes)}");
        table.AddRow("rate", string.Create(CultureInfo.InvariantCulture, $"{Rate:0}/s, {Bytes / Math.Max(Sending.TotalSeconds, 0.001) / (1024 * 1024):0.0} MiB/s"));
        table.AddRow("to acknowledgement", $"p50 {Quantile(Clock.ToAcknowledgement, 0.5)}, p99 {Quantile(Clock.ToAcknowledgement, 0.99)}");
        table.AddRow("to notification", $"p50 {Quantile(told, 0.5)}, p99 {Quantile(told, 0.99)}");
        table.AddRow("deliveries proven", $"{Proof.Proven} of {Proof.Expected}, each exactly once, read back");
        if (!IsComplete)
            table.AddRow("NOT COMPLETE", $"{Proof.Missing} missing, {Proof.Repeated} repeated, {Proof.Unexpected} unexpected, {Refused} refused");
        table.AddRow("in all", HumanValues.Duration(Whole));
        return table;
    }

    public JsonObject ToJson()
    {
        var told = Clock.ToNotification();
        return new JsonObject
        {
            ["complete"] = IsComplete,
            ["patients"] = Plan.Patients.Count,
            ["professionals"] = Plan.Professionals.Count,
            ["documents"] = Plan.Documents.Count,
            ["acknowledged"] = Clock.Acknowledged,
            ["refused"] = Refused,
            ["bytes"] = Bytes,
            ["start_seconds"] = Rounded(Start.TotalSeconds),
            ["seconds"] = Rounded(Whole.TotalSeconds),
            ["rate_per_second"] = Rounded(Rate),
            ["acknowledgement_ms"] = Quantiles(Clock.ToAcknowledgement),
            ["notification_ms"] = Quantiles(told),
            ["deliveries"] = new JsonObject
            {
                ["expected"] = Proof.Expected, ["proven"] = Proof.Proven, ["missing"] = Proof.Missing,
                ["repeated"] = Proof.Repeated, ["unexpected"] = Proof.Unexpected,
            },
        };
    }

    private static JsonObject Quantiles(IReadOnlyCollection<TimeSpan> times) => new()
    {
        ["p50"] = Rounded(QuantileOf(times, 0.5).TotalMilliseconds),
        ["p99"] = Rounded(QuantileOf(times, 0.99).TotalMilliseconds),
        ["count"] = times.Count,
    };

    private static double Rounded(double value) => Math.Round(value, 2);

    private static string Quantile(IReadOnlyCollection<TimeSpan> times, double part) =>
        times.Count == 0 ? "none" : HumanValues.Duration(QuantileOf(times, part));

    private static TimeSpan QuantileOf(IReadOnlyCollection<TimeSpan> times, double part) => times.Count == 0
        ? TimeSpan.Zero
        : times.Order().ElementAt(Math.Min(times.Count - 1, (int)Math.Ceiling(part * times.Count) - 1));
}
