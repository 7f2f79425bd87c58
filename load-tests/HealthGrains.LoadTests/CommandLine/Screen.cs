using Spectre.Console;

namespace HealthGrains.LoadTests.CommandLine;

/// <summary>Where results go: colours only on a terminal, and lines that no file breaks.</summary>
internal static class Screen
{
    private const int FileColumns = 200;

    public static IAnsiConsole Open()
    {
        var redirected = Console.IsOutputRedirected;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = redirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
        if (redirected)
            console.Profile.Width = FileColumns;
        return console;
    }
}
