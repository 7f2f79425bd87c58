using HealthGrains.Contracts.V1;
using HealthGrains.LoadTests.CommandLine;
using HealthGrains.LoadTests.Correctness;
using HealthGrains.LoadTests.Measuring;
using HealthGrains.LoadTests.Reporting;
using HealthGrains.LoadTests.Scenarios;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;

namespace HealthGrains.LoadTests;

/// <summary>One run: ceilings, preparation, load with watchers, waiting for what is still to be told, checks.</summary>
internal sealed class Runner(RunOptions options, LiveLine live, TimeProvider time)
{
    /// <summary>Documents of a month that the national record takes in, 2025.</summary>
    public const long MonthDocuments = 42_800_000;

    /// <exception cref="UsageException">The seed was used on this server before, so that nothing could be told of it.</exception>
    /// <exception cref="RpcException">The server cannot be reached, or does not let this program prepare the run.</exception>
    public async Task<RunResult> RunAsync(CancellationToken cancellation)
    {
        var scenario = options.Scenario;
        using var world = new World(
            options.Seed, scenario.Population, options.KeyPem is { } pem ? DevelopmentKey.FromPem(pem) : null,
            options.ProducerToken, options.Audience, time);
        if (!world.SpeaksForAll)
            scenario = scenario with { Professionals = 0, ReadsInTen = 0, ConsentsInTen = 0, CutEvery = null };
        await using var channel = new RpcChannel(options.Server, new RpcChannelOptions { Connections = options.Connections });

        live.Say("measuring the ceiling: empty calls");
        await Ceilings.EmptyCallsAsync(channel, options.CeilingLength / 2, cancellation);
        var empty = await Ceilings.EmptyCallsAsync(channel, options.CeilingLength, cancellation);
        double? rows = options.CeilingSqlite is { } directory
            ? Ceilings.SqliteRows(directory, options.ContentBytes, options.CeilingLength)
            : null;

        double? disk = null;
        if (options is { IsMonth: true, Data: { } place })
        {
            live.Say("measuring the ceiling: the disk");
            disk = Ceilings.DiskBytes(place, options.CeilingLength);
        }

        live.Say("preparing patients and professionals");
        if (world.SpeaksForAll)
            await PrepareAsync(channel, world, scenario, cancellation);

        var begin = time.GetTimestamp();
        TimeSpan Elapsed() => time.GetElapsedTime(begin);
        await using var watchers = new Watchers(
            options.Server, world, scenario with { Hot = world.SpeaksForAll ? scenario.Hot : 0 }, options.PatientWatchers, Elapsed);
        await watchers.StartAsync(scenario, cancellation);

        IDocumentSource source = options.IsMonth
            ? new MonthDocuments(world)
            : new TextDocuments(world, options.Seed, options.ContentBytes);
        var (ledger, timeline, findings) = (new Ledger(), new Timeline(), new Findings());
        var caller = new Scenarios.Caller(channel, world, scenario, source, ledger, timeline, findings, Elapsed, options.Ramp);
        using var sampler = new ProcessSampler(options.ServerPid, options.Metrics, options.Data);
        var dataBefore = ProcessSampler.SizeOf(options.Data);
        var databaseBefore = options.PostgreSql is { } asked ? await DatabaseSize.ReadAsync(asked, cancellation) : null;

        // Watchers are connected by now; the schedule begins where their clock does.
        begin = time.GetTimestamp();
        await sampler.TakeAsync(TimeSpan.Zero, cancellation);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var loop = new OpenLoop(Elapsed, (wait, token) => Task.Delay(wait, time, token), options.Outstanding);
        var ticking = TickAsync(Elapsed, timeline, sampler, watchers, scenario, () => options.Rate is null ? options.Outstanding : loop.Outstanding, ended.Token);
        if (options.Rate is { } rate)
        {
            await loop.RunAsync(
                scenario.ScheduleOf(rate, options.BurstFactor, options.Length, options.Ramp), caller.CallAsync, caller.Overflow,
                cancellation);
        }
        else
        {
            await CloseAsync(caller, Elapsed, cancellation);
        }

        var ran = Elapsed();
        await ended.CancelAsync();
        await ticking;

        if (caller.KnownBefore > 0)
            throw new UsageException($"The server knew {caller.KnownBefore} documents before they were sent: --seed {options.Seed} was used on it already.");

        live.Say("waiting for notifications");
        var unsettled = 0;
        foreach (var entry in ledger.Unknown.ToList())
            unsettled += await caller.SettleAsync(entry, cancellation) ? 0 : 1;
        var expected = ledger.Acknowledged.Sum(entry => watchers.Heard.Count(heard => heard.Hears(entry.Patient)));
        await Watchers.ReachedAsync(() => watchers.Told >= expected, Limits.NotificationGrace, time);
        var dataAfter = ProcessSampler.SizeOf(options.Data);
        var databaseAfter = options.PostgreSql is { } database ? await DatabaseSize.ReadAsync(database, cancellation) : null;
        double? small = null;
        if (options.IsMonth && options.SmallLength > TimeSpan.Zero)
        {
            live.Say("the same with documents of 1 KiB");
            small = await SmallAsync(channel, world, cancellation);
        }

        live.Say("reading back a sample");
        if (!ledger.Falsify(options.Plant, watchers.Heard))
            findings.Example("nothing was acknowledged, so nothing could be planted");
        findings.Unsettled = unsettled;
        var delays = new Histogram();
        var delayTimeline = new Timeline();
        var arrivals = new List<(TimeSpan At, TimeSpan Delay)>();
        findings.JudgeNotifications([.. ledger.Acknowledged], watchers.Heard, (at, delay) => arrivals.Add((at, delay)));
        foreach (var (at, delay) in arrivals.OrderBy(arrival => arrival.At))
        {
            delayTimeline.Ended(at, delay, failed: false);
            if (at - delay >= options.Ramp)
                delays.Record(delay);
        }

        var prefix = options.IsMonth ? Scenarios.MonthDocuments.Prefix(options.Seed) : TextDocuments.Prefix(options.Seed);
        await new Verification(channel, world, caller, findings, prefix).RunAsync(ledger, options.Sample, cancellation);
        live.End();
        return ResultOf();

        RunResult ResultOf()
        {
            var seconds = timeline.All();
            var measured = Math.Max(0.001, (ran - options.Ramp).TotalSeconds);
            var submitted = caller.LatencyOf(Operation.Submit);
            var all = Enum.GetValues<Operation>().Sum(operation => caller.LatencyOf(operation).Count);
            var told = Quantiles.Of(delays);
            var acknowledged = ledger.Acknowledged.Count(entry => !entry.MustRead);
            var errors = seconds.Sum(second => second.Failed + second.Overflow);
            var growth = databaseAfter is not null && databaseBefore is not null ? databaseAfter.Data - databaseBefore.Data : dataAfter - dataBefore;
            double? log = databaseAfter is not null && databaseBefore is not null ? (double)(databaseAfter.Log - databaseBefore.Log) : null;
            double? each = acknowledged > 0 ? (double?)growth / acknowledged : null;
            return new RunResult
            {
                Scenario = options.IsMonth ? "month" : scenario.Name,
                At = time.GetUtcNow(),
                Machine = Machines.This(options.CommandLine),
                Server = options.Server.ToString(),
                Seed = options.Seed,
                Model = options.Rate is null ? "closed" : "open",
                IntendedRate = options.Rate,
                Seconds = ran.TotalSeconds,
                RampSeconds = options.Ramp.TotalSeconds,
                ContentBytes = options.IsMonth ? (int)(caller.Bytes / Math.Max(1, acknowledged)) : options.ContentBytes,
                Rate = all / measured,
                SubmitRate = submitted.Count / measured,
                Started = seconds.Sum(second => second.Started),
                Failed = seconds.Sum(second => second.Failed),
                Overflow = seconds.Sum(second => second.Overflow),
                Failures = caller.Failures,
                Latency = Enum.GetValues<Operation>().Where(operation => caller.LatencyOf(operation).Count > 0).ToDictionary(
                    operation => operation.ToString().ToLowerInvariant(), operation => Quantiles.Of(caller.LatencyOf(operation))),
                SubmitHistogram = [.. submitted.Filled().Select(bucket => new Bucket(bucket.UpTo, bucket.Count))],
                Notification = told,
                NotificationTimeline = delayTimeline.All(),
                Timeline = seconds,
                Samples = [.. sampler.Samples],
                Watchers = watchers.Heard.Count,
                Reconnects = watchers.Reconnects,
                EmptyCallsPerSecond = empty,
                SqliteRowsPerSecond = rows,
                Findings = findings,
                Acknowledged = acknowledged,
                Planted = options.Plant,
                Month = options.IsMonth && submitted.Count > 0
                    ? new Month(
                        MonthDocuments, MonthDocuments / (submitted.Count / measured) / 3600,
                        (double)caller.Bytes / Math.Max(1, acknowledged), each, each * MonthDocuments, small,
                        small is > 0 ? MonthDocuments / small / 3600 : null, disk, (log + growth) / ran.TotalSeconds, log / Math.Max(1, acknowledged))
                    : null,
                Missed = options.Thresholds.Missed(all / measured, submitted.Quantile(0.99), told.P99, errors),
            };
        }
    }

