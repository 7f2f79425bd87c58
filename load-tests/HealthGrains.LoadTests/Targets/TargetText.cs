using System.Globalization;
using System.Text;
using HealthGrains.LoadTests.Reporting;

namespace HealthGrains.LoadTests.Targets;

/// <summary>The table as text, in Markdown: it can be put into a page as it is.</summary>
internal static class TargetText
{
    /// <summary>In the order of a call's way.</summary>
    private static readonly string[] s_roles =
        [ProcessorTimes.Client, ProcessorTimes.Server, ProcessorTimes.Backends, ProcessorTimes.WalWriter, ProcessorTimes.Other];

    public static string Of(TargetTable table)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Machine: {table.Machine.Processors} × {table.Machine.Processor}, {Show.Size(table.Machine.MemoryBytes)}; {table.Machine.System}; {table.Machine.Runtime}; commit {table.Machine.Commit}; {table.At:yyyy-MM-dd HH:mm} UTC\n\n");
        if (table.Scale < 1)
            text.Append(CultureInfo.InvariantCulture, $"At a scale of {table.Scale}: these figures show that the program works, and nothing else.\n\n");
        text.Append("| figure | target | runs | median | met | empty calls/s | of it | database alone, rows/s | of it |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (var line in table.Lines)
            text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", Cells(line))} |\n");

        var costs = table.Lines.Where(line => line.Cpu.Count > 0).ToList();
        if (costs.Count > 0)
        {
            text.Append("\nProcessor time for each document, microseconds of user and system; medians of the runs. On two processors a rate of 20,000/s leaves 100 for all programs together.\n\n");
            text.Append(CultureInfo.InvariantCulture, $"| line | all | {string.Join(" | ", s_roles)} | server allocates |\n| --- | --- |{string.Concat(s_roles.Select(_ => " --- |"))} --- |\n");
            foreach (var line in costs)
                text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", CostCells(line))} |\n");
        }

        text.Append("\nNotes\n\n");
        foreach (var line in table.Lines)
        {
            var looked = line.Runs.Sum(run => run.Checked);
            var acknowledged = line.Runs.Sum(run => run.Acknowledged);
            if (acknowledged > 0)
                text.Append(CultureInfo.InvariantCulture, $"- {line.Name}: {Show.Count(acknowledged)} acknowledged, {Show.Count(looked)} of them in the records that were looked at afterwards, found once; {Show.Count(line.Missing)} not\n");
            foreach (var (run, number) in line.Runs.Select((run, at) => (run, at + 1)).Where(run => run.run.Note is not null))
                text.Append(CultureInfo.InvariantCulture, $"- {line.Name}, run {number}: {run.Note}\n");
        }

        return text.ToString();
    }

    /// <summary>The cells of a line in the order of the head.</summary>
    public static IReadOnlyList<string> Cells(TargetLine line) =>
    [
        line.Title, Target(line), string.Join(" · ", line.Runs.Select(run => Number(run.Value))),
        $"{Number(line.Value)} {line.Unit}", !line.HasTarget ? "" : line.IsMet ? "yes" : "no",
        line.EmptyCalls is { } calls ? Show.Count(calls) : "", line.EmptyCalls is not null && line.Unit == "/s" && line.CeilingPart is { } part ? Show.Percent(part) : "",
        line.RawRows is { } rows ? Show.Count(rows) : "", line.RawPart is { } raw ? Show.Percent(raw) : "",
    ];

    public static IReadOnlyList<string> CostCells(TargetLine line) =>
    [
        line.Name, Number(line.Cpu.Values.Sum()), .. s_roles.Select(role => line.Cpu.TryGetValue(role, out var time) ? Number(time) : ""),
        line.AllocatedBytes is { } bytes ? Show.Size(bytes) : "",
    ];

    public static IReadOnlyList<string> Roles => s_roles;

    public static string Number(double value) => value.ToString(Math.Abs(value) switch { < 10 => "0.###", < 1000 => "0.#", _ => "N0" }, CultureInfo.InvariantCulture);

    private static string Target(TargetLine line)
    {
        var target = line.AtLeast is { } least ? $"≥ {Number(least)} {line.Unit}" : line.AtMost is { } most ? $"< {Number(most)} {line.Unit}" : "";
        return line.CeilingPartMin is { } part ? $"{target}, ≥ {part * 100:0} % of empty calls" : target;
    }
}
