using System.CommandLine;

namespace HealthGrains.Campaigns.Shared;

/// <summary>The verbs <c>hosts</c> and <c>database</c>.</summary>
internal static class SharedCommands
{
    public static Command Hosts() => Of(
        "hosts", "Several hosts on one PostgreSQL: kill -9 and zombies of 20 s under load", 2,
        (_, hosts) => hosts == 1 ? SharedFault.OfOneHost : SharedFault.OfHosts);

    public static Command Database() => Of(
        "database", "Faults of PostgreSQL under load: restart, kill -9, end of sessions, standby gone, freeze", 1,
        (isLong, _) => SharedFault.OfDatabase(TimeSpan.FromSeconds(isLong ? 30 : 8)));

    private static Command Of(string name, string description, int hostsDefault, Func<bool, int, IReadOnlyList<SharedFault>> faults)
    {
        var seed = new Option<int>("--seed") { Description = "Hosts and times of faults come from it.", DefaultValueFactory = _ => 1 };
        var rounds = new Option<int?>("--rounds") { Description = "Faults in a row; by default each fault once, with --long 20 times." };
        var acked = new Option<int>("--acknowledged") { Description = "Documents before the fault of a round.", DefaultValueFactory = _ => 1_500 };
        var hosts = new Option<int>("--hosts") { Description = "Processes on the database.", DefaultValueFactory = _ => hostsDefault };
        var isLong = new Option<bool>("--long") { Description = "The long tier, with a page of the results." };
        var json = new Option<string?>("--out") { Description = "A directory for the rounds as JSON and as one page." };
        var noFence = new Option<bool>("--planted-no-fence") { Description = "A database whose checkpoints anybody moves: must be reported." };
        var early = new Option<bool>("--planted-early-ack") { Description = "Hosts that acknowledge before the commit: must be reported." };
        var server = new Option<string>("--server-dll")
        {
            DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "healthgrains.dll"),
        };
        var command = new Command(name, description);
        foreach (var option in new Option[] { seed, rounds, acked, hosts, isLong, json, noFence, early, server })
            command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (Host.Databases.ScratchCluster.Programs() is null)
            {
                Console.WriteLine($"{name}: skipped, no PostgreSQL is installed here");
                return 4;
            }

            var scratch = Directory.CreateTempSubdirectory("hg-").FullName;
            try
            {
                var chosen = faults(parsed.GetValue(isLong), parsed.GetValue(hosts));
                var options = new SharedOptions(
                    name,
                    parsed.GetValue(seed),
                    parsed.GetValue(rounds) ?? chosen.Count * (parsed.GetValue(isLong) ? 20 : 1),
                    parsed.GetValue(acked),
                    parsed.GetValue(hosts),
                    parsed.GetValue(early)
                        ? ["dotnet", Path.Combine(AppContext.BaseDirectory, "campaigns.dll"), "serve-planted"]
                        : ["dotnet", parsed.GetValue(server)!, "serve"], // ! it has a default
                    scratch,
                    parsed.GetValue(noFence))
                {
                    Verifier = ["dotnet", parsed.GetValue(server)!], // ! it has a default
                };
                var (exit, all) = await SharedCampaign.RunAsync(options, chosen, cancellation);
                if ((parsed.GetValue(json) ?? (parsed.GetValue(isLong) ? "campaign-results" : null)) is { } directory)
                    await SharedPage.WriteAsync(directory, options, all, exit);
                return exit;
            }
            catch (Exception broken)
            {
                // Never 1: what broke the campaign is no defect that it found, and a control must not pass for it.
                Console.WriteLine($"{name}: the campaign itself broke: {broken}");
                return 5;
            }
            finally
            {
                Directory.Delete(scratch, recursive: true);
            }
        });
        return command;
    }
}
