using System.Globalization;
using HealthGrains.Contracts.V1;
using HealthGrains.LoadTests.Measuring;
using HealthGrains.LoadTests.Scenarios;
using HealthGrains.Rpc;

namespace HealthGrains.LoadTests.Targets;

/// <summary>Lines that are no rates: delays, memory, starts.</summary>
internal static class OtherLines
{
    private const double Mebibyte = 1 << 20;
    private static readonly TimeSpan SettledMax = TimeSpan.FromMinutes(5);

    /// <summary>From the intended start of a submission to its arrival at a watcher, at half of the rate that the same machine took.</summary>
    public static async Task<IReadOnlyList<TargetLine>> NotificationAsync(Bench bench, CancellationToken cancellation)
    {
        const Store store = Store.PostgreSql;
        await using var server = await bench.StartAsync(store, cancellation);

        // Half of what the machine takes now: the full load is measured just before.
        double full;
        await using (var channel = new RpcChannel(server.Address, new RpcChannelOptions { Connections = 2 }))
        {
            using var world = bench.WorldOf(store, bench.NextSeed());
            var deposits = new Deposits(channel, world, bench.NextSeed(), 0, 200, RateLines.ContentBytes);
            await deposits.SubmitAsync(0, int.MaxValue, bench.Length(6), deposits.AtRandom, cancellation);
            var (documents, took) = await deposits.SubmitAsync(1L << 40, int.MaxValue, bench.Length(5), deposits.AtRandom, cancellation);
            full = documents / took.TotalSeconds;
            await server.RoutedAsync(SettledMax, bench.Time, cancellation);
        }

        var runs = new List<TargetRun>();
        for (var run = 1; run <= bench.Runs; run++)
        {
            var ramp = bench.Length(2);
            var result = await new Runner(
                new CommandLine.RunOptions
                {
                    Server = server.Address,
                    KeyPem = await File.ReadAllTextAsync(Path.Combine(bench.DataOf(store), "development-key.pem"), cancellation),
                    Scenario = Scenario.All[0],
                    Rate = full / 2,
                    Length = ramp + bench.Length(10),
                    Ramp = ramp,
                    CeilingLength = bench.Length(2),
                    Seed = bench.NextSeed(),
                    ServerPid = server.Id,
                    CommandLine = "",
                },
                bench.Live, bench.Time).RunAsync(cancellation);
            runs.Add(new TargetRun(
                Math.Round(result.Notification.P99 / 1000.0, 2), Math.Round(result.EmptyCallsPerSecond), Acknowledged: result.Acknowledged,
                Checked: result.Findings.Proven, Missing: result.Findings.Violations,
                Note: string.Create(CultureInfo.InvariantCulture, $"{result.SubmitRate:N0}/s asked for {full / 2:N0}/s, p50 {result.Notification.P50 / 1000.0:0.0} ms, submissions p99 {result.Latency["submit"].P99 / 1000.0:0.0} ms, {result.Watchers} watchers, {result.Failed + result.Overflow} not answered")));
            bench.Live.Say($"notification, run {run}: p99 {runs[^1].Value} ms");
        }

        return
        [
            new TargetLine(
                "notification-postgresql", "Submission to notification, p99, at half load, 200 hot patients of whom 50 and 10 professionals watch, PostgreSQL", "ms",
                null, 50, null, bench.Time.GetUtcNow(), runs),
        ];
    }

