using System.Diagnostics;
using System.Text.Json;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Shared;

/// <summary>One round as it is printed.</summary>
internal sealed record SharedRound(
    string Campaign,
    int Hosts,
    int Number,
    string Fault,
    int Host,
    int Acknowledged,
    int Unknown,
    double FaultSeconds,
    double WriteGapSeconds,
    double ToldP50Ms,
    double ToldP99Ms,
    long CheckpointMoves,
    long FencedMoves,
    long WatcherGaps,
    long WatcherRepeats,
    int WatcherMissing,
    string? Broken,
    string Verdict,
    Findings Findings);

/// <summary>What such a campaign is asked for.</summary>
/// <param name="Acknowledged">In each round, before the fault.</param>
/// <param name="NoFence">Plant a database whose checkpoints anybody moves; it must be reported.</param>
internal sealed record SharedOptions(
    string Name, int Seed, int Rounds, int Acknowledged, int Hosts, IReadOnlyList<string> Program, string WorkDirectory, bool NoFence)
{
    /// <summary>The program that verifies, as it is shipped.</summary>
    public required IReadOnlyList<string> Verifier { get; init; }
}

/// <summary>Hosts on one database under load and faults: settle, re-read, compare; and look who moved which checkpoint.</summary>
internal static class SharedCampaign
{
    public static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private const int Patients = 120;
    private const int Professionals = 12;
    private const int ContentBytes = 1024;

    /// <summary>A shard is without a router for no longer than this.</summary>
    private static readonly TimeSpan TakeoverMax = TimeSpan.FromSeconds(10);

    /// <returns>The exit code, and every round: 0 clean, 1 a promise was broken, 3 void.</returns>
    public static async Task<(int Exit, IReadOnlyList<SharedRound> Rounds)> RunAsync(
        SharedOptions options, IReadOnlyList<SharedFault> faults, CancellationToken cancellation)
    {
        Console.Error.WriteLine($"{options.Name}: seed {options.Seed}, {options.Hosts} hosts, {options.Rounds} rounds");
        var random = new Random(options.Seed);
        var rounds = new List<SharedRound>();
        await using var ledger = new Ledger(Path.Combine(options.WorkDirectory, "ledger.txt"));
        await using var shared = await SharedWorld.StartAsync(
            options.Program, options.WorkDirectory, options.Hosts, options.NoFence, cancellation);
        var world = new World(shared.Data, Patients, Professionals);
        await using (var channel = new RpcChannel(shared[0].Address, null))
            await world.PrepareAsync(channel, cancellation);
        await using var watchers = new Watchers(world, options.Hosts, host => shared[host].Address);
        var load = new Load(world, ledger, options.Seed, ContentBytes);
        var verifier = new Verifier(world, ledger);
        for (var number = 1; number <= options.Rounds; number++)
        {
            var fault = faults[(number - 1) % faults.Count];
            var host = random.Next(options.Hosts);
            var strikeAt = options.Acknowledged + random.Next(1 + (options.Acknowledged / 4));
            var before = ledger.Acknowledged;
            var (struck, inTime) = await UnderLoadAsync(load, ledger, shared, fault, host, number, strikeAt, cancellation);
            var gap = await FirstAnswersAsync(load, shared, number, cancellation);

            await using var channel = new RpcChannel(
                shared[random.Next(options.Hosts)].Address, new RpcChannelOptions { Connections = 2 });
            var findings = await verifier.CheckAsync(channel, number, cancellation);
            List<Submitted> unknown = [.. ledger.Documents.Where(document => document.Answer is null)];
            await Parallel.ForEachAsync(unknown, World.Parallelism(cancellation), async (document, token) =>
                await load.SettleAsync(channel, document, token));
            var missing = await watchers.SettleAsync(ledger, TimeSpan.FromSeconds(30), cancellation);
            var moves = await shared.CountAsync("SELECT count(*) FROM audit_move");
            var fenced = await shared.CountAsync(
                "SELECT count(*) FROM audit_move WHERE after <= before OR (holder IS NOT NULL AND holder <> mover)");
            var broken = struck.Broken
                ?? (options.Hosts > 1 && struck.Seconds > TakeoverMax.TotalSeconds ? "the shards were without a router for too long" : null);
            var isBroken = !findings.IsClean || broken is not null || fenced > 0 || missing > 0 || watchers.Gaps + watchers.Repeated > 0;
            rounds.Add(new SharedRound(
                options.Name, options.Hosts, number, fault.Name, host, ledger.Acknowledged - before, unknown.Count,
                Math.Round(struck.Seconds, 2), Math.Round(gap, 2),
                Math.Round(watchers.Delay(ledger, number, 0.5), 1), Math.Round(watchers.Delay(ledger, number, 0.99), 1),
                moves, fenced, watchers.Gaps, watchers.Repeated, missing, broken,
                isBroken ? "FAIL" : inTime ? "pass" : "void", findings));
            Console.WriteLine(JsonSerializer.Serialize(rounds[^1], Json));
            if (isBroken)
            {
                Console.WriteLine($"{options.Name}: round {number} ({fault.Name}) failed with seed {options.Seed}: {findings}");
                return (1, rounds);
            }
        }

        await using var last = new RpcChannel(shared[0].Address, new RpcChannelOptions { Connections = 2 });
        var all = await verifier.CheckAsync(last, null, cancellation);
        var (exit, verified) = await VerifyAsync(options.Verifier, shared.Cluster.Connection, cancellation);
        var voids = rounds.Count(round => round.Verdict == "void");
        Console.WriteLine(
            $"{options.Name}: {rounds.Count} faults, {options.Hosts} hosts, {ledger.Acknowledged} acknowledged, {all}, "
            + $"fenced moves 0 of {rounds[^1].CheckpointMoves}, watcher gaps {watchers.Gaps}, streams resumed {watchers.Resumed}, "
            + $"slowest takeover {rounds.Max(round => round.FaultSeconds):0.0} s, slowest first answer {rounds.Max(round => round.WriteGapSeconds):0.0} s, "
            + $"{voids} void; verify: exit {exit}, {verified}");
        return (!all.IsClean || exit != 0 ? 1 : voids > 0 ? 3 : 0, rounds);
    }

