using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using HealthGrains.Campaigns.Breaking;
using HealthGrains.Campaigns.Closed;
using HealthGrains.Campaigns.Plants;
using HealthGrains.Contracts.V1;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Soak;

/// <summary><c>soak</c>: half of what the machine can do for a while, with connections that come and go; then nothing. What the server
/// holds must not grow once it is warm.</summary>
/// <remarks>Of the managed heap the least of each window counts, which is what a collection left. The slope is that of the least
/// squares over the windows after the warm-up.</remarks>
internal static class SoakVerb
{
    private const int Patients = 500;
    private const int RateMax = 800;
    private const int ConnectsPerSecond = 10;

    // What an active record keeps in memory of a new document: the entry of its index, the change, the recipients.
    private const int KibibytesOfADocument = 4;
    private const string Api = "/healthgrains.v1.";

    public static Command Command()
    {
        var seconds = new Option<double?>("--seconds") { Description = "Of load; by default 180, with --long 3600." };
        var idle = new Option<double?>("--idle-seconds") { Description = "Of silence after it; by default 10, with --long 300." };
        var slope = new Option<double?>("--mebibytes-per-minute")
        {
            Description = "The steepest slope of the heap beside 4 KiB for each new document; by default 30, because a short time sees few collections; with --long 1.",
        };
        var drift = new Option<double?>("--drift-max") { Description = "Fail when p99 of the last third is this many times that of the first." };
        return BreakingVerb.Of(
            "soak",
            "Half the capacity for a while, then silence: memory, handles, threads",
            [LeakingEngine.Name],
            [seconds, idle, slope, drift],
            (options, book, cancellation) => RunAsync(
                options,
                TimeSpan.FromSeconds(options.Parsed.GetValue(seconds) ?? (options.IsLong ? 3_600 : 180)),
                TimeSpan.FromSeconds(options.Parsed.GetValue(idle) ?? (options.IsLong ? 300 : 10)),
                options.Parsed.GetValue(slope) ?? (options.IsLong ? 1 : 30),
                options.Parsed.GetValue(drift),
                book,
                cancellation));
    }