    /// <summary>Memory of the server with 100,000 patients in memory who have 20 documents each.</summary>
    public static async Task<IReadOnlyList<TargetLine>> MemoryAsync(Bench bench, CancellationToken cancellation)
    {
        const Store store = Store.PostgreSql;
        const int documents = 20;
        var prepared = await bench.PrepareAsync("memory", store, bench.Count(100_000), documents - 1, 64, cancellation);
        var runs = new List<TargetRun>();
        for (var run = 1; run <= bench.Runs; run++)
        {
            await using var server = await bench.StartAsync(store, cancellation);
            var empty = server.Resident();
            await using var channel = new RpcChannel(server.Address, new RpcChannelOptions { Connections = 2 });
            using var world = bench.WorldOf(store, prepared.Seed);
            var deposits = new Deposits(channel, world, bench.NextSeed(), 0, prepared.Patients, 64);
            await deposits.SubmitAsync(0, prepared.Patients, TimeSpan.MaxValue, deposits.InTurn, cancellation);
            await server.RoutedAsync(SettledMax, bench.Time, cancellation);
            var resident = server.Resident();
            var heap = (await server.ScrapeAsync(cancellation)).GetValueOrDefault("dotnet_gc_heap_bytes");
            var (found, wrong) = await deposits.CheckAsync(cancellation);
            runs.Add(new TargetRun(
                Math.Round(resident / 1e9, 3), Acknowledged: deposits.Acknowledged, Checked: found, Missing: wrong,
                Note: string.Create(CultureInfo.InvariantCulture, $"{prepared.Patients:N0} patients with {documents} documents or more; {empty / Mebibyte:0} MiB just started, managed heap {heap / Mebibyte:0} MiB")));
            bench.Live.Say($"memory, run {run}: {runs[^1].Value} GB");
        }

        return
        [
            new TargetLine(
                "memory", $"Memory of the server (resident) with {prepared.Patients.ToString("N0", CultureInfo.InvariantCulture)} active patients of {documents} documents each", "GB",
                null, 1.5, null, bench.Time.GetUtcNow(), runs),
        ];
    }

    /// <summary>What a watching stream costs the server: resident memory with 10,000 of them against the same patients without.</summary>
    public static async Task<IReadOnlyList<TargetLine>> WatchersAsync(Bench bench, CancellationToken cancellation)
    {
        const Store store = Store.PostgreSql;
        var count = bench.Count(Limits.WatchersMax);
        var runs = new List<TargetRun>();
        for (var run = 1; run <= bench.Runs; run++)
        {
            await using var server = await bench.StartAsync(store, cancellation);
            using var world = bench.WorldOf(store, bench.NextSeed());
            var connections = 1 + (count / Limits.WatchersPerConnection);
            await using var channel = new RpcChannel(server.Address, new RpcChannelOptions { Connections = connections });
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = 64, CancellationToken = cancellation };

            // Connections, records, tokens and the code are there before: what is measured is the stream.
            await Ceilings.EmptyCallsAsync(channel, bench.Length(4), cancellation);
            for (var round = 0; round < 3; round++)
                await Parallel.ForAsync(0, count, parallel, async (patient, token) => await Reading.OpenAsync(channel, world, patient, token));
            await server.RoutedAsync(SettledMax, bench.Time, cancellation);
            var (before, heapBefore) = (server.Resident(), await HeapAsync());

            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var all = new Gate(count);
            var streams = Enumerable.Range(0, count).Select(patient => WatchAsync(channel, world, patient, all.Enter, end.Token)).ToList();
            await OpenAsync(server, streams, bench, cancellation);
            var (after, heapAfter) = (server.Resident(), await HeapAsync());

            var deposits = new Deposits(channel, world, bench.NextSeed(), 0, count, 64);
            await deposits.SubmitAsync(0, count, TimeSpan.MaxValue, deposits.InTurn, cancellation);
            await ReachedAsync(all, streams, bench, cancellation);
            await end.CancelAsync();
            await Task.WhenAll(streams);
            runs.Add(new TargetRun(
                Math.Round((after - before) / 1000.0 / count, 2), Acknowledged: count, Checked: all.Entered, Missing: count - all.Entered,
                Note: string.Create(CultureInfo.InvariantCulture, $"{count:N0} streams on {connections} connections, each told a document; resident {before / Mebibyte:0} MiB before, {after / Mebibyte:0} MiB with them; managed heap with garbage {heapBefore / Mebibyte:0} and {heapAfter / Mebibyte:0} MiB")));
            bench.Live.Say($"watchers, run {run}: {runs[^1].Value} kB each");

            async Task<double> HeapAsync() => (await server.ScrapeAsync(cancellation)).GetValueOrDefault("dotnet_gc_heap_bytes");
        }

