using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace HealthGrains.Orleans.Tests;

/// <summary>The page of the cluster says the limits that the code has, all of them.</summary>
public sealed partial class Limits_page
{
    [Fact]
    public void It_says_what_the_code_says()
    {
        var page = File.ReadAllText(Path.Combine(Top(), "docs", "cluster.md"));
        var said = Rows().Matches(page).ToDictionary(row => row.Groups["name"].Value, row => row.Groups["value"].Value);
        var meant = typeof(OrleansLimits).GetFields(BindingFlags.Static | BindingFlags.Public)
            .ToDictionary(field => field.Name, field => Spelling(field.GetValue(null)));
        Assert.Equal(meant.OrderBy(one => one.Key), said.Where(one => meant.ContainsKey(one.Key)).OrderBy(one => one.Key));
    }

    private static string Spelling(object? value) => value switch
    {
        TimeSpan { TotalSeconds: < 1 } span => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds} ms"),
        TimeSpan { TotalMinutes: < 1 } span => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds} s"),
        TimeSpan span => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes} min"),
        int number => number.ToString("#,0", CultureInfo.InvariantCulture),
        _ => throw new ArgumentOutOfRangeException(nameof(value)),
    };

    private static string Top()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "HealthGrains.sln")))
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("The solution was not found.");
        return directory;
    }

    [GeneratedRegex(@"^\| `(?<name>\w+)` \| (?<value>[^|]+?) \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Rows();
}