    private static async Task<string> RunAsync(
        BreakingOptions options, TimeSpan length, TimeSpan idle, double slopeMax, double? driftMax, RoundBook book, CancellationToken cancellation)
    {
        var data = Path.Combine(options.Scratch, "data");
        await using var server = await ServerProcess.StartAsync(options.Server(options.Planted), data, null, cancellation);
        var world = new World(data, Patients, 8);
        using var http = new HttpClient();
        await using var channel = new RpcChannel(server.Address, new RpcChannelOptions { Connections = 4 });
        await world.PrepareAsync(channel, cancellation);
        var load = new Load(world, null!, options.Seed, 1024); // ! what is acknowledged is another campaign's
        var fresh = 0;
        List<SubmitRequest> repeated = [.. Enumerable.Range(0, 1_000).Select(_ => load.NextRequest())];
        var capacity = await CapacityAsync();
        var rate = Math.Min(RateMax, capacity / 2);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var connects = 0;
        var churn = ChurnAsync();

        // Windows of equal length; the first third of them is the warm-up.
        var windows = new List<(double Minute, long Heap, int Handles, int Threads, double P99)>();
        var freshBefore = fresh;
        var watch = Stopwatch.StartNew();
        var window = TimeSpan.FromSeconds(Math.Max(3, length.TotalSeconds / 24));
        while (watch.Elapsed < length)
        {
            var calls = new OpenLoad();
            using var sampled = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var sampling = SampleAsync(sampled.Token);
            await calls.RunAsync(rate, window, CallAsync, cancellation);
            await sampled.CancelAsync();
            var held = await sampling;
            windows.Add((watch.Elapsed.TotalMinutes, held.Heap, held.Handles, held.Threads, calls.Percentile(0.99)));
        }

        await ended.CancelAsync();
        await churn;
        await Task.Delay(idle, cancellation);
        var atRest = await SampleAsync(new CancellationToken(canceled: true));

        var warm = windows.Skip(windows.Count / 3).ToList();
        var half = warm.Count / 2;
        var freshPerMinute = (fresh - freshBefore) / watch.Elapsed.TotalMinutes;
        var slopeAllowed = slopeMax + (freshPerMinute * KibibytesOfADocument / 1024);
        var heapSlope = Slope([.. warm.Select(one => (one.Minute, one.Heap / 1048576.0))]);
        var (handlesThen, handlesNow) = (warm.Take(half).Max(one => one.Handles), warm.Skip(half).Max(one => one.Handles));
        var (threadsThen, threadsNow) = (warm.Take(half).Max(one => one.Threads), warm.Skip(half).Max(one => one.Threads));
        var drift = warm.Skip(half).Average(one => one.P99) / warm.Take(half).Average(one => one.P99);
        var connectionHandles = ConnectsPerSecond * 2;
        book.Add(
            heapSlope > slopeAllowed ? string.Create(CultureInfo.InvariantCulture, $"the heap grows by {heapSlope:0.0} MiB a minute")
            : handlesNow > handlesThen + connectionHandles ? $"handles grew from {handlesThen} to {handlesNow}"
            : atRest.Handles > handlesThen + connectionHandles ? $"{atRest.Handles} handles at rest, {handlesThen} under load"
            : threadsNow > threadsThen + 8 ? $"threads grew from {threadsThen} to {threadsNow}"
            : drift > driftMax ? string.Create(CultureInfo.InvariantCulture, $"p99 became {drift:0.00} times as long")
            : null,
            isVoid: warm.Count < 4 || connects == 0,
            new
            {
                seconds = Math.Round(watch.Elapsed.TotalSeconds),
                capacity_per_second = Math.Round(capacity),
                rate_per_second = Math.Round(rate),
                connects,
                heap_mib_first = Math.Round(warm[0].Heap / 1048576.0, 1),
                heap_mib_last = Math.Round(warm[^1].Heap / 1048576.0, 1),
                new_documents_per_minute = Math.Round(freshPerMinute),
                heap_mib_per_minute_allowed = Math.Round(slopeAllowed, 1),
                heap_mib_per_minute = Math.Round(heapSlope, 2),
                heap_mib_at_rest = Math.Round(atRest.Heap / 1048576.0, 1),
                peak_rss_mib = ServerMemory.PeakOf(server.Id) / 1048576,
                handles = $"{handlesThen} to {handlesNow}, at rest {atRest.Handles}",
                threads = $"{threadsThen} to {threadsNow}, at rest {atRest.Threads}",
                p99_ms = Math.Round(warm.Average(one => one.P99), 1),
                p99_drift = Math.Round(drift, 2),
            });
        if (await server.StopAsync() is not 0 and var exit)
            book.Add($"exit {exit} after SIGTERM", false, new { capacity_per_second = 0 });
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{rate:0}/s of {capacity:0}/s, heap {heapSlope:0.0} MiB/min, handles {handlesThen} to {handlesNow}, threads {threadsThen} to {threadsNow}, p99 x {drift:0.00}, {connects} connects");

        // One new document to five repeated ones and six reads of a list.
        Task CallAsync(int number)
        {
            if (number % 2 == 1)
                return ListAsync(number % Patients);
            var isNew = number % 12 == 0;
            if (isNew)
                Interlocked.Increment(ref fresh);
            var request = isNew ? load.NextRequest() : repeated[number % repeated.Count];
            return channel.UnaryAsync<SubmitRequest, SubmitResponse>(Api + "DocumentExchange/Submit", request, world.AsProducer(), cancellation);
        }

        Task ListAsync(int patient) => channel.UnaryAsync<ListDocumentsRequest, ListDocumentsResponse>(
            Api + "PatientRecords/ListDocuments", new ListDocumentsRequest { Patient = world.Patients[patient], PageSize = 10 }, world.AsPatient(patient), cancellation);

        async Task<double> CapacityAsync()
        {
            var taken = 0;
            var clock = Stopwatch.StartNew();
            await Task.WhenAll(Enumerable.Range(0, 64).Select(async caller =>
            {
                for (var number = caller; clock.Elapsed < TimeSpan.FromSeconds(3); number += 64)
                {
                    try
                    {
                        await CallAsync(number);
                        Interlocked.Increment(ref taken);
                    }
                    catch (RpcException refused) when (refused.Code == RpcStatusCode.ResourceExhausted)
                    {
                        await Task.Delay(20, cancellation);
                    }
                }
            }));
            return taken / clock.Elapsed.TotalSeconds;
        }

        // Somebody comes, asks once, watches a moment, and goes.
        async Task ChurnAsync()
        {
            while (!ended.IsCancellationRequested)
            {
                var patient = connects % Patients;
                await using (var visitor = new RpcChannel(server.Address, null))
                {
                    using var enough = CancellationTokenSource.CreateLinkedTokenSource(ended.Token);
                    try
                    {
                        await foreach (var _ in visitor.ServerStreaming<WatchRequest, RecordChange>(
                            Api + "PatientRecords/Watch", new WatchRequest { Patient = world.Patients[patient] },
                            world.AsPatient(patient) with { Timeout = null }, enough.Token))
                        {
                            break;
                        }
                    }
                    catch (Exception gone) when (gone is RpcException or OperationCanceledException)
                    {
                        // Overloaded, or the end.
                    }
                }

                connects++;
                await Task.Delay(TimeSpan.FromSeconds(1.0 / ConnectsPerSecond), CancellationToken.None);
            }
        }

        // The least heap, the most handles and threads, until it is told to stop; once at least.
        async Task<(long Heap, int Handles, int Threads)> SampleAsync(CancellationToken stop)
        {
            var (heap, handles, threads) = (long.MaxValue, 0, 0);
            do
            {
                var text = await http.GetStringAsync(new Uri(server.Web, "/metrics"), cancellation);
                var line = text.Split('\n').First(one => one.StartsWith("dotnet_gc_heap_bytes ", StringComparison.Ordinal));
                heap = Math.Min(heap, (long)double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
                handles = Math.Max(handles, Directory.GetFiles($"/proc/{server.Id}/fd").Length);
                threads = Math.Max(threads, Directory.GetDirectories($"/proc/{server.Id}/task").Length);
                try
                {
                    await Task.Delay(200, stop);
                }
                catch (OperationCanceledException)
                {
                    // It was told to.
                }
            }
            while (!stop.IsCancellationRequested);
            return (heap, handles, threads);
        }
    }

    private static double Slope(List<(double X, double Y)> points)
    {
        var (x, y) = (points.Average(point => point.X), points.Average(point => point.Y));
        return points.Sum(point => (point.X - x) * (point.Y - y)) / points.Sum(point => (point.X - x) * (point.X - x));
    }
}
