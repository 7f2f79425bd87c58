using System.Diagnostics;
using System.Text.Json.Nodes;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Consent;

/// <summary>Revocation against everything: thousands of races between a patient who shuts the door and a professional who looks
/// in, over gRPC, against a server in a process of its own, which is also killed between them.</summary>
internal static class ConsentCampaign
{
    private const int LanesMax = 48;

    /// <param name="options">Rounds counts races that engaged.</param>
    /// <param name="bound">The time that the races may take; fewer rounds than asked for make the campaign void.</param>
    /// <param name="restarts">kill -9 so often, each time with every lane's door shut.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>0 nothing was readable after its revocation, 1 something was, 3 too few rounds engaged.</returns>
    public static async Task<int> RunAsync(CampaignOptions options, TimeSpan bound, int restarts, CancellationToken cancellation)
    {
        Console.Error.WriteLine(
            $"consent: seed {options.Seed}, {options.Rounds} rounds within {bound.TotalSeconds:0} s, {restarts} restarts");
        var data = Path.Combine(options.WorkDirectory, "data");
        var lanesCount = Math.Min(LanesMax, options.Rounds);
        var server = await ServerProcess.StartAsync(options.Server, data, options.Preload, cancellation);
        var tally = new ConsentTally();
        var clock = Stopwatch.StartNew();
        try
        {
            // One more professional writes what is read: nobody reads a document of their own.
            var world = new World(data, lanesCount, lanesCount + 1);
            var channel = Connect(server);
            var lanes = Enumerable.Range(0, lanesCount).Select(lane => new ConsentLane(
                new ConsentCalls(world, channel, lane, lanesCount, $"1.2.250.1.213.1.4.10.97.{options.Seed}"),
                tally,
                lane,
                options.Seed)).ToList();
            await EachAsync(lanes, (lane, token) => lane.PrepareAsync(token), cancellation);
            for (var segment = 1; segment <= restarts + 1 && tally.Violations.Count == 0; segment++)
            {
                var upTo = (int)((long)options.Rounds * segment / (restarts + 1));
                await RaceAsync(lanes, tally, upTo, bound - clock.Elapsed, cancellation);
                if (segment <= restarts && tally.Violations.Count == 0)
                {
                    await server.KillAsync();
                    await channel.DisposeAsync();
                    await server.DisposeAsync();
                    server = await ServerProcess.StartAsync(options.Server, data, options.Preload, cancellation);
                    channel = Connect(server);
                    foreach (var lane in lanes)
                        lane.Calls.Channel = channel;
                    await EachAsync(lanes, (lane, token) => lane.ProbeAllAsync($"restart {segment}", token), cancellation);
                }

                Print(segment, tally, clock.Elapsed, options.Rounds);
            }

            await channel.DisposeAsync();
        }
        finally
        {
            await server.DisposeAsync();
        }

        foreach (var violation in tally.Violations.Take(5))
            Console.WriteLine($"consent: {violation}");
        Console.WriteLine(
            $"consent: {tally.Rounds} races, {tally.Void} void, {tally.Sum("after")} reads after an acknowledgement of which "
            + $"{tally.Sum("stale")} succeeded; {tally.Sum("meanwhile_shown")} succeeded and {tally.Sum("meanwhile_refused")} were refused "
            + $"meanwhile; {tally.Sum("streams")} open streams, the slowest ended {tally.SlowestEnd.TotalMilliseconds:0} ms after; "
            + $"{restarts} restarts; {tally.Violations.Count} violations; seed {options.Seed}");
        return tally.Violations.Count > 0 ? 1 : tally.Rounds < options.Rounds || !Engaged(tally) ? 3 : 0;
    }

    // Every way in was tried after a revocation, and the races went both ways.
    private static bool Engaged(ConsentTally tally) =>
        Cover.Probes.All(probe => tally.Of("after", probe.ToString()) > 0)
        && Cover.Revocations.All(revocation => tally.Of("rounds", revocation.ToString()) > 0)
        && tally.Sum("meanwhile_shown") > 0 && tally.Sum("meanwhile_refused") > 0 && tally.Sum("streams") > 0;

    private static RpcChannel Connect(ServerProcess server) =>
        new(server.Address, new RpcChannelOptions { Connections = 4 });

    private static async Task RaceAsync(
        IReadOnlyList<ConsentLane> lanes, ConsentTally tally, int upTo, TimeSpan bound, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var number = tally.Rounds;
        await EachAsync(
            lanes,
            async (lane, token) =>
            {
                while (tally.Rounds < upTo && clock.Elapsed < bound && tally.Violations.Count == 0)
                    await lane.RoundAsync(Interlocked.Increment(ref number), token);
            },
            cancellation);
    }

    private static Task EachAsync(
        IReadOnlyList<ConsentLane> lanes, Func<ConsentLane, CancellationToken, Task> run, CancellationToken cancellation) =>
        Task.WhenAll(lanes.Select(lane => Task.Run(() => run(lane, cancellation), cancellation)));

    private static void Print(int segment, ConsentTally tally, TimeSpan elapsed, int wanted) => Console.WriteLine(new JsonObject
    {
        ["campaign"] = "consent",
        ["number"] = segment,
        ["rounds"] = tally.Rounds,
        ["wanted"] = wanted,
        ["void"] = tally.Void,
        ["seconds"] = Math.Round(elapsed.TotalSeconds, 1),
        ["by_revocation"] = tally.ToJson("rounds"),
        ["after"] = tally.ToJson("after"),
        ["stale"] = tally.ToJson("stale"),
        ["meanwhile_shown"] = tally.ToJson("meanwhile_shown"),
        ["meanwhile_refused"] = tally.ToJson("meanwhile_refused"),
        ["undecided"] = tally.Sum("undecided"),
        ["streams_closed"] = tally.Sum("streams"),
        ["slowest_close_ms"] = Math.Round(tally.SlowestEnd.TotalMilliseconds, 1),
        ["verdict"] = tally.Violations.Count > 0 ? "FAIL" : "pass",
    }.ToJsonString());
}
