using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using HealthGrains.LoadTests.Correctness;
using HealthGrains.LoadTests.Reporting;
using HealthGrains.LoadTests.Scenarios;
using HealthGrains.LoadTests.Targets;
using HealthGrains.Rpc;

namespace HealthGrains.LoadTests.CommandLine;

/// <summary>The verbs. Exit codes: 0 good, 1 a promise broken or a threshold missed, 2 usage, 6 the server is not there.</summary>
internal static class Verbs
{
    private const int Broken = 1;
    private const int Usage = 2;
    private const int Unavailable = 6;

    private static readonly Option<string> Server = new("--server") { Description = "Address of the API", DefaultValueFactory = _ => "http://127.0.0.1:8081" };
    private static readonly Option<string?> Data = new("--data") { Description = "The server's data directory, when it is on this machine: its development key, and its growth" };
    private static readonly Option<string?> Key = new("--development-key") { Description = "PEM file of the server's development key, for a server elsewhere" };
    private static readonly Option<string?> TokenProducer = new("--token-producer") { Description = "A producer's token; alone, nothing is watched or read, and a sample is sent again" };
    private static readonly Option<string> Audience = new("--audience") { Description = "Audience of minted tokens", DefaultValueFactory = _ => "healthgrains" };
    private static readonly Option<string> ScenarioName = new("--scenario") { Description = string.Join("; ", Scenario.All.Select(s => $"{s.Name}: {s.Summary}")), DefaultValueFactory = _ => "steady" };
    private static readonly Option<double> Rate = new("--rate") { Description = "Intended calls a second", DefaultValueFactory = _ => 500 };
    private static readonly Option<double?> MonthRate = new("--rate") { Description = "Intended documents a second; without it as fast as the server takes" };
    private static readonly Option<double> Factor = new("--burst") { Description = "How many times the rate in a burst", DefaultValueFactory = _ => 5 };
    private static readonly Option<string> Duration = new("--duration") { Description = "Length with the ramp", DefaultValueFactory = _ => "30s" };
    private static readonly Option<double> Minutes = new("--minutes") { Description = "Length", DefaultValueFactory = _ => 10 };
    private static readonly Option<string> Ramp = new("--ramp") { Description = "Beginning that is not in the figures", DefaultValueFactory = _ => "2s" };
    private static readonly Option<int?> Outstanding = new("--outstanding") { Description = $"Calls under way at most (default {Limits.OutstandingDefault}; 32 for month)" };
    private static readonly Option<int> Connections = new("--connections") { Description = "Connections for calls", DefaultValueFactory = _ => 4 };
    private static readonly Option<int> ContentBytes = new("--content-bytes") { Description = "Bytes of a document", DefaultValueFactory = _ => 1024 };
    private static readonly Option<int> Watchers = new("--watchers") { Description = "Patients who watch; professionals always do", DefaultValueFactory = _ => 50 };
    private static readonly Option<int> Sample = new("--sample") { Description = "Documents to read back and records to compare", DefaultValueFactory = _ => 200 };
    private static readonly Option<ulong?> Seed = new("--seed") { Description = "Other people and ids for each; by default from the clock" };
    private static readonly Option<int?> ServerPid = new("--server-pid") { Description = "Process to watch" };
    private static readonly Option<string?> Metrics = new("--metrics") { Description = "Its page of metrics instead, such as http://127.0.0.1:8080/metrics" };
    private static readonly Option<string?> CeilingSqlite = new("--ceiling-sqlite") { Description = "Directory in which to measure what SQLite alone inserts" };
    private static readonly Option<string> Plant = new("--plant") { Description = "drop-one or double-one: falsify the ledger, which must turn the report red", DefaultValueFactory = _ => "none" };
    private static readonly Option<string?> MaxP99 = new("--max-p99") { Description = "Fail above this p99 of submissions, as 50ms" };
    private static readonly Option<string?> MaxNotification = new("--max-notification-p99") { Description = "Fail above this p99 to notification" };
    private static readonly Option<double?> MinRate = new("--min-rate") { Description = "Fail below so many answered calls a second" };
    private static readonly Option<long?> MaxErrors = new("--max-errors") { Description = "Fail above so many calls that failed or were not made" };
    private static readonly Option<string> Out = new("--out") { Description = "Directory for the JSON and the HTML", DefaultValueFactory = _ => "load-results" };
    private static readonly Option<string?> BaselineDirectory = new("--baselines") { Description = "Where baselines lie; by default load-tests/baselines above the working directory" };
    private static readonly Option<bool> Json = new("--json") { Description = "The result as one line on stdout" };

