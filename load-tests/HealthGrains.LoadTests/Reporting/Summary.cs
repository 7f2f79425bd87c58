using System.Globalization;
using Spectre.Console;

namespace HealthGrains.LoadTests.Reporting;

/// <summary>What a person reads at the end of a run or a comparison.</summary>
internal static class Summary
{
    public static void Write(IAnsiConsole console, RunResult run)
    {
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumn("").AddColumn("");
        table.AddRow("calls answered", $"{Show.Count(run.Rate)}/s, {Show.Percent(run.Rate / run.EmptyCallsPerSecond)} of {Show.Count(run.EmptyCallsPerSecond)}/s empty calls");
        table.AddRow("documents", $"{Show.Count(run.Acknowledged)} acknowledged, {Show.Count(run.SubmitRate)}/s");
        if (run.SqliteRowsPerSecond is { } rows)
            table.AddRow("SQLite alone", $"{Show.Count(rows)} rows/s");
        foreach (var (name, q) in run.Latency)
            table.AddRow(name, Line(q));
        if (run.Notification.Count > 0)
            table.AddRow("to notification", Line(run.Notification));
        table.AddRow("failed, overflow", $"{Show.Count(run.Failed)}, {Show.Count(run.Overflow)}");
        var f = run.Findings;
        table.AddRow("checked", $"{Show.Count(f.Indexed)} in the index, {Show.Count(f.ReadBack)} read back, {Show.Count(f.Proven)} notifications once");
        if (run.Month is { } month)
        {
            table.AddRow("a month", string.Create(CultureInfo.InvariantCulture, $"{Show.Count(month.Documents)} documents in {month.Hours:0.0} h"));
            if (month is { SmallRate: { } rate, SmallHours: { } hours })
                table.AddRow("with 1 KiB each", string.Create(CultureInfo.InvariantCulture, $"{hours:0.0} h at {Show.Count(rate)}/s"));
            table.AddRow("disk", month is { DiskBytesEach: { } each, DiskBytes: { } disk } ? $"{Show.Size(each)} a document, {Show.Size(disk)} a month" : "not known: no --data");
            if (month.DiskWriteBytesPerSecond is { } raw)
                table.AddRow("this disk alone", $"{Show.Size(raw)}/s" + (month.WrittenBytesPerSecond is { } written ? $"; log and data are {Show.Size(written)}/s, {Show.Percent(written / raw)} of it" : ""));
        }

        console.Write(table);
        if (run.IsGood)
        {
            console.MarkupLine("[green]GOOD[/] no promise was broken, no threshold missed");
            return;
        }

        if (f.Violations > 0)
        {
            console.MarkupLine(Markup.Escape($"BROKEN lost {f.Lost} altered {f.Altered} doubled {f.Doubled} phantom {f.Phantom} not told {f.Untold} told twice {f.ToldTwice} gaps {f.Gaps} out of order {f.OutOfOrder} consent {f.ConsentBroken}").Insert(0, "[red]") + "[/]");
            foreach (var example in f.Examples)
                console.MarkupLine($"  {Markup.Escape(example)}");
        }

        foreach (var missed in run.Missed)
            console.MarkupLine($"[red]MISSED[/] {Markup.Escape(missed)}");

        static string Line(Quantiles q) =>
            $"p50 {Show.Time(q.P50)}, p90 {Show.Time(q.P90)}, p99 {Show.Time(q.P99)}, p99.9 {Show.Time(q.P999)}, max {Show.Time(q.Max)}";
    }

    public static void Write(IAnsiConsole console, IReadOnlyList<Compared> figures)
    {
        var table = new Table().Border(TableBorder.None).AddColumn("figure")
            .AddColumn(new TableColumn("first").RightAligned()).AddColumn(new TableColumn("second").RightAligned())
            .AddColumn(new TableColumn("ratio").RightAligned()).AddColumn("");
        foreach (var figure in figures)
        {
            table.AddRow(
                Markup.Escape(figure.Name), Number(figure.First), Number(figure.Second),
                double.IsNaN(figure.Ratio) ? "" : figure.Ratio.ToString("0.00", CultureInfo.InvariantCulture),
                !figure.Changed ? "within noise" : figure.Better ? "[green]better[/]" : "[red]worse[/]");
        }

        console.Write(table);

        static string Number(double value) => value.ToString(Math.Abs(value) < 10 ? "0.###" : "N0", CultureInfo.InvariantCulture);
    }
}
