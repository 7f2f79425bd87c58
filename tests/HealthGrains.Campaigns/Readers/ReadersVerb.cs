using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using HealthGrains.Campaigns.Breaking;
using HealthGrains.Campaigns.Plants;
using HealthGrains.Contracts.V1;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Readers;

/// <summary><c>readers</c>: readers that take one item in a while, and readers that take none, among many that take everything.</summary>
/// <remarks>What waits for a reader that takes nothing is bounded, its stream is ended in time, and when it comes back it misses nothing.
/// The others are told as fast as without it. A phase without them comes before and after.</remarks>
internal static partial class ReadersVerb
{
    private const int PerRecord = 10;
    private const int BytesEachMax = 256 * 1024;
    private const int Prefilled = 400;
    private const int DocumentsPerSecond = 60;

    // The server ends a reader that takes nothing for 60 s; its status waits 5 s more, and looking takes a while.
    private static readonly TimeSpan ClosedWithin = TimeSpan.FromSeconds(70);
    private static readonly TimeSpan SettledWithin = TimeSpan.FromSeconds(60);

    public static Command Command()
    {
        var watchers = new Option<int?>("--watchers") { Description = "Readers who take everything: by default 100, with --long 1,000." };
        var slow = new Option<int?>("--slow") { Description = "By default 5, with --long 50." };
        var stuck = new Option<int?>("--stuck") { Description = "By default 5, with --long 50." };
        var phase = new Option<double?>("--phase-seconds") { Description = "Without them, before and after: by default 5, with --long 60." };
        var rounds = new Option<int?>("--rounds") { Description = "By default 1, with --long 10." };
        var ratio = new Option<double?>("--ratio-max") { Description = "Fail when the others' p99 becomes this many times as long." };
        return BreakingVerb.Of(
            "readers",
            "Slow and stuck readers among many watchers",
            [SkippingStream.Name],
            [watchers, slow, stuck, phase, rounds, ratio],
            (options, book, cancellation) => RunAsync(
                options,
                options.Parsed.GetValue(watchers) ?? (options.IsLong ? 1_000 : 100),
                options.Parsed.GetValue(slow) ?? (options.IsLong ? 50 : 5),
                options.Parsed.GetValue(stuck) ?? (options.IsLong ? 50 : 5),
                TimeSpan.FromSeconds(options.Parsed.GetValue(phase) ?? (options.IsLong ? 60 : 5)),
                options.Parsed.GetValue(rounds) ?? (options.IsLong ? 10 : 1),
                options.Parsed.GetValue(ratio),
                book,
                cancellation));
    }