    public static RootCommand Root(TimeProvider time)
    {
        var root = new RootCommand("Drives a server of the HealthGrains API, measures it, and proves that it kept its promises meanwhile.");
        Option[] common =
        [
            Server, Data, Key, TokenProducer, Audience, Ramp, Outstanding, Connections, Sample, Seed, ServerPid, Metrics,
            CeilingSqlite, Plant, MaxP99, MaxNotification, MinRate, MaxErrors, Out, Json,
        ];
        Measuring("run", "One scenario at a given rate", [ScenarioName, Rate, Factor, Duration, ContentBytes, Watchers], isMonth: false);
        Measuring("month", "The mix of a month's documents, and how long the month would take", [Minutes, MonthRate], isMonth: true);

        var first = new Argument<string>("first") { Description = "JSON of a run" };
        var second = new Argument<string?>("second") { Description = "JSON of another; without it the first is compared with its baseline", Arity = ArgumentArity.ZeroOrOne };
        var compare = new Command("compare", "Two runs, or two tables of targets: ratios, and what changed by more than noise") { first, second, BaselineDirectory };
        compare.SetAction(parsed => Guarded(() =>
        {
            var (old, newer) = (parsed.GetRequiredValue(first), parsed.GetValue(second));
            if (newer is null)
                (old, newer) = (Baselines.Find(File.ReadAllText(old), parsed.GetValue(BaselineDirectory)), old);
            Compare(old, newer);
            return 0;
        }));
        root.Subcommands.Add(compare);

        var report = new Command("report", "The HTML of a run again, beside its JSON") { first };
        report.SetAction(parsed => Guarded(() =>
        {
            var file = parsed.GetRequiredValue(first);
            var html = Path.ChangeExtension(file, ".html");
            var json = File.ReadAllText(file);
            File.WriteAllText(html, TargetTable.IsTable(json) ? TargetPage.Of(TargetTable.FromJson(json)) : HtmlReport.Of(RunResult.FromJson(json)));
            Console.Out.WriteLine(html);
            return 0;
        }));
        root.Subcommands.Add(report);
        root.Subcommands.Add(TargetVerb.Create(time));
        root.Subcommands.Add(Scaling.ScalingVerbs.Growth(time));
        root.Subcommands.Add(Scaling.ScalingVerbs.Model());
        return root;

        void Measuring(string name, string description, Option[] own, bool isMonth)
        {
            var command = new Command(name, description);
            foreach (var option in own.Concat(common))
                command.Options.Add(option);
            command.SetAction((parsed, cancellation) => MeasureAsync(parsed, isMonth, time, cancellation));
            root.Subcommands.Add(command);
        }
    }

