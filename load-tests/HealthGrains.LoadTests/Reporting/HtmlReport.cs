using System.Globalization;
using System.Net;
using System.Text;
using HealthGrains.LoadTests.Correctness;
using HealthGrains.LoadTests.Measuring;

namespace HealthGrains.LoadTests.Reporting;

/// <summary>One page that needs nothing beside it: it can be mailed.</summary>
internal static class HtmlReport
{
    private const string Blue = "#1f6feb";
    private const string Green = "#2da44e";
    private const string Orange = "#d4730b";
    private const string Purple = "#8250df";
    private const string Red = "#cf222e";

    private const string Style = """
        body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:900px;padding:0 1rem;color:#1f2328;background:#fff}
        h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
        .good,.bad{padding:.7rem 1rem;border-left:6px solid;font-weight:600}
        .good{border-color:#2da44e;background:#eaf7ee}.bad{border-color:#cf222e;background:#ffebe9;color:#82071e}
        table{border-collapse:collapse;width:100%}td,th{padding:.25rem .6rem;border-bottom:1px solid #d0d7de;text-align:left;vertical-align:top}
        td.n{text-align:right;font-variant-numeric:tabular-nums}tr.bad td{color:#82071e;font-weight:600}
        figure{margin:1.4rem 0}figcaption{font-weight:600}svg{width:100%;height:auto}
        svg path{fill:none;stroke-width:1.6}svg .g{stroke:#eaeef2}svg .b{stroke:#57606a;stroke-dasharray:5 4}
        svg text{font-size:11px;fill:#57606a}svg .y{text-anchor:end}svg .x{text-anchor:middle}
        .key span{margin-right:1.2rem}.key i{display:inline-block;width:.8em;height:.8em;margin-right:.4em}
        .key,.none{color:#57606a;margin:.2rem 0}code{font-size:.9em;word-break:break-all}
        """;

