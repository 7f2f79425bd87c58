using System.Diagnostics;
using System.Text.Json;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns;

/// <summary>What a campaign is asked for.</summary>
internal sealed record CampaignOptions
{
    /// <summary>Printed first and taken as an option: fault times come from it.</summary>
    public required int Seed { get; init; }

    public required int Rounds { get; init; }

    /// <summary>Acknowledged documents that all rounds together must reach.</summary>
    public required int Acknowledged { get; init; }

    /// <summary>The program and its first arguments.</summary>
    public required IReadOnlyList<string> Server { get; init; }

    /// <summary>Ledger and data, or the disk that holds the data.</summary>
    public required string WorkDirectory { get; init; }

    /// <summary>A library for the server's LD_PRELOAD: a planted fault, which the campaign must then report.</summary>
    public string? Preload { get; init; }

    public int Patients { get; init; } = 200;

    public int Professionals { get; init; } = 8;

    public int ContentBytes { get; init; } = 1024;
}

/// <summary>One round as it is printed: one line of JSON.</summary>
internal sealed record Round(
    string Campaign,
    int Number,
    int Acknowledged,
    int AnsweredInTheInstant,
    int GoneOfThese,
    int Unknown,
    double StartedInSeconds,
    string Verdict,
    Findings Findings);

/// <summary>The fault that a campaign makes, and how the server's data comes back after it.</summary>
internal interface IFault : IDisposable
{
    string Name { get; }

    /// <summary>Where the server keeps its data.</summary>
    string DataDirectory { get; }

    /// <summary>Strikes while the load runs. The server is gone when it completes.</summary>
    /// <returns>The instant of the fault, if answers that were read in it count as never given; see <see cref="Instant"/>.</returns>
    Task<Instant?> StrikeAsync(ServerProcess server);
}

/// <summary>The moment in which a host loses its power, in timestamps of <see cref="Stopwatch"/>.</summary>
/// <remarks>A host without power answers nobody, but here the server goes on running beside its dead disk. While the disk
/// dies, a sync that is under way can return success although its journal is already given up, and the answer to it is
/// on its way to the client. Such answers are outcomes that nobody knows. What is answered later than this is an error that
/// the server swallowed, and counts.</remarks>
internal readonly record struct Instant(long Began, long Ended)
{
    public static readonly TimeSpan AnswersOnTheirWay = TimeSpan.FromMilliseconds(500);

    public bool Holds(long timestamp) =>
        timestamp >= Began && Stopwatch.GetElapsedTime(Ended, timestamp) <= AnswersOnTheirWay;
}

