using System.CommandLine;
using System.Globalization;
using System.Net;
using HealthGrains.Host.CommandLine;
using HealthGrains.Host.Demo;
using HealthGrains.Host.Files;
using HealthGrains.Host.Serving;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Host.Verbs;

/// <summary><c>demo</c>: a server, patients, professionals and documents, from nothing to proof.</summary>
internal static class DemoVerb
{
    private const int DocumentsDefault = 300;
    private const int PatientsDefault = 24;
    private const int ProfessionalsDefault = 8;
    private const int DocumentsMax = 5_000;
    private const int PatientsMax = 500;
    private const int ProfessionalsMax = 25;

    // A person can read so many lines a second; the rest is counted in the progress line.
    private static readonly TimeSpan LineEvery = TimeSpan.FromMilliseconds(120);

    private static readonly Option<int?> Documents = new("--documents") { Description = $"How many documents (default {DocumentsDefault})", HelpName = "N" };

    private static readonly Option<int?> Patients = new("--patients") { Description = $"How many patients (default {PatientsDefault})", HelpName = "N" };

    private static readonly Option<int?> Professionals = new("--professionals")
    {
        Description = $"How many professionals who follow (default {ProfessionalsDefault})", HelpName = "N",
    };

    private static readonly Option<ulong?> Seed = new("--seed") { Description = "What everything is drawn from (default 1)", HelpName = "N" };

    private static readonly Option<string> Data = new("--data")
    {
        Description = "New data directory to keep (default a temporary one, removed at the end)", HelpName = "DIR",
    };

    public static Command Command() =>
        new VerbCommand("demo", "See it work: a server, patients, professionals, documents, and the proof", RunAsync)
        {
            Documents, Patients, Professionals, Seed, Data,
        };

    private static async Task<ExitCode> RunAsync(VerbContext context)
    {
        var plan = DemoPlan.Make(
            context.Get(Seed) ?? 1,
            Within(context.Get(Patients) ?? PatientsDefault, PatientsMax, "--patients"),
            Within(context.Get(Professionals) ?? ProfessionalsDefault, ProfessionalsMax, "--professionals"),
            Within(context.Get(Documents) ?? DocumentsDefault, DocumentsMax, "--documents"));
        var kept = context.Get(Data);
        if (kept is not null && Directory.Exists(kept) && Directory.EnumerateFileSystemEntries(kept).Any())
            throw new CliException(ExitCode.Usage, $"--data {kept} is not empty; a demonstration starts with nothing.");
        var directory = kept ?? Directory.CreateTempSubdirectory("healthgrains-demo-").FullName;
        try
        {
            return await PlayAsync(context, plan, directory);
        }
        finally
        {
            if (kept is null) Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task<ExitCode> PlayAsync(VerbContext context, DemoPlan plan, string directory)
    {
        var began = context.Time.GetTimestamp();
        var settings = new ServerSettings
        {
            Data = directory,
            Grpc = new IPEndPoint(IPAddress.Loopback, 0),
            Web = new IPEndPoint(IPAddress.Loopback, 0),
        };
        using var loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Error)
            .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        await using var server = await RunningServer.StartAsync(settings, context.Time, loggers, context.Time.GetUtcNow());
        var start = context.Time.GetElapsedTime(began);
        context.Console.Tell($"A server serves on {server.Grpc} from {directory}.");

        using var key = DataDirectory.Open(directory).DevelopmentKey();
        await using var callers = new DemoCallers(new Uri($"http://{server.Grpc}"), key, context.Time, plan);
        DemoRun? running = null;
        await using var progress = ProgressLine.Start(context.Console, context.Time, () => StateOf(plan, running));
        var lines = new PacedLines(progress, context.Time);
        var run = running = new DemoRun(plan, callers, context.Time, lines.Show);

        await run.PrepareAsync(context.Stopping);
        progress.Tell($"{plan.Patients.Count} patients opened their records and authorised {plan.Professionals.Count} professionals, who follow them.");
        var sending = await run.SendAndListenAsync(context.Stopping);
        var proof = await DemoProof.ReadBackAsync(plan, callers, run.Clock.DocumentIds, context.Stopping);
        var report = new DemoReport(plan, run.Clock, proof, run.Refusals.Count, start, sending, context.Time.GetElapsedTime(began));
        progress.StepAside();

        if (context.Json) await context.Console.WriteLineAsync(JsonLine.Of(report.ToJson()));
        else await CliTable.WriteAsync(context.Console, report.ToTable());
        if (report.IsComplete) return ExitCode.Ok;
        foreach (var refusal in run.Refusals.CountBy(r => r).Take(5)) context.Console.Tell($"refused {refusal.Value} times: {refusal.Key}");
        throw new CliException(ExitCode.Partial, "Not everything was told to everybody exactly once.", "healthgrains demo --data DIR, then healthgrains verify --data DIR");
    }

    private static ProgressState StateOf(DemoPlan plan, DemoRun? run)
    {
        var acknowledged = run?.Clock.Acknowledged ?? 0;
        var told = run?.Clock.Told ?? 0;
        return new ProgressState(
            acknowledged + told, plan.Documents.Count + plan.Deliveries,
            string.Create(CultureInfo.InvariantCulture, $"{acknowledged} of {plan.Documents.Count} documents acknowledged, {told} of {plan.Deliveries} notifications"));
    }

    private static int Within(int value, int max, string option) =>
        value >= 1 && value <= max ? value : throw new CliException(ExitCode.Usage, $"{option} is 1 to {max}.");

    /// <summary>Shows some of many lines.</summary>
    private sealed class PacedLines(ProgressLine progress, TimeProvider time)
    {
        private readonly Lock _lock = new();
        private long _last;

        public void Show(string line)
        {
            lock (_lock)
            {
                if (_last != 0 && time.GetElapsedTime(_last) < LineEvery) return;
                _last = time.GetTimestamp();
            }

            progress.Tell("  " + line);
        }
    }
}