    private static async Task<int> MeasureAsync(ParseResult parsed, bool isMonth, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            var options = OptionsOf(parsed, isMonth, time);
            var live = new LiveLine(Console.Error, !Console.IsErrorRedirected);
            var result = await new Runner(options, live, time).RunAsync(cancellation);
            var directory = parsed.GetRequiredValue(Out);
            Directory.CreateDirectory(directory);
            var file = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{result.Scenario}-{result.At:yyyyMMdd'T'HHmmss}.json"));
            await File.WriteAllTextAsync(file, result.ToJson() + "\n", CancellationToken.None);
            await File.WriteAllTextAsync(Path.ChangeExtension(file, ".html"), HtmlReport.Of(result), CancellationToken.None);
            if (parsed.GetValue(Json))
                Console.Out.WriteLine(result.ToJson());
            else
                Summary.Write(Screen.Open(), result);
            Console.Error.WriteLine($"written: {file} and {Path.ChangeExtension(file, ".html")}");
            return result.IsGood ? 0 : Broken;
        }
        catch (UsageException wrong)
        {
            Console.Error.WriteLine($"load-tests: {wrong.Message}");
            return Usage;
        }
        catch (RpcException refused)
        {
            Console.Error.WriteLine($"load-tests: the run could not go on: {refused.Code}: {refused.Detail}");
            return Unavailable;
        }
    }

    private static RunOptions OptionsOf(ParseResult parsed, bool isMonth, TimeProvider time)
    {
        var data = parsed.GetValue(Data);
        var keyFile = parsed.GetValue(Key) ?? (data is null ? null : Path.Combine(data, "development-key.pem"));
        var token = parsed.GetValue(TokenProducer);
        if (keyFile is null && token is null)
            throw new UsageException("Say who speaks: --data DIR of a server on this machine, --development-key FILE, or --token-producer.");
        if (keyFile is not null && !File.Exists(keyFile))
            throw new UsageException($"There is no development key at {keyFile}; a server makes it at its first start.");
        var name = isMonth ? "month" : parsed.GetRequiredValue(ScenarioName);
        var scenario = isMonth
            ? new Scenario("month", "the national mix") { Hot = 0, Cold = Scenario.ColdPopulation, Professionals = 0 }
            : Scenario.All.FirstOrDefault(s => s.Name == name)
                ?? throw new UsageException($"--scenario '{name}' is none of {string.Join(", ", Scenario.All.Select(s => s.Name))}.");
        var options = new RunOptions
        {
            Server = Values.Address("--server", parsed.GetRequiredValue(Server)),
            Data = data,
            KeyPem = keyFile is null ? null : File.ReadAllText(keyFile),
            ProducerToken = token,
            Audience = parsed.GetRequiredValue(Audience),
            Scenario = scenario,
            Rate = isMonth ? parsed.GetValue(MonthRate) : parsed.GetValue(Rate),
            BurstFactor = isMonth ? 1 : parsed.GetValue(Factor),
            Length = isMonth ? TimeSpan.FromMinutes(parsed.GetValue(Minutes)) : Values.Duration("--duration", parsed.GetRequiredValue(Duration)),
            Ramp = Values.Duration("--ramp", parsed.GetRequiredValue(Ramp)),
            Outstanding = parsed.GetValue(Outstanding) ?? (isMonth ? 32 : Limits.OutstandingDefault),
            Connections = parsed.GetValue(Connections),
            ContentBytes = isMonth ? 1024 : parsed.GetValue(ContentBytes),
            IsMonth = isMonth,
            PatientWatchers = isMonth ? 0 : parsed.GetValue(Watchers),
            Sample = parsed.GetValue(Sample),
            Seed = parsed.GetValue(Seed) ?? (ulong)time.GetUtcNow().ToUnixTimeSeconds(),
            ServerPid = parsed.GetValue(ServerPid),
            Metrics = parsed.GetValue(Metrics) is { } metrics ? Values.Address("--metrics", metrics) : null,
            CeilingSqlite = parsed.GetValue(CeilingSqlite),
            Plant = parsed.GetValue(Plant) switch
            {
                "none" => Correctness.Plant.None,
                "drop-one" => Correctness.Plant.DropOne,
                "double-one" => Correctness.Plant.DoubleOne,
                var other => throw new UsageException($"--plant '{other}' is neither drop-one nor double-one."),
            },
            Thresholds = new Thresholds
            {
                MaxP99 = parsed.GetValue(MaxP99) is { } p99 ? Values.Duration("--max-p99", p99) : null,
                MaxNotificationP99 = parsed.GetValue(MaxNotification) is { } told ? Values.Duration("--max-notification-p99", told) : null,
                MinRate = parsed.GetValue(MinRate),
                MaxErrors = parsed.GetValue(MaxErrors),
            },
            CommandLine = Machines.WithoutSecrets(["load-tests", .. Environment.GetCommandLineArgs().Skip(1)]),
        };
        return Checked(options);
    }

    private static RunOptions Checked(RunOptions options)
    {
        if (options.Length <= options.Ramp || options.Length > Limits.DurationMax)
            throw new UsageException($"A run is longer than its ramp and at most {Limits.DurationMax.TotalHours} h.");
        if (options.Outstanding < 1 || options.Connections < 1 || options.Sample < 1 || options.PatientWatchers < 0)
            throw new UsageException("--outstanding, --connections and --sample begin at 1, --watchers at 0.");
        if (options.ContentBytes is < 1 or > Limits.ContentBytesMax)
            throw new UsageException($"--content-bytes is 1 to {Limits.ContentBytesMax}.");
        if (options.Rate is { } rate)
        {
            if (rate is <= 0 or > Limits.RateMax || options.BurstFactor <= 0 || rate * options.BurstFactor > Limits.RateMax)
                throw new UsageException($"--rate, and its multiple in a burst, is above 0 and at most {Limits.RateMax}.");
            if (options.Scenario.ScheduleOf(rate, options.BurstFactor, options.Length, options.Ramp).Count is var starts and (< 1 or > Limits.LedgerDocumentsMax))
                throw new UsageException($"The schedule has {starts} starts; the ledger keeps 1 to {Limits.LedgerDocumentsMax}.");
        }

        return options;
    }

    private static int Guarded(Func<int> action)
    {
        try
        {
            return action();
        }
        catch (Exception wrong) when (wrong is IOException or JsonException or UnauthorizedAccessException or UsageException)
        {
            Console.Error.WriteLine($"load-tests: {wrong.Message}");
            return Usage;
        }
    }

    private static void Compare(string firstFile, string secondFile)
    {
        var (first, second) = (File.ReadAllText(firstFile), File.ReadAllText(secondFile));
        if (TargetTable.IsTable(first) != TargetTable.IsTable(second))
            throw new JsonException("One is a table of targets and the other a run.");
        var figures = TargetTable.IsTable(first)
            ? TargetComparison.Of(TargetTable.FromJson(first), TargetTable.FromJson(second))
            : Comparison.Of(RunResult.FromJson(first), RunResult.FromJson(second));
        Console.Error.WriteLine($"{firstFile} against {secondFile}");
        if (Baselines.Difference(first, second) is { } difference)
            Console.Error.WriteLine(difference);
        Summary.Write(Screen.Open(), figures);
    }
}