    private static async Task<string> RunAsync(
        BreakingOptions options, int watchers, int slow, int stuck, TimeSpan phase, int rounds, double? ratioMax, RoundBook book,
        CancellationToken cancellation)
    {
        var data = Path.Combine(options.Scratch, "data");
        await using var server = await ServerProcess.StartAsync(options.Server(options.Planted), data, null, cancellation);
        var records = Math.Max(1, watchers / PerRecord);
        var world = new World(data, records, 4);
        using var http = new HttpClient();
        await using var channel = new RpcChannel(server.Address, new RpcChannelOptions { Connections = 2 });
        await world.PrepareAsync(channel, cancellation);
        var load = new Load(world, null!, options.Seed, 512); // ! no ledger is kept: who is told is counted
        var sent = new ConcurrentDictionary<string, (int Patient, long At)>(StringComparer.Ordinal);
        var patients = world.Patients.Select((patient, index) => (patient.Ins, index)).ToDictionary(one => one.Ins, one => one.index, StringComparer.Ordinal);

        // Enough waits in each record to fill every buffer between the server and a reader that takes nothing.
        await Parallel.ForAsync(0, records * Prefilled, World.Parallelism(cancellation), async (_, _) => await SubmitAsync());
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var shared = Enumerable.Range(0, Math.Max(2, watchers / 80 + 1)).Select(_ => new RpcChannel(server.Address, null)).ToList();
        List<Reader> others = [.. Enumerable.Range(0, watchers).Select(index => new Reader(shared[index % shared.Count], world, index % records, TimeSpan.Zero))];
        var running = others.Select(reader => reader.RunAsync(ended.Token)).ToList();
        var own = new List<RpcChannel>();
        var told = 0;
        try
        {
            // Who is far behind from the start is told of everything, before anything is measured.
            await UntilAsync(() => Task.FromResult(others.Exists(reader => reader.Gaps > 0) || others.TrueForAll(HasAll)), SettledWithin);
            if (others.Sum(reader => reader.Gaps) is > 0 and var passedOver)
                book.Add($"{passedOver} sequences were passed over or told twice while the readers caught up", false, new { watchers });
            for (var round = 1; round <= rounds && book.Failed == 0; round++)
            {
                await SubmitForAsync(TimeSpan.FromSeconds(1));
                var open = watchers + slow + stuck;
                var wereOpen = false;
                TimeSpan? closedAfter = null;
                var clock = new Stopwatch();
                var (before, heapBefore) = await PhaseAsync(phase, () => false);
                clock.Start();
                List<Reader> slowOnes = [.. Enumerable.Range(0, slow).Select(index => Own(index, TimeSpan.FromMilliseconds(40)))];
                List<Reader> stuckOnes = [.. Enumerable.Range(0, stuck).Select(index => Own(slow + index, TimeSpan.Zero))];
                stuckOnes.ForEach(reader => reader.Stuck = true);
                running.AddRange(slowOnes.Concat(stuckOnes).Select(reader => reader.RunAsync(ended.Token)));
                wereOpen = await UntilAsync(async () => await GaugeAsync("healthgrains_watchers") >= open, SettledWithin);
                var (beside, heapBeside) = await PhaseAsync(ClosedWithin, () => closedAfter is not null);
                if (closedAfter is null && await GaugeAsync("healthgrains_watchers") <= open - stuck)
                    closedAfter = clock.Elapsed;
                var (after, _) = await PhaseAsync(phase, () => false);

                stuckOnes.ForEach(reader => reader.Resume());
                var all = others.Concat(slowOnes).Concat(stuckOnes).ToList();
                var settled = await UntilAsync(() => Task.FromResult(others.Concat(stuckOnes).All(HasAll)), SettledWithin);
                var gaps = all.Sum(reader => reader.Gaps);
                var without = Percentile([.. before, .. after], 0.99);
                var ratio = Percentile(beside, 0.99) / without;
                var each = Math.Max(0, heapBeside - heapBefore) / (slow + stuck);
                told = others.Sum(reader => reader.Arrived.Count);
                book.Add(
                    gaps > 0 ? $"{gaps} sequences were passed over or told twice"
                    : closedAfter is null ? $"the stuck readers were not ended within {ClosedWithin}"
                    : !settled ? $"{others.Concat(stuckOnes).Count(reader => !HasAll(reader))} readers were not told of everything"
                    : slowOnes.Exists(reader => reader.Ends > 0) ? "a slow reader was ended although it took what it was sent"
                    : each > BytesEachMax ? $"{each / 1024} KiB of memory for each of them"
                    : ratio > ratioMax ? string.Create(CultureInfo.InvariantCulture, $"the others' p99 became {ratio:0.00} times as long")
                    : null,
                    isVoid: !wereOpen || beside.Count == 0,
                    new
                    {
                        watchers,
                        slow,
                        stuck,
                        told_p50_ms = Math.Round(Percentile([.. before, .. after], 0.5), 2),
                        told_p99_ms = Math.Round(without, 2),
                        beside_p50_ms = Math.Round(Percentile(beside, 0.5), 2),
                        beside_p99_ms = Math.Round(Percentile(beside, 0.99), 2),
                        p99_ratio = Math.Round(ratio, 2),
                        stuck_ended_after_seconds = closedAfter is { } took ? Math.Round(took.TotalSeconds, 1) : (double?)null,
                        heap_kib_each = each / 1024,
                        gaps,
                    });

                // Rates, the smallest heap, and whether the stuck ones are gone.
                async Task<(List<double> Milliseconds, long Heap)> PhaseAsync(TimeSpan length, Func<bool> isEnough)
                {
                    var from = Stopwatch.GetTimestamp();
                    var heap = long.MaxValue;
                    for (var at = TimeSpan.Zero; at < length && !isEnough(); at += TimeSpan.FromSeconds(1))
                    {
                        await SubmitForAsync(TimeSpan.FromSeconds(1));
                        heap = Math.Min(heap, await GaugeAsync("dotnet_gc_heap_bytes"));
                        if (length == ClosedWithin && wereOpen && await GaugeAsync("healthgrains_watchers") <= open - stuck)
                            closedAfter ??= clock.Elapsed;
                    }

                    return ([.. others.SelectMany(reader => reader.Arrived)
                        .Where(one => sent.TryGetValue(one.Key, out var document) && document.At >= from)
                        .Select(one => Stopwatch.GetElapsedTime(sent[one.Key].At, one.Value).TotalMilliseconds)], heap);
                }
            }
        }
        finally
        {
            await ended.CancelAsync();
            await Task.WhenAll(running);
            foreach (var each in shared.Concat(own))
                await each.DisposeAsync();
        }

        var end = await server.StopAsync();
        if (end != 0)
            book.Add($"exit {end} after SIGTERM", false, new { watchers });
        return $"{sent.Count} documents, told {told} times to {watchers} readers";

        Reader Own(int index, TimeSpan pause)
        {
            var connection = new RpcChannel(server.Address, null);
            own.Add(connection);
            return new Reader(connection, world, index % records, pause);
        }

        bool HasAll(Reader reader) => sent.All(one => one.Value.Patient != reader.Patient || reader.Arrived.ContainsKey(one.Key));

        async Task SubmitForAsync(TimeSpan length)
        {
            var clock = Stopwatch.StartNew();
            for (var number = 0; clock.Elapsed < length; number++)
            {
                if (TimeSpan.FromSeconds((double)number / DocumentsPerSecond) - clock.Elapsed is { Ticks: > 0 } early)
                    await Task.Delay(early, cancellation);
                await SubmitAsync();
            }
        }

        async Task SubmitAsync()
        {
            var request = load.NextRequest();
            var at = Stopwatch.GetTimestamp();
            var response = await channel.UnaryAsync<SubmitRequest, SubmitResponse>(
                "/healthgrains.v1.DocumentExchange/Submit", request, world.AsProducer(), cancellation);
            sent[response.Receipt.DocumentId] = (patients[request.Patient.Ins], at);
        }

        async Task<long> GaugeAsync(string name)
        {
            var text = await http.GetStringAsync(new Uri(server.Web, "/metrics"), cancellation);
            return (long)Sample().Matches(text).Where(match => match.Groups["name"].Value == name)
                .Sum(match => double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture));
        }

        async Task<bool> UntilAsync(Func<Task<bool>> condition, TimeSpan atMost)
        {
            var clock = Stopwatch.StartNew();
            while (!await condition())
            {
                if (clock.Elapsed > atMost)
                    return false;
                await Task.Delay(50, cancellation);
            }

            return true;
        }
    }

    private static double Percentile(List<double> all, double part)
    {
        all.Sort();
        return all.Count == 0 ? double.NaN : all[(int)Math.Min(all.Count - 1, part * all.Count)];
    }

    [GeneratedRegex(@"^(?<name>[a-z_]+)(\{[^}]*\})? (?<value>[0-9.eE+-]+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Sample();
}
