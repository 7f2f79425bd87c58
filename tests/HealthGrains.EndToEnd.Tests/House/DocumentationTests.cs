using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using HealthGrains.Domain.Refusals;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.House;

/// <summary>What the pages say of the repository is so: links and paths lead somewhere, tables agree with the code.</summary>
public sealed partial class DocumentationTests
{
    public static TheoryData<string> AllPages => [.. Pages.All];

    [Theory]
    [MemberData(nameof(AllPages))]
    public void Links_and_paths_lead_somewhere(string page)
    {
        var text = Pages.Read(page);
        var folder = Path.GetDirectoryName(page) ?? "";
        var lost = Pages.Links(text).Where(link => !Pages.Exists(Path.Combine(folder, link)))
            .Concat(Pages.Mentions(text).Where(path => !Pages.Exists(path) && !Pages.Exists(Path.Combine(folder, path))))
            .Distinct();
        Assert.Empty(lost);
    }

    /// <summary>A page speaks of the repository alone: no directory of somebody's machine, no host that packages come from.</summary>
    [Theory]
    [MemberData(nameof(AllPages))]
    public void Page_names_no_machine_and_no_registry(string page) =>
        Assert.Empty(Foreign().Matches(Pages.Read(page)).Select(match => match.Value));

    [Fact]
    public void Every_page_can_be_found()
    {
        // From the first page, by links alone.
        var found = new HashSet<string>(StringComparer.Ordinal) { "README.md" };
        var open = new Queue<string>(found);
        while (open.TryDequeue(out var page))
        {
            var folder = Path.GetDirectoryName(page) ?? "";
            foreach (var link in Pages.Links(Pages.Read(page)))
            {
                var target = Path.GetRelativePath(Pages.Root, Path.GetFullPath(Path.Combine(Pages.Root, folder, link)));
                if (target.EndsWith(".md", StringComparison.Ordinal) && Pages.Exists(target) && found.Add(target))
                    open.Enqueue(target);
            }
        }

        Assert.Empty(Pages.All.Where(page => page.StartsWith("docs/", StringComparison.Ordinal)).Except(found));
    }

    [Fact]
    public void The_first_page_shows_the_example_as_it_is() =>
        Assert.Contains(Pages.Read("docs/examples/submit-and-watch.mjs").Trim(), Pages.Read("README.md"), StringComparison.Ordinal);

    [Fact]
    public void The_page_of_refusals_has_every_code_with_its_number_and_status()
    {
        var rows = Pages.Rows(Pages.Read("docs/refusals.md"))
            .Where(row => RefusalVocabulary.TryFind(row[0].Trim('`'), out _))
            .Select(row => (row[0].Trim('`'), row[1], row[2]));
        var codes = RefusalVocabulary.Terms.Select(term => (
            term.Name,
            ((int)term.Code).ToString(CultureInfo.InvariantCulture),
            UpperSnake().Replace(global::HealthGrains.Services.RefusalStatus.CodeOf(term.Code).ToString(), "_").ToUpperInvariant()));
        Assert.Equal(codes, rows);
    }

    /// <summary>Headings of the page name a type of limits, and the rows below it its members with their values.</summary>
    [Fact]
    public void The_page_of_limits_says_what_the_code_says()
    {
        var wrong = new List<string>();
        Type? type = null;
        foreach (var line in Pages.Read("docs/limits.md").Split('\n'))
        {
            if (line.StartsWith("## `HealthGrains.", StringComparison.Ordinal))
                type = TypeOf(line["## ".Length..].Trim('`', ' '));
            if (type is null || Pages.Rows(line).SingleOrDefault() is not { } row || !row[0].StartsWith('`'))
                continue;
            var name = row[0].Trim('`');
            var value = type.GetField(name, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)?.GetValue(null);
            if (value is null)
                wrong.Add($"{type.Name} has no {name}.");
            else if (!Spellings(value).Contains(row[1]))
                wrong.Add($"{type.Name}.{name} is {string.Join(" or ", Spellings(value))}, not {row[1]}.");
        }

        Assert.NotNull(type);
        Assert.Empty(wrong);
    }

    private static Type TypeOf(string name)
    {
        var assembly = string.Join('.', name.Split('.').Take(2));
        assembly = assembly == "HealthGrains.Host" ? "healthgrains" : assembly;
        return Assembly.Load(assembly).GetType(name, throwOnError: true) ?? throw new InvalidOperationException(name);
    }

    private static IEnumerable<string> Spellings(object value)
    {
        if (value is TimeSpan span)
        {
            yield return Number(span.TotalMilliseconds, "ms");
            yield return Number(span.TotalSeconds, "s");
            yield return Number(span.TotalMinutes, "min");
            yield return Number(span.TotalHours, "h");
            yield return Number(span.TotalDays, "d");
            yield break;
        }

        var number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
        yield return Number(number, "").Trim();
        yield return Number(number / 1024, "KiB");
        yield return Number(number / (1024 * 1024), "MiB");
    }

    private static string Number(double number, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:#,0.###} {unit}");

    [GeneratedRegex(
        @"(?<![\w.-])/(work|tmp|home|root|mnt|Users)\b|nuget\.org|npmjs|pypi\.org|docker\.io|ghcr\.io|artifactory|pkgs\.dev",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Foreign();

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])", RegexOptions.None, 1000)]
    private static partial Regex UpperSnake();
}
