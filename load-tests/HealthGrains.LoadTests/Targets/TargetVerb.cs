using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using HealthGrains.LoadTests.CommandLine;
using HealthGrains.LoadTests.Reporting;
using HealthGrains.Rpc;

namespace HealthGrains.LoadTests.Targets;

/// <summary><c>targets</c>: every line of the table of targets, measured on this machine by servers that it starts itself.</summary>
/// <remarks>Exit code 0 when all lines were measured and nothing was missing in the stores, whether or not a target was met; 1 when an
/// acknowledged document was not found; 2 for a wrong option or a server that does not start; 6 when a server gave up.</remarks>
internal static class TargetVerb
{
    private sealed record Step(string Name, string Group, Func<Bench, CancellationToken, Task<IReadOnlyList<TargetLine>>> RunAsync);

    // Rates of hot patients first: the stores are small then.
    private static readonly Step[] s_steps =
    [
        new("hot-postgresql", "hot", (bench, token) => RateLines.HotAsync(bench, Store.PostgreSql, many: false, token)),
        new("hot-many-postgresql", "hot", (bench, token) => RateLines.HotAsync(bench, Store.PostgreSql, many: true, token)),
        new("hot-sqlite", "hot", (bench, token) => RateLines.HotAsync(bench, Store.Sqlite, many: false, token)),
        new("hot-many-sqlite", "hot", (bench, token) => RateLines.HotAsync(bench, Store.Sqlite, many: true, token)),
        new("notification", "notification", OtherLines.NotificationAsync),
        new("cold-postgresql", "cold", (bench, token) => RateLines.ColdAsync(bench, Store.PostgreSql, token)),
        new("cold-sqlite", "cold", (bench, token) => RateLines.ColdAsync(bench, Store.Sqlite, token)),
        new("start", "start", OtherLines.StartAsync),
        new("watchers", "watchers", OtherLines.WatchersAsync),
        new("growth", "growth", RateLines.GrowthAsync),
        new("memory", "memory", OtherLines.MemoryAsync),
    ];

    private static readonly Option<string?> Only = new("--only") { Description = $"With commas, of {string.Join(", ", s_steps.Select(s => s.Group).Concat(s_steps.Select(s => s.Name)).Distinct(StringComparer.Ordinal))}" };
    private static readonly Option<string> WorkDirectory = new("--work") { Description = "On the disk to be measured; stores, prepared records and finished lines stay there for the next time. About 25 GB at --scale 1", DefaultValueFactory = _ => Path.Combine("load-results", "targets-work") };
    private static readonly Option<bool> Again = new("--again") { Description = "Measure lines again that are done" };
    private static readonly Option<double> Scale = new("--scale") { Description = "Of patients, documents, streams and durations; 1 is the target's size, 0.01 shows that it works", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> Runs = new("--runs") { Description = "Of each line", DefaultValueFactory = _ => 3 };
    private static readonly Option<string?> Program = new("--program") { Description = "Path of healthgrains.dll; by default the one that was built with this program" };
    private static readonly Option<string> Out = new("--out") { Description = "Directory for the table as text, JSON and HTML", DefaultValueFactory = _ => "load-results" };

    public static Command Create(TimeProvider time)
    {
        var command = new Command("targets", "The table of targets, with ceilings and processor time of the same run; starts its own servers") { Only, WorkDirectory, Again, Scale, Runs, Program, Out };
        command.SetAction(async (parsed, cancellation) =>
        {
            try
            {
                return await RunAsync(parsed, time, cancellation);
            }
            catch (Exception wrong) when (wrong is UsageException or IOException or JsonException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine($"load-tests: {wrong.Message}");
                return 2;
            }
            catch (RpcException refused)
            {
                Console.Error.WriteLine($"load-tests: the table could not go on: {refused.Code}: {refused.Detail}");
                return 6;
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, TimeProvider time, CancellationToken cancellation)
    {
        var scale = parsed.GetValue(Scale);
        if (scale is not (> 0 and <= 1) || parsed.GetValue(Runs) is < 1 or > 20)
            throw new UsageException("--scale is above 0 and at most 1, --runs 1 to 20.");
        var program = parsed.GetValue(Program) ?? ServerProcess.Program() ?? throw new UsageException("No healthgrains.dll is built beside this program: give --program.");
        var chosen = Chosen(parsed.GetValue(Only));
        using var bench = new Bench(program, parsed.GetRequiredValue(WorkDirectory), scale, parsed.GetValue(Runs), new LiveLine(Console.Error, isTerminal: false), time);
        try
        {
            foreach (var step in chosen)
            {
                if (!parsed.GetValue(Again) && bench.Done(step.Name) is not null)
                {
                    bench.Live.Say($"{step.Name}: done before (--again measures it again)");
                    continue;
                }

                bench.Live.Say($"{time.GetUtcNow():T} {step.Name}");
                bench.Keep(step.Name, await step.RunAsync(bench, cancellation));
            }
        }
        finally
        {
            await bench.EndAsync();
        }

        var table = new TargetTable
        {
            At = time.GetUtcNow(),
            Machine = Machines.This(Machines.WithoutSecrets(["load-tests", .. Environment.GetCommandLineArgs().Skip(1)])),
            Scale = scale,
            Lines = [.. s_steps.SelectMany(step => bench.Done(step.Name) ?? [])],
        };
        var directory = parsed.GetRequiredValue(Out);
        Directory.CreateDirectory(directory);
        var file = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"targets-{table.At:yyyyMMdd'T'HHmmss}.json"));
        var text = TargetText.Of(table);
        await File.WriteAllTextAsync(file, table.ToJson() + "\n", CancellationToken.None);
        await File.WriteAllTextAsync(Path.ChangeExtension(file, ".html"), TargetPage.Of(table), CancellationToken.None);
        await File.WriteAllTextAsync(Path.ChangeExtension(file, ".md"), text, CancellationToken.None);
        await Console.Out.WriteAsync(text);
        Console.Error.WriteLine($"written: {file}, and .html and .md beside it");
        return table.Lines.Any(line => line.Missing > 0) ? 1 : 0;
    }

    private static List<Step> Chosen(string? only)
    {
        if (only is null)
            return [.. s_steps];
        var names = only.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in names)
        {
            if (!s_steps.Any(step => step.Name == name || step.Group == name))
                throw new UsageException($"--only: '{name}' is no line.");
        }

        return [.. s_steps.Where(step => names.Contains(step.Name, StringComparer.Ordinal) || names.Contains(step.Group, StringComparer.Ordinal))];
    }
}