    public static string Of(RunResult run)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture,
            $"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>Load test: {Text(run.Scenario)}</title><style>{Style}</style>");
        html.Append(CultureInfo.InvariantCulture, $"<h1>Load test: {Text(run.Scenario)}</h1><p>{run.At:u}</p>");
        Verdict(html, run);
        Figures(html, run);
        Plots(html, run);
        Promises(html, run);
        Place(html, run);
        return html.Append("</html>\n").ToString();
    }

    private static void Verdict(StringBuilder html, RunResult run)
    {
        if (run.IsGood)
        {
            html.Append("<p class=good>Good: no promise was broken and no threshold missed.</p>");
            return;
        }

        html.Append("<div class=bad>");
        if (run.Findings.Violations > 0)
            html.Append(CultureInfo.InvariantCulture, $"<p>BROKEN: {run.Findings.Violations} violations of the promises.</p>");
        foreach (var missed in run.Missed)
            html.Append(CultureInfo.InvariantCulture, $"<p>MISSED: {Text(missed)}.</p>");
        if (run.Planted != Plant.None)
            html.Append("<p>A defect was planted into the ledger of this run: red is what it must be.</p>");
        html.Append("</div>");
    }

    private static void Figures(StringBuilder html, RunResult run)
    {
        html.Append("<h2>Figures</h2><table>");
        Row("calls answered", $"{Show.Count(run.Rate)}/s");
        Row("documents acknowledged", $"{Show.Count(run.Acknowledged)}, {Show.Count(run.SubmitRate)}/s");
        Row("model", run.IntendedRate is { } rate ? $"open, {Show.Count(rate)}/s intended" : "closed: as fast as the server takes");
        Row("ceiling of the same run: empty calls", $"{Show.Count(run.EmptyCallsPerSecond)}/s; the rate is {Show.Percent(run.Rate / run.EmptyCallsPerSecond)} of it");
        if (run.SqliteRowsPerSecond is { } rows)
            Row("ceiling of the same run: SQLite rows, 256 a commit", $"{Show.Count(rows)}/s; the rate of documents is {Show.Percent(run.SubmitRate / rows)} of it");
        foreach (var (name, q) in run.Latency)
            Row($"{name}, from the intended start", Line(q));
        if (run.Notification.Count > 0)
            Row("submission to notification", $"{Line(run.Notification)}; {Show.Count(run.Notification.Count)} in all");
        Row("failed, not made (overflow)", $"{Show.Count(run.Failed)}, {Show.Count(run.Overflow)}");
        foreach (var (code, count) in run.Failures)
            Row($"· {code}", Show.Count(count));
        Row("watchers, reconnections", $"{Show.Count(run.Watchers)}, {Show.Count(run.Reconnects)}");
        if (run.Month is { } month)
        {
            Row("a month of documents", $"{Show.Count(month.Documents)} in {month.Hours.ToString("0.0", CultureInfo.InvariantCulture)} h at this rate");
            if (month is { SmallRate: { } smallRate, SmallHours: { } smallHours })
                Row("the same with contents of 1 KiB", $"{smallHours.ToString("0.0", CultureInfo.InvariantCulture)} h, at {Show.Count(smallRate)}/s right after the mix");
            Row("content of a document", Show.Size(month.ContentBytesEach));
            Row("disk for a document", month.DiskBytesEach is { } each ? Show.Size(each) : "not known: no --data");
            Row("disk for the month", month.DiskBytes is { } disk ? Show.Size(disk) : "not known: no --data");
            if (month.LogBytesEach is { } log)
                Row("write-ahead log for a document, used again", Show.Size(log));
            if (month.DiskWriteBytesPerSecond is { } raw)
            {
                Row("ceiling of the same run: this disk, 4 MiB pieces, each synced", $"{Show.Size(raw)}/s"
                    + (month.WrittenBytesPerSecond is { } written ? $"; log and data are {Show.Size(written)}/s, {Show.Percent(written / raw)} of it" : ""));
                Row("the month's disk written at that ceiling", month.DiskBytes is { } whole
                    ? $"{(whole / raw / 3600).ToString("0.0", CultureInfo.InvariantCulture)} h at the least, each byte once" : "not known: no --data");
            }
        }

        html.Append("</table>");

        void Row(string name, string value) => html.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(name)}</td><td>{Text(value)}</td></tr>");
        static string Line(Quantiles q) =>
            $"p50 {Show.Time(q.P50)}, p90 {Show.Time(q.P90)}, p99 {Show.Time(q.P99)}, p99.9 {Show.Time(q.P999)}, max {Show.Time(q.Max)}";
    }

    private static void Plots(StringBuilder html, RunResult run)
    {
        html.Append("<h2>Over time</h2>");
        var rate = new Plot("Calls a second", value => Show.Count(value));
        rate.Add(Of("started", Purple, run.Timeline, second => second.Started));
        rate.Add(Of("answered", Blue, run.Timeline, second => second.Completed));
        rate.Add(Of("failed", Red, run.Timeline, second => second.Failed) with { Marks = true });
        rate.Add(Of("overflow", Orange, run.Timeline, second => second.Overflow) with { Marks = true });
        html.Append(rate.ToSvg());
        html.Append(Latencies("Latency from the intended start; failures in red", run.Timeline, run.Timeline).ToSvg());

        var histogram = new Plot("Latencies of submissions", value => Show.Count(value)) { IsHistogram = true, XUnit = Show.Time };
        histogram.Add(new Series("calls", Blue, [.. run.SubmitHistogram.Select(bucket => ((double)bucket.UpTo, (double?)bucket.Count))]));
        html.Append(histogram.ToSvg());
        html.Append(Latencies("Submission to notification, by second of arrival", run.NotificationTimeline, []).ToSvg());

        var processor = new Plot("Processors in use", value => value.ToString("0.00", CultureInfo.InvariantCulture));
        processor.Add(Sampled("load tester", Purple, run.Samples, sample => sample.ToolCpu));
        processor.Add(Sampled("server", Green, run.Samples, sample => sample.ServerCpu));
        processor.AddBorder(run.Machine.Processors, "all of this machine");
        html.Append(processor.ToSvg());

        var memory = new Plot("Memory", Show.Size);
        memory.Add(Sampled("load tester", Purple, run.Samples, sample => sample.ToolBytes));
        memory.Add(Sampled("server", Green, run.Samples, sample => sample.ServerBytes));
        html.Append(memory.ToSvg());
        if (run.Samples.Any(sample => sample.DataBytes is not null))
        {
            var data = new Plot("Size of the data directory", Show.Size);
            data.Add(Sampled("files", Orange, run.Samples, sample => sample.DataBytes));
            html.Append(data.ToSvg());
        }
    }

    private static Plot Latencies(string title, IReadOnlyList<Second> seconds, IReadOnlyList<Second> failures)
    {
        var plot = new Plot(title, Show.Time) { IsLogarithmic = true };
        plot.Add(Of("p50", Blue, seconds, second => Known(second, second.P50)));
        plot.Add(Of("p90", Green, seconds, second => Known(second, second.P90)));
        plot.Add(Of("p99", Orange, seconds, second => Known(second, second.P99)));
        plot.Add(Of("p99.9", Purple, seconds, second => Known(second, second.P999)));
        plot.Add(Of("max", "#57606a", seconds, second => Known(second, second.Max)));
        if (failures.Any(second => second.Failed + second.Overflow > 0))
        {
            plot.Add(Of("seconds with failures", Red, failures, second =>
                second.Failed + second.Overflow > 0 ? Math.Max(1, second.Max) : null) with { Marks = true });
        }

        return plot;

        static double? Known(Second second, long value) => second.Completed > 0 ? value : null;
    }

    private static void Promises(StringBuilder html, RunResult run)
    {
        var f = run.Findings;
        html.Append("<h2>Promises</h2><table>");
        foreach (var (name, count) in new[]
        {
            ("acknowledged and lost", f.Lost), ("altered", f.Altered), ("doubled", f.Doubled),
            ("there, and never sent or refused", f.Phantom), ("entitled and not told", f.Untold), ("told more than once", f.ToldTwice),
            ("gaps in a sequence", f.Gaps), ("told out of the record's order", f.OutOfOrder),
            ("consent not kept", f.ConsentBroken),
        })
        {
            html.Append(CultureInfo.InvariantCulture,
                $"<tr{(count > 0 ? " class=bad" : "")}><td>{name}</td><td class=n>{Show.Count(count)}</td></tr>");
        }

        html.Append("</table>");
        html.Append(CultureInfo.InvariantCulture,
            $"<p>Of {Show.Count(run.Acknowledged)} acknowledged documents {Show.Count(f.Indexed)} were found in the index and {Show.Count(f.ReadBack)} read back byte for byte; {Show.Count(f.Proven)} notifications arrived exactly once; {Show.Count(f.Unsettled)} outcomes stayed unknown.</p>");
        if (f.Examples.Count > 0)
            html.Append("<ul>").AppendJoin("", f.Examples.Select(example => $"<li>{Text(example)}</li>")).Append("</ul>");
    }

    private static void Place(StringBuilder html, RunResult run)
    {
        var m = run.Machine;
        html.Append("<h2>Where and of what</h2><table>");
        foreach (var (name, value) in new[]
        {
            ("commit of the working directory", m.Commit), ("command", m.CommandLine), ("server", run.Server),
            ("machine of the load tester", $"{m.Host}: {m.Processors} × {m.Processor}, {Show.Size(m.MemoryBytes)}"),
            ("system, runtime", $"{m.System}; {m.Runtime}"),
            ("seed", run.Seed.ToString(CultureInfo.InvariantCulture)),
            ("length, of it the ramp", string.Create(CultureInfo.InvariantCulture, $"{run.Seconds:0.0} s, {run.RampSeconds:0.0} s (not in the figures)")),
            ("content of a document", Show.Size(run.ContentBytes)),
        })
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{name}</td><td><code>{Text(value)}</code></td></tr>");
        }

        html.Append("</table>");
    }

    private static Series Of(string name, string colour, IReadOnlyList<Second> seconds, Func<Second, double?> value) =>
        new(name, colour, [.. seconds.Select(second => ((double)second.At, value(second)))]);

    private static Series Sampled(string name, string colour, IReadOnlyList<Sample> samples, Func<Sample, double?> value) =>
        new(name, colour, [.. samples.Select(sample => ((double)sample.At, value(sample)))]);

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
