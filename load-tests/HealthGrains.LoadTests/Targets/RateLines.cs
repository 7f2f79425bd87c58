using System.Globalization;
using HealthGrains.LoadTests.Measuring;
using HealthGrains.LoadTests.Scenarios;
using HealthGrains.Rpc;

namespace HealthGrains.LoadTests.Targets;

/// <summary>Lines that are rates: hot and cold patients, records of different lengths.</summary>
internal static class RateLines
{
    /// <summary>Bytes of the documents of all rates.</summary>
    public const int ContentBytes = 1024;

    /// <summary>Patients of the prepared population.</summary>
    public const int ColdPatients = 1_000_000;

    private const int HotPatients = 200;
    private const double HotPerSecond = 20_000;
    private const double ColdPerSecond = 8_000;
    private const double SqlitePerSecond = 8_000;
    private const double HotCeilingPart = 0.4;
    private static readonly TimeSpan RoutedMax = TimeSpan.FromMinutes(5);

    /// <summary>Documents of a record, and how many records of this length are prepared: the fewer the longer, but never so few that a
    /// run makes them much longer.</summary>
    private static readonly (int Documents, int Patients)[] s_lengths = [(10, 10_000), (100, 4_000), (1_000, 1_000)];

    /// <summary>200 patients in memory, 1 KiB, through unary calls or bulk streams.</summary>
    public static async Task<IReadOnlyList<TargetLine>> HotAsync(Bench bench, Store store, bool many, CancellationToken cancellation)
    {
        var name = $"hot{(many ? "-many" : "")}-{store.ToString().ToLowerInvariant()}";
        await using var server = await bench.StartAsync(store, cancellation);
        await using var channel = new RpcChannel(server.Address, new RpcChannelOptions { Connections = 2 });
        var runs = new List<TargetRun>();
        for (var run = 0; run <= bench.Runs; run++)
        {
            using var world = bench.WorldOf(store, bench.NextSeed());
            var deposits = new Deposits(channel, world, bench.NextSeed(), 0, HotPatients, ContentBytes);
            Task<(long, TimeSpan)> LoadAsync(long from, TimeSpan length) => many
                ? deposits.SubmitManyAsync(from, int.MaxValue, length, deposits.AtRandom, progress: null, cancellation)
                : deposits.SubmitAsync(from, int.MaxValue, length, deposits.AtRandom, cancellation);

            // The first is for the runtime, which compiles what is called often a second time.
            if (run == 0)
                await LoadAsync(0, bench.Length(6));
            else
                runs.Add(await RateAsync(bench, server, channel, store, deposits, length => LoadAsync(1L << 40, length), bench.Length(6), _ => LoadAsync(0, bench.Length(1)), cancellation));
            Say(bench, name, run, runs);
        }

        var target = store == Store.PostgreSql ? HotPerSecond : SqlitePerSecond;
        return
        [
            new TargetLine(
                name, $"{(many ? "SubmitMany" : "Submit")}, 1 KiB, durable, {HotPatients} hot patients, {Label(store)}", "/s",
                target, null, store == Store.PostgreSql && !many ? HotCeilingPart : null, bench.Time.GetUtcNow(), runs),
        ];
    }

    /// <summary>Patients drawn from a million who have a document each, after a restart: nearly each call loads a record.</summary>
    public static async Task<IReadOnlyList<TargetLine>> ColdAsync(Bench bench, Store store, CancellationToken cancellation)
    {
        var name = $"cold-{store.ToString().ToLowerInvariant()}";
        var prepared = await bench.PrepareAsync("million", store, bench.Count(ColdPatients), 1, ContentBytes, cancellation);
        await using var server = await bench.StartAsync(store, cancellation);
        await using var channel = new RpcChannel(server.Address, new RpcChannelOptions { Connections = 2 });
        var runs = new List<TargetRun>();
        for (var run = 0; run <= bench.Runs; run++)
        {
            using var world = bench.WorldOf(store, prepared.Seed);
            var deposits = new Deposits(channel, world, bench.NextSeed(), 0, prepared.Patients, ContentBytes);

            // Each run draws others: who was drawn stays in memory.
            var from = run * 100_000_000L;
            if (run == 0)
                await deposits.SubmitAsync(from, int.MaxValue, bench.Length(8), deposits.AtRandom, cancellation);
            else
                runs.Add(await RateAsync(bench, server, channel, store, deposits, length => deposits.SubmitAsync(from, int.MaxValue, length, deposits.AtRandom, cancellation), bench.Length(6), null, cancellation));
            Say(bench, name, run, runs);
        }

        return
        [
            new TargetLine(
                name, $"Submit, 1 KiB, durable, cold patients drawn from {prepared.Patients.ToString("N0", CultureInfo.InvariantCulture)}, {Label(store)}", "/s",
                ColdPerSecond, null, null, bench.Time.GetUtcNow(), runs),
        ];
    }

