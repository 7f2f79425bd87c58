using System.Text.Json;
using HealthGrains.Campaigns.Shared;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Cluster;

/// <summary>One round as it is printed.</summary>
/// <param name="NoticedSeconds">Until the others declared the silo dead; 0 if they did not.</param>
/// <param name="AwayP99Seconds">Of the patients' longest waits for an acknowledgement in this round.</param>
/// <param name="Repeated">Calls that failed and were sent again.</param>
/// <param name="FencedCommits">So far: what a dead silo wrote to what another one had taken over.</param>
/// <param name="LateCommits">So far: what a silo wrote after the others had declared it dead; harmless to what nobody had taken over.</param>
internal sealed record ClusterRound(
    int Number,
    string Fault,
    int Silo,
    int Acknowledged,
    int Repeated,
    double NoticedSeconds,
    double AwayP99Seconds,
    double AwayMaxSeconds,
    double ToldP50Ms,
    double ToldP99Ms,
    double ToldMaxMs,
    long FencedCommits,
    long LateCommits,
    long WatcherGaps,
    long WatcherRepeats,
    int WatcherMissing,
    string? Broken,
    string Verdict,
    Findings Findings);

/// <summary>What such a campaign is asked for.</summary>
/// <param name="Acknowledged">In each round, before the fault.</param>
/// <param name="Rate">Documents a second, over all patients.</param>
internal sealed record ClusterOptions(
    int Seed, int Rounds, int Acknowledged, int Rate, int Silos, IReadOnlyList<string> Program, IReadOnlyList<string> Verifier,
    string WorkDirectory);

/// <summary>A cluster of the Orleans engine on one database under load and faults: settle, re-read, compare; and look who wrote what
/// after the others had declared it dead.</summary>
internal static class ClusterCampaign
{
    private const int Patients = 120;
    private const int Professionals = 12;
    private const int ContentBytes = 1024;

    /// <summary>A patient is away for no longer than this, in 99 of 100.</summary>
    private static readonly TimeSpan AwayMax = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(2);

    /// <returns>The exit code, and every round: 0 clean, 1 a promise was broken, 3 void.</returns>
    public static async Task<(int Exit, IReadOnlyList<ClusterRound> Rounds)> RunAsync(
        ClusterOptions options, IReadOnlyList<ClusterFault> faults, CancellationToken cancellation)
    {
        Console.Error.WriteLine($"cluster: seed {options.Seed}, {options.Silos} silos, {options.Rounds} rounds");
        var random = new Random(options.Seed);
        var rounds = new List<ClusterRound>();
        await using var ledger = new Ledger(Path.Combine(options.WorkDirectory, "ledger.txt"));
        await using var cluster = await ClusterWorld.StartAsync(options.Program, options.WorkDirectory, options.Silos, cancellation);
        List<ClusterFault> possible = [.. faults.Where(fault => cluster.Network is not null || !fault.NeedsNetwork)];
        foreach (var fault in faults.Except(possible))
            Console.WriteLine($"cluster: {fault.Name}: skipped, not alone in a network (unshare --mount --net --propagation private, as root)");
        if (possible.Count == 0)
            return (4, rounds);

        var world = new World(cluster.Data, Patients, Professionals);
        await using (var channel = new RpcChannel(cluster[0].Address, null))
            await world.PrepareAsync(channel, cancellation);
        await using var watchers = new Watchers(world, options.Silos, cluster.AddressOf);
        await using var pulse = new Pulse(world, ledger, options.Seed, ContentBytes, options.Silos, cluster.AddressOf);
        var verifier = new Verifier(world, ledger);
        for (var number = 1; number <= options.Rounds; number++)
        {
            var fault = possible[(number - 1) % possible.Count];
            var round = await RoundAsync(number, fault, random.Next(options.Silos));
            rounds.Add(round);
            Console.WriteLine(JsonSerializer.Serialize(round, SharedCampaign.Json));
            if (round.Verdict == "FAIL")
            {
                Console.WriteLine($"cluster: round {number} ({fault.Name}) failed with seed {options.Seed}: {round.Findings}");
                return (1, rounds);
            }
        }

        await using var last = new RpcChannel(cluster[0].Address, new RpcChannelOptions { Connections = 2 });
        var all = await verifier.CheckAsync(last, null, cancellation);
        var (exit, verified) = await SharedCampaign.VerifyAsync(options.Verifier, cluster.Database.Connection, cancellation);
        var voids = rounds.Count(round => round.Verdict == "void");
        Console.WriteLine(
            $"cluster: {rounds.Count} faults, {options.Silos} silos, {ledger.Acknowledged} acknowledged, {all}, "
            + $"fenced commits {rounds[^1].FencedCommits}, late commits {rounds[^1].LateCommits}, watcher gaps {watchers.Gaps}, "
            + $"streams resumed {watchers.Resumed}, silos that ended by themselves {cluster.Revived}, "
            + $"patient away p99 {rounds.Max(round => round.AwayP99Seconds):0.0} s, at most {rounds.Max(round => round.AwayMaxSeconds):0.0} s, "
            + $"{voids} void; verify: exit {exit}, {verified}");
        return (!all.IsClean || exit != 0 ? 1 : voids > 0 ? 3 : 0, rounds);

        async Task<ClusterRound> RoundAsync(int number, ClusterFault fault, int silo)
        {
            var (before, repeated) = (pulse.Acknowledged, pulse.Repeated);
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var running = pulse.RunAsync(number, TimeSpan.FromSeconds((double)Patients / options.Rate), ended.Token);
            (double Seconds, string? Broken) struck;
            bool inTime;
            try
            {
                var limit = Task.Delay(TimeSpan.FromSeconds(60), cancellation);
                while (pulse.Acknowledged - before < options.Acknowledged && !running.IsCompleted && !limit.IsCompleted)
                    await Task.Delay(20, cancellation);
                inTime = pulse.Acknowledged - before >= options.Acknowledged && !running.IsCompleted;
                struck = await fault.StrikeAsync(cluster, silo, cancellation);
                await Task.Delay(AfterFault, cancellation);
            }
            finally
            {
                await ended.CancelAsync();
            }

            double[] away = [.. (await running).Order()];
            var missing = await watchers.SettleAsync(ledger, TimeSpan.FromSeconds(30), cancellation);
            await using var channel = new RpcChannel(
                cluster[random.Next(options.Silos)].Address, new RpcChannelOptions { Connections = 2 });
            var findings = await verifier.CheckAsync(channel, number, cancellation);
            var fenced = await cluster.CountAsync("SELECT count(*) FROM audit_fenced");
            var late = await cluster.CountAsync("SELECT count(*) FROM audit_dead");
            var p99 = away[(int)((away.Length - 1) * 0.99)];
            var broken = struck.Broken ?? (p99 > AwayMax.TotalSeconds ? "patients were away for too long" : null);
            var isBroken = !findings.IsClean || broken is not null || fenced > 0 || missing > 0 || watchers.Gaps + watchers.Repeated > 0;
            return new ClusterRound(
                number, fault.Name, silo, pulse.Acknowledged - before, pulse.Repeated - repeated, Math.Round(struck.Seconds, 2),
                Math.Round(p99, 2), Math.Round(away[^1], 2),
                Told(0.5), Told(0.99), Told(1), fenced, late, watchers.Gaps, watchers.Repeated, missing, broken,
                isBroken ? "FAIL" : inTime ? "pass" : "void", findings);

            double Told(double quantile) => Math.Round(watchers.Delay(ledger, number, quantile), 1);
        }
    }
}