/// <summary>Load, fault, restart, settle, re-read; and again. Ledger and load live outside the server.</summary>
internal static class Campaign
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Documents that are sent again after each restart, although they were acknowledged.</summary>
    private const int RepeatedMax = 200;

    /// <returns>The exit code: 0 all clean, 1 something was lost, altered, doubled or not told, or the server refused to start
    /// after a fault, 3 void.</returns>
    /// <exception cref="ServerRefusedException">It refused before there was any fault.</exception>
    public static async Task<int> RunAsync(CampaignOptions options, IFault fault, CancellationToken cancellation)
    {
        Console.Error.WriteLine(
            $"{fault.Name}: seed {options.Seed}, {options.Rounds} rounds, {options.Acknowledged} acknowledged or more");
        var random = new Random(options.Seed);
        await using var ledger = new Ledger(Path.Combine(options.WorkDirectory, "ledger.txt"));
        var starts = new List<TimeSpan>();
        var server = await StartAsync(options, fault, starts, cancellation);
        var failed = 0;
        var voided = 0;
        var strikes = 0;
        try
        {
            var world = new World(fault.DataDirectory, options.Patients, options.Professionals);
            await using (var channel = new RpcChannel(server.Address, null))
                await world.PrepareAsync(channel, cancellation);
            var load = new Load(world, ledger, options.Seed, options.ContentBytes);
            var verifier = new Verifier(world, ledger);
            var perRound = (options.Acknowledged + options.Rounds - 1) / options.Rounds;
            for (var round = 1; round <= options.Rounds; round++)
            {
                // The fault strikes at a number of acknowledgements drawn from the seed, in the middle of the load.
                var strikeAt = perRound + random.Next(1 + (perRound / 4));
                var (acknowledged, inTime, instant) =
                    await StrikeUnderLoadAsync(load, server, fault, round, strikeAt, cancellation);
                var inTheInstant = ledger.Forget(instant);
                strikes++;
                await server.DisposeAsync();
                server = await StartAsync(options, fault, starts, cancellation);
                await using var channel = new RpcChannel(server.Address, new RpcChannelOptions { Connections = 2 });

                // The bytes are read before unknown outcomes are settled: what settling repairs must not hide a loss.
                var findings = await verifier.CheckAsync(channel, round, cancellation);
                List<Submitted> acknowledgedOnes = [.. ledger.Documents.Where(document => document.Answer is not null)];
                var unknown = await SettleAsync(load, ledger, channel, cancellation);
                if (findings.IsClean)
                    await RepeatAsync(load, acknowledgedOnes, channel, random, cancellation);
                var gone = ledger.Documents.Count(
                    document => document.WasForgotten && document.Round == round && document.Answer is { AlreadyKnown: false });
                var verdict = !findings.IsClean ? "FAIL" : inTime ? "pass" : "void";
                failed += verdict == "FAIL" ? 1 : 0;
                voided += verdict == "void" ? 1 : 0;
                Print(new Round(
                    fault.Name, round, acknowledged, inTheInstant, gone, unknown, starts[^1].TotalSeconds, verdict, findings));
                if (failed > 0)
                {
                    Console.WriteLine($"{fault.Name}: round {round} of {options.Rounds} failed with seed {options.Seed}: {findings}");
                    return 1;
                }
            }

            await using (var last = new RpcChannel(server.Address, new RpcChannelOptions { Connections = 2 }))
            {
                var all = await verifier.CheckAsync(last, null, cancellation);
                failed += all.IsClean ? 0 : 1;
                starts.Sort();
                Console.WriteLine(
                    $"{fault.Name}: {starts.Count - 1} faults, {ledger.Acknowledged} acknowledged, {all}, {voided} void, "
                    + $"slowest start {starts[^1].TotalSeconds:0.00} s");
            }

            if (failed == 0)
            {
                if (await server.StopAsync() != 0)
                {
                    Console.WriteLine($"{fault.Name}: the server did not end well on SIGTERM");
                    failed++;
                }

                failed += await StoreCheck.RunAsync(options.Server, fault.DataDirectory, ledger, random, cancellation);
            }

            return failed > 0 ? 1 : voided > 0 || ledger.Acknowledged < options.Acknowledged ? 3 : 0;
        }
        catch (ServerRefusedException refused) when (strikes > 0)
        {
            // A store that finds itself damaged refuses to serve: no silent loss, but no pass either.
            Console.WriteLine($"{fault.Name}: the server refused to start: {refused.Message}");
            return 1;
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    private static async Task<ServerProcess> StartAsync(
        CampaignOptions options, IFault fault, List<TimeSpan> starts, CancellationToken cancellation)
    {
        var server = await ServerProcess.StartAsync(options.Server, fault.DataDirectory, options.Preload, cancellation);
        starts.Add(server.StartedIn);
        return server;
    }

    private static async Task<(int Acknowledged, bool InTime, Instant? Instant)> StrikeUnderLoadAsync(
        Load load, ServerProcess server, IFault fault, int round, int strikeAt, CancellationToken cancellation)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = load.RunAsync(
            server.Address,
            round,
            acknowledged =>
            {
                if (acknowledged >= strikeAt)
                    reached.TrySetResult();
            },
            ended.Token);
        var first = await Task.WhenAny(reached.Task, running, Task.Delay(TimeSpan.FromSeconds(60), cancellation));
        var underLoad = first == reached.Task && !running.IsCompleted;
        var instant = await fault.StrikeAsync(server);
        await ended.CancelAsync();
        await running;
        return (load.Acknowledged, underLoad, instant);
    }

    private static async Task<int> SettleAsync(
        Load load, Ledger ledger, RpcChannel channel, CancellationToken cancellation)
    {
        var unknown = ledger.Documents.Where(document => document.Answer is null).ToList();
        await Parallel.ForEachAsync(unknown, World.Parallelism(cancellation), async (document, token) =>
            await load.SettleAsync(channel, document, token));
        return unknown.Count;
    }

    /// <summary>Sends what was acknowledged once more: the receipt must be the same, and nothing is accepted twice. What
    /// differs is counted by the next check.</summary>
    private static async Task RepeatAsync(
        Load load, List<Submitted> acknowledged, RpcChannel channel, Random random, CancellationToken cancellation)
    {
        var chosen = Enumerable.Range(0, Math.Min(RepeatedMax, acknowledged.Count))
            .Select(_ => acknowledged[random.Next(acknowledged.Count)]).Distinct().ToList();
        await Parallel.ForEachAsync(chosen, World.Parallelism(cancellation), async (document, token) =>
            await load.SettleAsync(channel, document, token));
    }

    private static void Print(Round round) => Console.WriteLine(JsonSerializer.Serialize(round, Json));
}