    /// <summary>The rate with 10, 100 and 1,000 documents a patient, in a store of a million patients: in memory, and after a restart for each run.</summary>
    public static async Task<IReadOnlyList<TargetLine>> GrowthAsync(Bench bench, CancellationToken cancellation)
    {
        const Store store = Store.PostgreSql;
        var million = await bench.PrepareAsync("million", store, bench.Count(ColdPatients), 1, ContentBytes, cancellation);
        var sets = new List<(int Documents, Prepared Set)>();
        foreach (var (documents, patients) in s_lengths)
            sets.Add((documents, await bench.PrepareAsync($"growth-{documents}", store, bench.Count(patients), documents, 128, cancellation)));

        var runs = sets.SelectMany(set => new[] { (set.Documents, IsHot: true), (set.Documents, IsHot: false) })
            .ToDictionary(kind => kind, _ => new List<TargetRun>());
        for (var run = 1; run <= bench.Runs; run++)
        {
            await using var server = await bench.StartAsync(store, cancellation);
            await using var channel = new RpcChannel(server.Address, new RpcChannelOptions { Connections = 2 });
            using (var others = bench.WorldOf(store, million.Seed))
            {
                var warm = new Deposits(channel, others, bench.NextSeed(), 0, million.Patients, ContentBytes);
                await warm.SubmitAsync(0, int.MaxValue, bench.Length(8), warm.AtRandom, cancellation);
            }

            foreach (var (documents, set) in sets)
            {
                using var world = bench.WorldOf(store, set.Seed);
                var deposits = new Deposits(channel, world, bench.NextSeed(), 0, set.Patients, ContentBytes);

                // Each patient once: none of them is in memory. Then all of them are.
                runs[(documents, false)].Add(await RateAsync(bench, server, channel, store, deposits, _ => deposits.SubmitAsync(0, set.Patients, TimeSpan.MaxValue, deposits.InTurn, cancellation), default, null, cancellation));
                runs[(documents, true)].Add(await RateAsync(bench, server, channel, store, deposits, length => deposits.SubmitAsync(1_000_000, int.MaxValue, length, deposits.InTurn, cancellation), bench.Length(4), null, cancellation));
                bench.Live.Say($"growth, run {run}: {documents} documents a patient, cold {runs[(documents, false)][^1].Value:N0}/s, hot {runs[(documents, true)][^1].Value:N0}/s");
            }
        }

        var lines = new List<TargetLine>();
        foreach (var isHot in new[] { true, false })
        {
            foreach (var (documents, set) in sets)
            {
                lines.Add(new TargetLine(
                    $"growth-{documents}-{(isHot ? "hot" : "cold")}",
                    string.Create(CultureInfo.InvariantCulture, $"Submit, 1 KiB, to {set.Patients:N0} records of {documents:N0} documents and more, {(isHot ? "in memory" : "each for the first time since the start")}, {million.Patients:N0} patients in the store, PostgreSQL"),
                    "/s", null, null, null, bench.Time.GetUtcNow(), runs[(documents, isHot)]));
            }

            lines.Add(new TargetLine(
                $"growth-{(isHot ? "hot" : "cold")}", $"Rate at 1,000 documents a patient against 10, {(isHot ? "hot" : "cold")}, of the same run", "%", 90, null, null,
                bench.Time.GetUtcNow(),
                [.. runs[(10, isHot)].Zip(runs[(1_000, isHot)], (few, long_) => new TargetRun(Math.Round(long_.Value / few.Value * 100, 1)))]));
        }

        return lines;
    }

    private static async Task<TargetRun> RateAsync(
        Bench bench, ServerProcess server, RpcChannel channel, Store store, Deposits deposits, Func<TimeSpan, Task<(long, TimeSpan)>> load, TimeSpan length,
        Func<TimeSpan, Task>? ramp, CancellationToken cancellation)
    {
        await server.RoutedAsync(RoutedMax, bench.Time, cancellation);
        var (calls, rows) = await bench.CeilingsAsync(channel, store, ContentBytes, cancellation);
        if (ramp is not null)
            await ramp(length);
        var postmaster = store == Store.PostgreSql ? bench.Postmaster : null;
        var before = await server.ScrapeAsync(cancellation);
        var cpu = ProcessorTimes.Read(server.Id, postmaster);
        var (documents, took) = await load(length);

        // Deliveries that are behind belong to the documents of this run.
        await server.RoutedAsync(RoutedMax, bench.Time, cancellation);
        var spent = ProcessorTimes.Each(cpu, ProcessorTimes.Read(server.Id, postmaster), documents);
        var after = await server.ScrapeAsync(cancellation);
        var (found, wrong) = await deposits.CheckAsync(cancellation);
        double Since(string name) => after.GetValueOrDefault(name) - before.GetValueOrDefault(name);
        return new TargetRun(
            Math.Round(documents / took.TotalSeconds, 1), Math.Round(calls), Math.Round(rows), spent,
            Math.Round(Since("dotnet_gc_allocated_bytes_total") / Math.Max(1, documents)),
            [Since("dotnet_gc_gen0_collections_total"), Since("dotnet_gc_gen1_collections_total"), Since("dotnet_gc_gen2_collections_total")],
            deposits.Acknowledged, found, wrong, deposits.Refused > 0 ? $"{deposits.Refused} calls were told that the server was busy, and made again" : null);
    }

    private static string Label(Store store) => store == Store.PostgreSql ? "PostgreSQL" : "SQLite";

    private static void Say(Bench bench, string name, int run, List<TargetRun> runs)
    {
        if (run > 0)
            bench.Live.Say(string.Create(CultureInfo.InvariantCulture, $"{name}, run {run}: {runs[^1].Value:N0}/s, {runs[^1].Value / runs[^1].EmptyCalls * 100:0} % of {runs[^1].EmptyCalls:N0}/s empty calls"));
    }
}