        return
        [
            new TargetLine(
                "watchers", $"Memory of the server (resident) for each of {count.ToString("N0", CultureInfo.InvariantCulture)} watching streams", "kB",
                null, 20, null, bench.Time.GetUtcNow(), runs),
        ];
    }

    /// <summary>From the start of the process to the first answer SERVING; the database runs already.</summary>
    public static async Task<IReadOnlyList<TargetLine>> StartAsync(Bench bench, CancellationToken cancellation)
    {
        var lines = new List<TargetLine>();
        foreach (var store in Enum.GetValues<Store>())
        {
            var prepared = await bench.PrepareAsync("million", store, bench.Count(RateLines.ColdPatients), 1, RateLines.ContentBytes, cancellation);
            var (empty, full) = (new List<TargetRun>(), new List<TargetRun>());
            for (var run = 1; run <= bench.Runs; run++)
            {
                var name = $"empty{bench.NextSeed()}";
                var data = Path.Combine(bench.Work, name);
                if (store == Store.PostgreSql)
                    await bench.RunSqlAsync($"CREATE DATABASE {name}", cancellation);
                try
                {
                    string[] arguments = store == Store.PostgreSql
                        ? ["--data", data, "--store", "postgresql", "--postgresql", bench.Connection(name)]
                        : ["--data", data, "--store", "sqlite"];
                    await using var server = await bench.StartAsync(arguments, cancellation);
                    empty.Add(new TargetRun(Math.Round(server.StartedIn.TotalSeconds, 3)));
                }
                finally
                {
                    Directory.Delete(data, recursive: true);
                    if (store == Store.PostgreSql)
                        await bench.RunSqlAsync($"DROP DATABASE IF EXISTS {name} WITH (FORCE)", CancellationToken.None);
                }

                await using (var server = await bench.StartAsync(store, cancellation))
                {
                    var entries = (await server.ScrapeAsync(cancellation)).GetValueOrDefault("healthgrains_journal_position");
                    full.Add(new TargetRun(
                        Math.Round(server.StartedIn.TotalSeconds, 3), Note: string.Create(CultureInfo.InvariantCulture, $"{entries:N0} entries in the store's logs")));
                }

                bench.Live.Say($"start on {store}, run {run}: empty {empty[^1].Value} s, full {full[^1].Value} s");
            }

            var (key, label) = store == Store.PostgreSql ? ("postgresql", "PostgreSQL (which runs already)") : ("sqlite", "SQLite");
            lines.Add(new TargetLine($"start-empty-{key}", $"Start to serving, empty store, {label}", "s", null, 1, null, bench.Time.GetUtcNow(), empty));
            lines.Add(new TargetLine(
                $"start-full-{key}", $"Start to serving, {prepared.Patients.ToString("N0", CultureInfo.InvariantCulture)} documents or more, {label}", "s", null, 3, null, bench.Time.GetUtcNow(), full));
        }

        return lines;
    }

    private static async Task WatchAsync(RpcChannel channel, World world, int patient, Action told, CancellationToken end)
    {
        try
        {
            await foreach (var change in channel.ServerStreaming<WatchRequest, RecordChange>(
                Methods.Watch, new WatchRequest { Patient = world.Patient(patient) }, world.AsPatient(patient, stream: true), end))
            {
                if (change.Code == "AJOUT_DOCUMENT")
                    told();
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The line is done.
        }
    }

    // A new stream says nothing until something happens: the server knows how many it has.
    private static async Task OpenAsync(ServerProcess server, List<Task> streams, Bench bench, CancellationToken cancellation)
    {
        var begin = bench.Time.GetTimestamp();
        while ((await server.ScrapeAsync(cancellation)).GetValueOrDefault("healthgrains_watchers") < streams.Count)
        {
            if (streams.FirstOrDefault(stream => stream.IsCompleted) is { } ended)
                await ended;
            if (bench.Time.GetElapsedTime(begin) > SettledMax)
                throw new RpcException(RpcStatusCode.DeadlineExceeded, $"not all of {streams.Count} streams were open within {SettledMax}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), bench.Time, cancellation);
        }
    }

    private static async Task ReachedAsync(Gate gate, List<Task> streams, Bench bench, CancellationToken cancellation)
    {
        try
        {
            // A stream that fails says why; none of them ends by itself.
            await (await Task.WhenAny([gate.Full, .. streams]).WaitAsync(SettledMax, bench.Time, cancellation));
        }
        catch (TimeoutException)
        {
            throw new RpcException(RpcStatusCode.DeadlineExceeded, $"only {gate.Entered} of {streams.Count} streams were told within {SettledMax}");
        }
    }

    /// <summary>Completes when so many have come.</summary>
    private sealed class Gate(int count)
    {
        private readonly TaskCompletionSource _full = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _entered;

        public Task Full => _full.Task;

        public int Entered => Volatile.Read(ref _entered);

        public void Enter()
        {
            if (Interlocked.Increment(ref _entered) == count)
                _full.TrySetResult();
        }
    }
}
