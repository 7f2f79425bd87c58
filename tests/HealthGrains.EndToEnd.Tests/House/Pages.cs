using System.Text.RegularExpressions;

namespace HealthGrains.EndToEnd.Tests.House;

/// <summary>The pages of this repository: <c>README.md</c> at the top, everything under <c>docs</c>, and the page of each folder
/// that has one.</summary>
internal static partial class Pages
{
    /// <summary>The top of the repository.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Paths from <see cref="Root"/>, with slashes, in order.</summary>
    public static IReadOnlyList<string> All { get; } = [.. new[] { "README.md" }
        .Concat(new[] { "docs", "deploy", "load-tests", "src", "tests" }
            .Where(folder => Directory.Exists(Path.Combine(Root, folder)))
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.md", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/')))
        .Where(file => !IsMadeByTools(file))
        .Order(StringComparer.Ordinal)];

    public static string Read(string page) => File.ReadAllText(Path.Combine(Root, page));

    /// <summary>Targets of links that lead into the repository, without the part after <c>#</c>.</summary>
    public static IEnumerable<string> Links(string text) => LinkTarget().Matches(WithoutBlocks(text))
        .Select(match => match.Groups["target"].Value)
        .Where(target => !target.Contains(':', StringComparison.Ordinal) && !target.StartsWith('#'))
        .Select(target => target.Split('#')[0]);

    /// <summary>Paths from the top that a page mentions in its words or commands.</summary>
    public static IEnumerable<string> Mentions(string text) => Mention().Matches(text)
        .Select(match => match.Value.TrimEnd('.', '/'))
        .Where(path => !IsMadeByTools(path));

    /// <summary>Whether a file or folder of this name is there; a star stands for a part of a name.</summary>
    public static bool Exists(string path)
    {
        var full = Path.Combine(Root, path);
        if (!path.Contains('*', StringComparison.Ordinal))
            return File.Exists(full) || Directory.Exists(full);
        var folder = Path.GetDirectoryName(full) ?? Root;
        return Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder, Path.GetFileName(full)).Any();
    }

    /// <summary>Cells of the rows of tables, without the spaces around them.</summary>
    public static IEnumerable<string[]> Rows(string text) => text.Split('\n')
        .Where(line => line.StartsWith('|'))
        .Select(line => line.Trim().Trim('|').Split('|').Select(cell => cell.Trim()).ToArray());

    // Code in a block is not a link, whatever brackets it has.
    private static string WithoutBlocks(string text) => Block().Replace(text, "");

    private static bool IsMadeByTools(string path) => Made().IsMatch(path);

    private static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "HealthGrains.sln")))
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("The solution was not found.");
        return directory;
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.None, 1000)]
    private static partial Regex LinkTarget();

    [GeneratedRegex(@"(?<![\w./$-])(src|docs|tests|protos|deploy|load-tests|\.ci)/[\w./*-]*[\w*]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Mention();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline, 1000)]
    private static partial Regex Block();

    [GeneratedRegex("(^|/)(bin|obj|node_modules|TestResults)(/|$)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Made();
}
