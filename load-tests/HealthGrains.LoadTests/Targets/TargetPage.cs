using System.Globalization;
using System.Net;
using System.Text;
using HealthGrains.LoadTests.Reporting;

namespace HealthGrains.LoadTests.Targets;

/// <summary>The table as one page that needs nothing beside it.</summary>
internal static class TargetPage
{
    private const int Width = 860;
    private const int BarHeight = 18;
    private const int Left = 190;

    private static readonly string[] s_colours = ["#8250df", "#1f6feb", "#d4730b", "#cf222e", "#57606a"];

    private const string Style = """
        body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:1180px;padding:0 1rem;color:#1f2328;background:#fff}
        h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
        table{border-collapse:collapse;width:100%}td,th{padding:.3rem .6rem;border-bottom:1px solid #d0d7de;text-align:left;vertical-align:top}
        td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        .yes{color:#1a7f37;font-weight:600}.no{color:#cf222e;font-weight:600}
        .warn{padding:.7rem 1rem;border-left:6px solid #d4730b;background:#fff4e8;font-weight:600}
        .bad{padding:.7rem 1rem;border-left:6px solid #cf222e;background:#ffebe9;color:#82071e;font-weight:600}
        svg{width:100%;height:auto}svg text{font-size:12px;fill:#1f2328}.key span{margin-right:1.2rem}
        .key i{display:inline-block;width:.8em;height:.8em;margin-right:.4em}.key,.small{color:#57606a}code{font-size:.9em;word-break:break-all}
        .scroll{overflow-x:auto}
        """;

    public static string Of(TargetTable table)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>Targets</title><style>{Style}</style>");
        var withTarget = table.Lines.Where(line => line.HasTarget).ToList();
        html.Append(CultureInfo.InvariantCulture, $"<h1>Targets: {withTarget.Count(line => line.IsMet)} of {withTarget.Count} met</h1><p>{table.At:u}, median of the runs of each line; ceilings are measured before each run on the same server.</p>");
        if (table.Scale < 1)
            html.Append(CultureInfo.InvariantCulture, $"<p class=warn>At a scale of {table.Scale}: these figures show that the program works, and nothing else.</p>");
        if (table.Lines.Sum(line => line.Missing) is var missing and > 0)
            html.Append(CultureInfo.InvariantCulture, $"<p class=bad>{missing} acknowledged documents were not found as they should be: believe no figure of this page.</p>");

        Rows(html, ["figure", "target", "runs", "median", "met", "empty calls/s", "of it", "database alone, rows/s", "of it"], table.Lines.Select(TargetText.Cells), 5);
        var costs = table.Lines.Where(line => line.Cpu.Count > 0).ToList();
        if (costs.Count > 0)
        {
            html.Append("<h2>Processor time for each document</h2><p>Microseconds of user and system by program. On two processors a rate of 20,000/s leaves 100 for all programs together.</p>");
            Bars(html, costs);
            Rows(html, ["line", "all", .. TargetText.Roles, "server allocates"], costs.Select(TargetText.CostCells), 1);
        }

        html.Append("<h2>Runs</h2>");
        Rows(html, ["line", "run", "value", "acknowledged", "looked for and found once", "not", "collections of generations 0, 1, 2", "note"], table.Lines.SelectMany(line => line.Runs.Select((run, at) => (IReadOnlyList<string>)
        [
            line.Name, (at + 1).ToString(CultureInfo.InvariantCulture), $"{TargetText.Number(run.Value)} {line.Unit}",
            run.Acknowledged > 0 ? Show.Count(run.Acknowledged) : "", run.Acknowledged > 0 ? Show.Count(run.Checked) : "", run.Acknowledged > 0 ? Show.Count(run.Missing) : "",
            run.Collections is { } collections ? string.Join(", ", collections.Select(TargetText.Number)) : "", run.Note ?? "",
        ])), 1);
        var m = table.Machine;
        html.Append("<h2>Where and of what</h2>");
        Rows(html, ["", ""],
        [
            ["machine", $"{m.Host}: {m.Processors} × {m.Processor}, {Show.Size(m.MemoryBytes)}"], ["system, runtime", $"{m.System}; {m.Runtime}"],
            ["commit of the working directory", m.Commit], ["command", m.CommandLine],
        ], 9);
        return html.Append("</html>\n").ToString();
    }

    // The first columns are text; from the given one on they are numbers, but for the last of a table with notes.
    private static void Rows(StringBuilder html, IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows, int numbersFrom)
    {
        string Class(int column) => column >= numbersFrom && head[column] != "note" ? " class=n" : "";
        html.Append("<div class=scroll><table>");
        if (head.Any(name => name.Length > 0))
            html.Append("<tr>").AppendJoin("", head.Select((name, column) => $"<th{Class(column)}>{Text(name)}</th>")).Append("</tr>");
        foreach (var row in rows)
        {
            html.Append("<tr>").AppendJoin("", row.Select((cell, column) => cell is "yes" or "no" && head[column] == "met"
                ? $"<td class={cell}>{cell}</td>" : $"<td{Class(column)}>{Text(cell)}</td>")).Append("</tr>");
        }

        html.Append("</table></div>");
    }

    private static void Bars(StringBuilder html, IReadOnlyList<TargetLine> lines)
    {
        var most = Math.Max(1, lines.Max(line => line.Cpu.Values.Sum()));
        var height = (lines.Count * (BarHeight + 6)) + 4;
        html.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {height}\" role=img aria-label=\"Processor time by program\">");
        for (var row = 0; row < lines.Count; row++)
        {
            var y = (row * (BarHeight + 6)) + 2;
            html.Append(CultureInfo.InvariantCulture, $"<text x={Left - 8} y={y + 13} text-anchor=end>{Text(lines[row].Name)}</text>");
            double x = Left;
            foreach (var (role, index) in TargetText.Roles.Select((role, index) => (role, index)))
            {
                var width = lines[row].Cpu.GetValueOrDefault(role) / most * (Width - Left - 60);
                html.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x:0.#}\" y={y} width=\"{width:0.#}\" height={BarHeight} fill=\"{s_colours[index]}\"><title>{Text(role)}</title></rect>");
                x += width;
            }

            html.Append(CultureInfo.InvariantCulture, $"<text x=\"{x + 6:0.#}\" y={y + 13}>{TargetText.Number(lines[row].Cpu.Values.Sum())}</text>");
        }

        html.Append("</svg><p class=key>");
        foreach (var (role, index) in TargetText.Roles.Select((role, index) => (role, index)))
            html.Append(CultureInfo.InvariantCulture, $"<span><i style=\"background:{s_colours[index]}\"></i>{Text(role)}</span>");
        html.Append("</p>");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
