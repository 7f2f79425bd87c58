using System.CommandLine;
using HealthGrains.Host.Databases;

namespace HealthGrains.Campaigns.Cluster;

/// <summary>The verb <c>cluster</c>.</summary>
internal static class ClusterVerb
{
    private const int SilosDefault = 3;

    public static Command Command()
    {
        var seed = new Option<int>("--seed") { Description = "Silos that are struck, and contents, come from it.", DefaultValueFactory = _ => 1 };
        var rounds = new Option<int?>("--rounds") { Description = "Faults in a row; by default each fault once." };
        var acked = new Option<int>("--acknowledged") { Description = "Documents before the fault of a round.", DefaultValueFactory = _ => 500 };
        var rate = new Option<int>("--rate") { Description = "Documents a second, over all patients.", DefaultValueFactory = _ => 120 };
        var silos = new Option<int>("--silos") { DefaultValueFactory = _ => SilosDefault };
        var which = new Option<string[]>("--fault") { Description = "Those alone.", AllowMultipleArgumentsPerToken = true };
        which.AcceptOnlyFromAmong([.. ClusterFault.All([]).Keys]);
        var json = new Option<string?>("--out") { Description = "A directory for the rounds as JSON and as one page." };
        var early = new Option<bool>("--planted-early-ack") { Description = "Silos that acknowledge before the commit: must be reported." };
        var server = new Option<string>("--server-dll")
        {
            DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "healthgrains.dll"),
        };
        var other = new Option<string?>("--other-dll") { Description = "Another build of the host, for the rolling upgrade to it and back." };
        var command = new Command("cluster", "Silos of the Orleans engine on one PostgreSQL: kill -9, SIGSTOP, partitions, rolling restart under load");
        foreach (var option in new Option[] { seed, rounds, acked, rate, silos, which, json, early, server, other })
            command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            var program = parsed.GetValue(server)!; // ! it has a default
            if (!File.Exists(Path.Combine(Path.GetDirectoryName(program) ?? "", "Orleans.Runtime.dll")))
            {
                Console.WriteLine("cluster: skipped, this build has no cluster engine (-p:Engine=Orleans)");
                return 4;
            }

            if (ScratchCluster.Programs() is null)
            {
                Console.WriteLine("cluster: skipped, no PostgreSQL is installed here");
                return 4;
            }

            var scratch = Directory.CreateTempSubdirectory("hg-").FullName;
            try
            {
                var all = ClusterFault.All(parsed.GetValue(other) is { } upgrade ? ["dotnet", upgrade, "serve"] : null);
                List<ClusterFault> chosen = parsed.GetValue(which) is { Length: > 0 } names
                    ? [.. names.Select(name => all.GetValueOrDefault(name)
                        ?? throw new ArgumentException("An upgrade needs another build: --other-dll."))]
                    : [.. all.Values];
                var options = new ClusterOptions(
                    parsed.GetValue(seed), parsed.GetValue(rounds) ?? chosen.Count, parsed.GetValue(acked), parsed.GetValue(rate),
                    parsed.GetValue(silos),
                    parsed.GetValue(early)
                        ? ["dotnet", Path.Combine(AppContext.BaseDirectory, "campaigns.dll"), "serve-planted"]
                        : ["dotnet", program, "serve"],
                    ["dotnet", program],
                    scratch);
                var (exit, done) = await ClusterCampaign.RunAsync(options, chosen, cancellation);
                if (parsed.GetValue(json) is { } directory && done.Count > 0)
                {
                    await ClusterPage.WriteAsync(directory, options, done, exit);
                    if (exit != 0)
                        File.Copy(Path.Combine(scratch, ClusterWorld.LinesFile), Path.Combine(directory, ClusterWorld.LinesFile), overwrite: true);
                }

                return exit;
            }
            catch (Exception broken)
            {
                // Never 1: what broke the campaign is no defect that it found, and a control must not pass for it.
                Console.WriteLine($"cluster: the campaign itself broke: {broken}");
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
