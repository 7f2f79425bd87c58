using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;

namespace HealthGrains.Campaigns.Linear;

/// <summary>Strict serializability of single records: many clients on each, over gRPC, against a server that is killed in between
/// and overloaded at times; then every history is searched for an order that explains it.</summary>
internal static class LinearCampaign
{
    private const int CallsOfOne = 240;
    private const int RecordsAtOnce = 10;
    private const int BurstEvery = 25;

    /// <param name="options">Rounds counts calls, over all records.</param>
    /// <param name="kills">kill -9 so often, spread over the calls.</param>
    /// <param name="planted">Records in which the server was made to give old answers; each must be found. 0: none.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>0 every history is explained; 1 one is not, or with a plant all planted ones are not; 3 too few faults took
    /// place; 6 a plant was missed, or a record was accused that had none.</returns>
    public static async Task<int> RunAsync(CampaignOptions options, int kills, int planted, CancellationToken cancellation)
    {
        var records = Math.Max(1, options.Rounds / CallsOfOne);
        Console.Error.WriteLine($"linear: seed {options.Seed}, {options.Rounds} calls on {records} records, {kills} kills");
        await using var world = await LinearWorld.StartAsync(options with { Patients = records }, cancellation);
        var clock = Stopwatch.StartNew();
        var histories = new ConcurrentBag<RecordGroup>();
        var next = -1;
        var running = Task.WhenAll(Enumerable.Range(0, RecordsAtOnce).Select(_ => Task.Run(
            async () =>
            {
                while (Interlocked.Increment(ref next) is var patient && patient < records)
                {
                    var group = new RecordGroup(world, patient, options.Seed);
                    await group.RunAsync(CallsOfOne - 8, patient % BurstEvery == 3, cancellation);
                    histories.Add(group);
                }
            },
            cancellation)));
        var killed = await KillAsync(world, running, options, kills, cancellation);
        await running;
        var called = clock.Elapsed;

        clock.Restart();
        var calls = 0;
        var positions = 0L;
        var bad = new ConcurrentBag<(RecordGroup Record, HistoryVerdict Verdict)>();
        Parallel.ForEach(histories, group =>
        {
            var verdict = HistoryChecker.Check(group.History);
            Interlocked.Add(ref calls, verdict.Calls);
            Interlocked.Add(ref positions, verdict.Positions);
            if (!verdict.IsExplained)
                bad.Add((group, verdict));
        });
        var lost = world.SettledChanges + world.OpenChanges;
        Console.WriteLine(new JsonObject
        {
            ["campaign"] = "linear",
            ["calls"] = calls,
            ["records"] = histories.Count,
            ["seconds"] = Math.Round(called.TotalSeconds, 1),
            ["calls_per_second"] = Math.Round(calls / called.TotalSeconds),
            ["kills"] = killed,
            ["overloaded"] = world.OverloadedCalls,
            ["lost_changes"] = lost,
            ["settled_by_id"] = world.SettledChanges,
            ["bounded_by_the_death"] = world.OpenChanges,
            ["lost_reads"] = world.RepeatedReads,
            ["check_seconds"] = Math.Round(clock.Elapsed.TotalSeconds, 2),
            ["positions"] = positions,
            ["planted"] = planted,
            ["unexplained"] = bad.Count,
            ["verdict"] = bad.IsEmpty ? "pass" : "FAIL",
        }.ToJsonString());
        foreach (var (record, verdict) in bad.OrderBy(found => found.Record.Patient).Take(3))
            Console.WriteLine($"linear: record {record.Patient}: {verdict.Placed} of {verdict.Calls} calls placed, not {verdict.Unexplained}");
        Console.WriteLine(
            $"linear: {calls} calls on {histories.Count} records, {killed} kills, {world.OverloadedCalls} overloaded, {lost} lost changes "
            + $"of which {world.SettledChanges} settled by an id and {world.OpenChanges} bounded by the death; {bad.Count} histories unexplained"
            + (planted > 0 ? $" of {planted} planted" : "") + $"; checked in {clock.Elapsed.TotalSeconds:0.00} s; seed {options.Seed}");
        if (planted > 0)
            return bad.Count == planted ? 1 : 6;
        return !bad.IsEmpty ? 1 : killed < kills || (kills > 0 && lost == 0) ? 3 : 0;
    }

    private static async Task<int> KillAsync(
        LinearWorld world, Task running, CampaignOptions options, int kills, CancellationToken cancellation)
    {
        var random = new Random(options.Seed);
        var killed = 0;
        for (var kill = 1; kill <= kills; kill++)
        {
            // In its share of the calls, at a place drawn from the seed.
            var share = options.Rounds / (kills + 1);
            var at = (share * kill) - random.Next(share / 3);
            while (world.AnsweredCalls < at && !running.IsCompleted)
                await Task.Delay(2, cancellation);
            if (running.IsCompleted)
                break;
            await world.KillAsync(cancellation);
            killed++;
        }

        return killed;
    }
}
