using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using HealthGrains.Campaigns.Shared;

namespace HealthGrains.Campaigns.Cluster;

/// <summary>The rounds as JSON lines and as one page that needs no network.</summary>
internal static class ClusterPage
{
    private static readonly string[] Columns =
    [
        "round", "fault", "acknowledged", "sent again", "declared dead after, s", "patient away p99, s", "max, s",
        "told p50, ms", "p99, ms", "max, ms", "read back", "lost", "altered", "doubled", "phantom", "untold", "mistold",
        "fenced commits", "late commits", "verdict",
    ];

    public static async Task WriteAsync(string directory, ClusterOptions options, IReadOnlyList<ClusterRound> rounds, int exit)
    {
        Directory.CreateDirectory(directory);
        var name = string.Create(CultureInfo.InvariantCulture, $"cluster-{options.Silos}-silos-seed-{options.Seed}");
        var machine = $"{Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, .NET {Environment.Version}";
        var lines = rounds.Select(round => JsonSerializer.Serialize(round, SharedCampaign.Json));
        var head = JsonSerializer.Serialize(new { campaign = "cluster", options.Seed, options.Silos, exit, machine }, SharedCampaign.Json);
        await File.WriteAllLinesAsync(Path.Combine(directory, name + ".jsonl"), [head, .. lines]);

        var page = new StringBuilder("<!doctype html><meta charset=utf-8><title>")
            .Append(WebUtility.HtmlEncode(name)).Append("</title><style>body{font:14px sans-serif;margin:2em}td,th{padding:.2em .6em;")
            .Append("text-align:right;border-bottom:1px solid #ccc}.FAIL{background:#fcc}.void{background:#ffc}</style><h1>")
            .Append(WebUtility.HtmlEncode($"cluster: {(exit == 0 ? "nothing was lost" : exit == 3 ? "void" : "BROKEN")}"))
            .Append("</h1><p>").Append(WebUtility.HtmlEncode($"{options.Silos} silos, seed {options.Seed}; {machine}"))
            .Append("</p><table><tr>").AppendJoin("", Columns.Select(column => $"<th>{column}"));
        foreach (var round in rounds)
        {
            var found = round.Findings;
            object[] cells =
            [
                round.Number, WebUtility.HtmlEncode(round.Fault), round.Acknowledged, round.Repeated, round.NoticedSeconds,
                round.AwayP99Seconds, round.AwayMaxSeconds, round.ToldP50Ms, round.ToldP99Ms, round.ToldMaxMs,
                found.Read, found.Lost, found.Altered, found.Doubled, found.Phantom, found.Untold, found.Mistold,
                round.FencedCommits, round.LateCommits, round.Verdict,
            ];
            page.Append(CultureInfo.InvariantCulture, $"<tr class={round.Verdict}>")
                .AppendJoin("", cells.Select(cell => string.Create(CultureInfo.InvariantCulture, $"<td>{cell}")));
        }

        await File.WriteAllTextAsync(Path.Combine(directory, name + ".html"), page.Append("</table>\n").ToString());
        Console.WriteLine($"written: {Path.Combine(directory, name)}.jsonl and .html");
    }
}
