using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace HealthGrains.Campaigns.Shared;

/// <summary>The rounds as JSON lines and as one page that needs no network.</summary>
internal static class SharedPage
{
    public static async Task WriteAsync(string directory, SharedOptions options, IReadOnlyList<SharedRound> rounds, int exit)
    {
        Directory.CreateDirectory(directory);
        var name = string.Create(
            CultureInfo.InvariantCulture, $"{options.Name}-{options.Hosts}-hosts-seed-{options.Seed}");
        var machine = $"{Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, .NET {Environment.Version}";
        var lines = rounds.Select(round => JsonSerializer.Serialize(round, SharedCampaign.Json));
        var head = JsonSerializer.Serialize(
            new { campaign = options.Name, options.Seed, options.Hosts, exit, machine }, SharedCampaign.Json);
        await File.WriteAllLinesAsync(Path.Combine(directory, name + ".jsonl"), [head, .. lines]);

        var page = new StringBuilder("<!doctype html><meta charset=utf-8><title>")
            .Append(WebUtility.HtmlEncode(name)).Append("</title><style>body{font:14px sans-serif;margin:2em}td,th{padding:.2em .6em;")
            .Append("text-align:right;border-bottom:1px solid #ccc}.FAIL{background:#fcc}.void{background:#ffc}</style><h1>")
            .Append(WebUtility.HtmlEncode($"{options.Name}: {(exit == 0 ? "nothing was lost" : exit == 3 ? "void" : "BROKEN")}"))
            .Append("</h1><p>").Append(WebUtility.HtmlEncode($"{options.Hosts} hosts, seed {options.Seed}; {machine}"))
            .Append("</p><table><tr><th>round<th>fault<th>acknowledged<th>unknown, settled<th>takeover or fault, s<th>first answer, s<th>")
            .Append("told p50, ms<th>p99, ms<th>read back<th>lost<th>altered<th>doubled<th>phantom<th>untold<th>mistold<th>moves by others<th>verdict");
        foreach (var round in rounds)
        {
            var found = round.Findings;
            page.Append(CultureInfo.InvariantCulture, $"<tr class={round.Verdict}><td>{round.Number}<td>{WebUtility.HtmlEncode(round.Fault)}<td>")
                .Append(CultureInfo.InvariantCulture, $"{round.Acknowledged}<td>{round.Unknown}<td>{round.FaultSeconds}<td>{round.WriteGapSeconds}<td>")
                .Append(CultureInfo.InvariantCulture, $"{round.ToldP50Ms}<td>{round.ToldP99Ms}<td>{found.Read}<td>{found.Lost}<td>{found.Altered}<td>")
                .Append(CultureInfo.InvariantCulture, $"{found.Doubled}<td>{found.Phantom}<td>{found.Untold}<td>{found.Mistold}<td>{round.FencedMoves}<td>")
                .Append(round.Verdict);
        }

        await File.WriteAllTextAsync(Path.Combine(directory, name + ".html"), page.Append("</table>\n").ToString());
        Console.WriteLine($"written: {Path.Combine(directory, name)}.jsonl and .html");
    }
}
