using System.CommandLine;
using HealthGrains.Campaigns;
using HealthGrains.Campaigns.Calls;
using HealthGrains.Campaigns.Closed;
using HealthGrains.Campaigns.Cluster;
using HealthGrains.Campaigns.Consent;
using HealthGrains.Campaigns.Full;
using HealthGrains.Campaigns.Linear;
using HealthGrains.Campaigns.Plants;
using HealthGrains.Campaigns.Shared;
using HealthGrains.Campaigns.Storm;

// Breaks a server on purpose and counts. Each verb prints one JSON line a round and one headline.
var root = new RootCommand("Campaigns that break HealthGrains on purpose, and measurements of it.");
var seed = new Option<int>("--seed") { Description = "Fault times and contents come from it.", DefaultValueFactory = _ => 1 };
var rounds = new Option<int>("--rounds") { Description = "Faults in a row.", DefaultValueFactory = _ => 20 };
var acked = new Option<int>("--acknowledged")
{
    Description = "Documents that must be acknowledged in all.",
    DefaultValueFactory = _ => 50_000,
};
var server = new Option<string>("--server-dll")
{
    Description = "The host to start.",
    DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "healthgrains.dll"),
};
var preload = new Option<string?>("--preload") { Description = "A library for the server's LD_PRELOAD: a planted fault." };
var planted = new Option<bool>("--planted-early-ack")
{
    Description = "Start a server that acknowledges before the commit: the campaign must report it.",
};
var bytes = new Option<int>("--content-bytes") { DefaultValueFactory = _ => 1024 };
var patients = new Option<int>("--patients") { DefaultValueFactory = _ => 200 };
var seconds = new Option<double>("--seconds") { Description = "Of each measurement.", DefaultValueFactory = _ => 10 };
Option[] common = [seed, rounds, acked, server, preload, planted, bytes, patients, seconds];

Command("kill", "kill -9 under load", (options, _) => new KillFault(Path.Combine(options.WorkDirectory, "data")));
Command("stop", "SIGTERM under load", (options, _) => new StopFault(Path.Combine(options.WorkDirectory, "data")));
Command("power-cut", "power cut of the data's disk under load (root)", (options, _) => new PowerCutFault(options.WorkDirectory));

var rates = new Command("rates", "Rates of Submit and SubmitMany beside empty calls");
foreach (var option in common)
    rates.Options.Add(option);
rates.SetAction((parsed, cancellation) => InScratchAsync(parsed, options =>
    Rates.RunAsync(options, TimeSpan.FromSeconds(parsed.GetValue(seconds)), cancellation)));
root.Subcommands.Add(rates);

root.Subcommands.Add(SharedCommands.Hosts());
root.Subcommands.Add(SharedCommands.Database());
root.Subcommands.Add(RestoreDrill.Command());
root.Subcommands.Add(ClusterVerb.Command());
var plant = new Option<string?>("--planted") { Description = "Start a server with this bug: the campaign must report it." };
var bound = new Option<double>("--at-most") { Description = "Seconds that the races may take.", DefaultValueFactory = _ => 60 };
var restarts = new Option<int>("--restarts") { Description = "kill -9 so often.", DefaultValueFactory = _ => 2 };
plant.AcceptOnlyFromAmong([.. PlantedHost.Plants]);
Races("consent", "A patient revokes while a professional reads in every way", 10_000, (options, parsed, cancellation) =>
    ConsentCampaign.RunAsync(options, TimeSpan.FromSeconds(parsed.GetValue(bound)), parsed.GetValue(restarts), cancellation));
Races("linear", "Many clients on each record, and a search for an order that explains what they saw", 400_000, (options, parsed, cancellation) =>
    LinearCampaign.RunAsync(
        options, parsed.GetValue(restarts), parsed.GetValue(plant) is null ? 0 : PlantedHost.PatientsDefault, cancellation));

root.Subcommands.Add(PlantedHost.Command());
root.Subcommands.Add(FuzzVerb.Command());
root.Subcommands.Add(CanaryVerb.Command());
root.Subcommands.Add(SharesVerb.Command());
root.Subcommands.Add(ClosedHost.Command());
root.Subcommands.Add(CallsVerb.Command());
root.Subcommands.Add(StormVerb.Command());
root.Subcommands.Add(FullVerb.Command());

// Interrupted, a campaign stops its server and takes its disk down first.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration
{
    EnableDefaultExceptionHandler = false,
    ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
});

void Command(string name, string description, Func<CampaignOptions, ParseResult, IFault> fault)
{
    var command = new Command(name, description);
    foreach (var option in common)
        command.Options.Add(option);
    command.SetAction((parsed, cancellation) => InScratchAsync(parsed, async options =>
    {
        try
        {
            using var made = fault(options, parsed);
            return await Campaign.RunAsync(options, made, cancellation);
        }
        catch (FaultUnavailableException unavailable)
        {
            Console.WriteLine($"{name}: skipped, this machine cannot make the fault: {unavailable.Message}");
            return 4;
        }
        catch (Exception broken)
        {
            // Never 1: what broke the campaign is no defect that it found, and a control must not pass for it.
            Console.WriteLine($"{name}: the campaign itself broke: {broken}");
            return 5;
        }
    }));
    root.Subcommands.Add(command);
}

void Races(string name, string description, int many, Func<CampaignOptions, ParseResult, CancellationToken, Task<int>> run)
{
    var command = new Command(name, description);
    var count = new Option<int>("--rounds") { Description = "Races, or calls, in all.", DefaultValueFactory = _ => many };
    foreach (var option in new Option[] { seed, count, server, plant, bound, restarts })
        command.Options.Add(option);
    command.SetAction((parsed, cancellation) => InScratchAsync(parsed, async options =>
    {
        try
        {
            return await run(
                options with
                {
                    Rounds = parsed.GetValue(count),
                    Server = parsed.GetValue(plant) is { } bug
                        ? ["dotnet", Path.Combine(AppContext.BaseDirectory, "campaigns.dll"), "serve-planted", "--plant", bug]
                        : options.Server,
                },
                parsed,
                cancellation);
        }
        catch (Exception broken) when (broken is not OperationCanceledException)
        {
            // Never 1: what broke the campaign is no defect that it found, and a control must not pass for it.
            Console.WriteLine($"{name}: the campaign itself broke: {broken}");
            return 5;
        }
    }));
    root.Subcommands.Add(command);
}

async Task<int> InScratchAsync(ParseResult parsed, Func<CampaignOptions, Task<int>> run)
{
    var scratch = Directory.CreateTempSubdirectory("healthgrains-campaign-").FullName;
    try
    {
        return await run(new CampaignOptions
        {
            Seed = parsed.GetValue(seed),
            Rounds = parsed.GetValue(rounds),
            Acknowledged = parsed.GetValue(acked),
            Server = parsed.GetValue(planted)
                ? ["dotnet", Path.Combine(AppContext.BaseDirectory, "campaigns.dll"), "serve-planted"]
                : ["dotnet", parsed.GetValue(server)!, "serve"], // ! it has a default
            WorkDirectory = scratch,
            Preload = parsed.GetValue(preload),
            ContentBytes = parsed.GetValue(bytes),
            Patients = parsed.GetValue(patients),
        });
    }
    finally
    {
        Directory.Delete(scratch, recursive: true);
    }
}