    // As many calls as allowed are always under way: how fast can it be, not how long does one wait.
    private async Task CloseAsync(Scenarios.Caller caller, Func<TimeSpan> elapsed, CancellationToken cancellation)
    {
        long next = -1;
        await Task.WhenAll(Enumerable.Range(0, options.Outstanding).Select(async _ =>
        {
            while (elapsed() < options.Length && next < Limits.LedgerDocumentsMax && !cancellation.IsCancellationRequested)
                await caller.CallAsync(Interlocked.Increment(ref next), elapsed());
        }));
    }

    // What the month would take if its contents weighed next to nothing: the rate of everything but their bytes.
    private async Task<double> SmallAsync(RpcChannel channel, World world, CancellationToken cancellation)
    {
        var deposits = new Targets.Deposits(channel, world, options.Seed, 0, options.Scenario.Population, contentBytes: 1024);
        await deposits.SubmitAsync(0, long.MaxValue, options.SmallLength / 5, deposits.AtRandom, cancellation);
        var (documents, took) = await deposits.SubmitAsync(1L << 40, 1L << 40, options.SmallLength, deposits.AtRandom, cancellation);
        return documents / took.TotalSeconds;
    }

    private async Task TickAsync(
        Func<TimeSpan> elapsed, Timeline timeline, ProcessSampler sampler, Watchers watchers, Scenario scenario, Func<int> underWay,
        CancellationToken ended)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        var cut = scenario.CutEvery;
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
            {
                var now = elapsed();
                if (cut is { } due && now >= due)
                {
                    await watchers.CutAllAsync();
                    cut = now + scenario.CutEvery;
                }

                await sampler.TakeAsync(now, ended);
                live.Second(timeline.At(Math.Max(0, (int)now.TotalSeconds - 1)), options.Length, underWay(), watchers.Told);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The load is over.
        }
    }

    private static async Task PrepareAsync(RpcChannel channel, World world, Scenario scenario, CancellationToken cancellation)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = cancellation };
        await Parallel.ForAsync(0, scenario.Hot, parallel, async (patient, token) =>
        {
            await Reading.OpenAsync(channel, world, patient, token);
            for (var professional = 0; professional < scenario.Professionals; professional++)
            {
                if (!scenario.Follows(professional, patient))
                    continue;
                await channel.UnaryAsync<AuthorizeProfessionalRequest, AuthorizeProfessionalResponse>(
                    Methods.AuthorizeProfessional,
                    new AuthorizeProfessionalRequest
                    {
                        Patient = world.Patient(patient),
                        Holder = new Holder { ProfessionalId = world.Professional(professional) },
                    },
                    world.AsPatient(patient), token);
                await channel.UnaryAsync<FollowRequest, FollowResponse>(
                    Methods.Follow, new FollowRequest { Patient = world.Patient(patient) },
                    world.AsProfessional(professional), token);
            }
        });
    }
}