    private static async Task<(Struck Struck, bool InTime)> UnderLoadAsync(
        Load load, Ledger ledger, SharedWorld shared, SharedFault fault, int host, int round, int strikeAt, CancellationToken cancellation)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var count = 0;
        var running = Task.WhenAll(Enumerable.Range(0, shared.Hosts).Select(each => load.RunAsync(
            shared[each].Address,
            round,
            _ =>
            {
                // Enough beside the fault: what is acknowledged is all read back.
                var acknowledged = Interlocked.Increment(ref count);
                if (acknowledged == strikeAt)
                    reached.TrySetResult();
                if (acknowledged == strikeAt * 3)
                    ended.Cancel();
            },
            ended.Token)));
        var first = await Task.WhenAny(reached.Task, running, Task.Delay(TimeSpan.FromSeconds(60), cancellation));
        var inTime = first == reached.Task && !running.IsCompleted;
        var struck = await fault.StrikeAsync(shared, host, ledger, cancellation);
        await ended.CancelAsync();
        await running;
        return (struck, inTime);
    }

    /// <summary>Load again on every host after the fault.</summary>
    /// <returns>Seconds until each of them had acknowledged something.</returns>
    private static async Task<double> FirstAnswersAsync(Load load, SharedWorld shared, int round, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var slowest = 0.0;
        await Task.WhenAll(Enumerable.Range(0, shared.Hosts).Select(async host =>
        {
            for (var answered = false; !answered;)
            {
                if (clock.Elapsed > TimeSpan.FromSeconds(60))
                    throw new InvalidOperationException($"Host {host} acknowledged nothing within 60 s after the fault.");
                using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                await load.RunAsync(
                    shared[host].Address,
                    round,
                    acknowledged =>
                    {
                        if (acknowledged != 1)
                            return;
                        answered = true;
                        slowest = Math.Max(slowest, clock.Elapsed.TotalSeconds);
                        ended.CancelAfter(TimeSpan.FromMilliseconds(200));
                    },
                    ended.Token);
            }
        }));
        return slowest;
    }

    /// <summary><c>verify</c> of the database itself.</summary>
    public static async Task<(int Exit, string Said)> VerifyAsync(
        IReadOnlyList<string> program, string connection, CancellationToken cancellation)
    {
        using var process = Process.Start(new ProcessStartInfo(
            program[0], [program[1], "verify", "--postgresql", connection, "--json"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        }) ?? throw new InvalidOperationException("verify did not start.");
        var errors = process.StandardError.ReadToEndAsync(cancellation);
        var said = await process.StandardOutput.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        return (process.ExitCode, said.Length > 0 ? said.Trim() : (await errors).Trim());
    }
}
