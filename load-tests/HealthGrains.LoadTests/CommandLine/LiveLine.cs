using System.Globalization;
using HealthGrains.LoadTests.Measuring;
using HealthGrains.LoadTests.Reporting;

namespace HealthGrains.LoadTests.CommandLine;

/// <summary>One line a second on stderr; on a terminal it is one line with a bar that is written over.</summary>
internal sealed class LiveLine(TextWriter stderr, bool isTerminal)
{
    private const int BarChars = 20;
    private bool _open;

    public void Say(string what)
    {
        End();
        stderr.WriteLine(what);
    }

    public void Second(Second second, TimeSpan length, int outstanding, long told)
    {
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{second.At,4} s  {Show.Count(second.Completed),7}/s  p50 {Show.Time(second.P50)}  p99 {Show.Time(second.P99)}  max {Show.Time(second.Max)}  under way {outstanding}  failed {second.Failed}  overflow {second.Overflow}  told {Show.Count(told)}");
        if (!isTerminal)
        {
            stderr.WriteLine(line);
            return;
        }

        var full = (int)Math.Clamp(BarChars * (second.At + 1) / Math.Max(1, length.TotalSeconds), 0, BarChars);
        stderr.Write($"\r\u001b[K[{new string('#', full)}{new string('.', BarChars - full)}] {line}");
        _open = true;
    }

    public void End()
    {
        if (_open)
            stderr.WriteLine();
        _open = false;
    }
}
