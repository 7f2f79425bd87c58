using System.Globalization;
using System.Text;
using Spectre.Console;

namespace HealthGrains.Host.CommandLine;

/// <summary>Tables for people: with colours on a terminal, plain elsewhere.</summary>
internal static class CliTable
{
    private const int PlainWidth = 120;

    public static Table Create(params string[] heads)
    {
        var table = new Table { Border = TableBorder.Simple, ShowHeaders = heads.Any(h => h.Length > 0) };
        foreach (var head in heads) table.AddColumn(new TableColumn(Markup.Escape(head)));
        return table;
    }

    public static async ValueTask WriteAsync(CliConsole console, Table table)
    {
        var text = new StringWriter(new StringBuilder(), CultureInfo.InvariantCulture);
        var ansi = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = console.OutputIsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = console.OutputIsTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
        });
        if (!console.OutputIsTerminal) ansi.Profile.Width = PlainWidth;
        ansi.Write(table);
        foreach (var line in text.ToString().Split('\n'))
            if (line.Trim().Length > 0)
                await console.WriteLineAsync(line.TrimEnd());
    }
}
