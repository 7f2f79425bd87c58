using System.Globalization;
using System.Net;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HealthGrains.Campaigns.Breaking;

/// <summary>The rounds of one campaign: each is printed as one line of JSON when it ends, and all are written as lines and as one
/// page that needs no network where that is asked for.</summary>
internal sealed class RoundBook(string campaign, int seed)
{
    public const string Pass = "pass";
    public const string Fail = "FAIL";

    /// <summary>The fault did not take place, or there was no load beside it. Not a pass.</summary>
    public const string Void = "void";

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly List<JsonObject> _rounds = [];

    public int Rounds => _rounds.Count;

    public int Passed => Count(Pass);

    public int Failed => Count(Fail);

    public int Voids => Count(Void);

    private static string Machine =>
        $"{Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, .NET {Environment.Version}, "
        + $"commit {typeof(RoundBook).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}";

    /// <param name="problem">What was wrong, or null.</param>
    /// <param name="isVoid">The round proves nothing.</param>
    /// <param name="figures">An object whose properties become columns.</param>
    public void Add(string? problem, bool isVoid, object figures)
    {
        var round = new JsonObject
        {
            ["campaign"] = campaign,
            ["number"] = _rounds.Count + 1,
            ["verdict"] = problem is not null ? Fail : isVoid ? Void : Pass,
        };
        foreach (var (name, value) in JsonSerializer.SerializeToNode(figures, Json)!.AsObject()) // ! an object was given
            round[name] = value?.DeepClone();
        round["problem"] = problem;
        _rounds.Add(round);
        Console.WriteLine(round.ToJsonString());
    }

    /// <returns>0 clean, 1 a round failed, 3 too much of it was void to say anything.</returns>
    public int ExitCode => Failed > 0 ? 1 : Passed == 0 || Voids * 4 > Rounds ? 3 : 0;

    /// <summary>Lines and page, in a directory that is made if need be.</summary>
    public async Task WriteAsync(string directory, string headline)
    {
        Directory.CreateDirectory(directory);
        var name = string.Create(CultureInfo.InvariantCulture, $"{campaign}-seed-{seed}");
        var head = new JsonObject
        {
            ["campaign"] = campaign, ["seed"] = seed, ["exit"] = ExitCode, ["machine"] = Machine, ["headline"] = headline,
        };
        await File.WriteAllLinesAsync(
            Path.Combine(directory, name + ".jsonl"), [head.ToJsonString(), .. _rounds.Select(round => round.ToJsonString())]);
        await File.WriteAllTextAsync(Path.Combine(directory, name + ".html"), Page(name, headline));
        Console.WriteLine($"written: {Path.Combine(directory, name)}.jsonl and .html");
    }

    private string Page(string name, string headline)
    {
        List<string> columns = [.. _rounds.SelectMany(round => round.Select(field => field.Key)).Where(key => key != "campaign").Distinct()];
        var page = new StringBuilder("<!doctype html><meta charset=utf-8><title>").Append(WebUtility.HtmlEncode(name))
            .Append("</title><style>body{font:14px sans-serif;margin:2em}td,th{padding:.2em .6em;text-align:left;vertical-align:top;")
            .Append("border-bottom:1px solid #ccc}.FAIL{background:#fcc}.void{background:#ffc}</style><h1>")
            .Append(WebUtility.HtmlEncode($"{campaign}: {ExitCode switch { 0 => "clean", 3 => "void", _ => "BROKEN" }}"))
            .Append("</h1><p>").Append(WebUtility.HtmlEncode(headline)).Append("<p>")
            .Append(WebUtility.HtmlEncode($"seed {seed}; {Machine}")).Append("<table><tr>");
        foreach (var column in columns)
            page.Append("<th>").Append(WebUtility.HtmlEncode(column.Replace('_', ' ')));
        foreach (var round in _rounds)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr class={round["verdict"]}>");
            foreach (var column in columns)
                page.Append("<td>").Append(WebUtility.HtmlEncode(round[column]?.ToString() ?? ""));
        }

        return page.Append("</table>\n").ToString();
    }

    private int Count(string verdict) => _rounds.Count(round => (string?)round["verdict"] == verdict);
}
