using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using HealthGrains.Campaigns.Breaking;
using HealthGrains.Campaigns.Plants;
using HealthGrains.Contracts.V1;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Storm;

/// <summary><c>storm</c>: each unique id is sent many times at once, over connections that break and a kill -9; then with other bytes,
/// then for another patient; and at last five times as much load as the store can take.</summary>
/// <remarks>One document each. All receipts of one id are the same but for <c>already_known</c>, and at most one of them says that it
/// was new. Other bytes are refused, another patient is an alarm that names both.</remarks>
internal static class StormVerb
{
    private const string Api = "/healthgrains.v1.";
    private const int Patients = 64;
    private const int Professionals = 4;
    private const int ContentBytes = 512;
    private const int IdsAtOnce = 8;
    private const int Misrouted = 20;

    private static readonly TimeSpan AlarmWithin = TimeSpan.FromSeconds(15);

    public static Command Command()
    {
        var ids = new Option<int?>("--ids") { Description = "Unique ids in all; by default 1,000, with --long 100,000." };
        var copies = new Option<int>("--copies") { Description = "How often each is sent.", DefaultValueFactory = _ => 50 };
        var rounds = new Option<int?>("--rounds") { Description = "Each with a kill -9; by default 4, with --long 100." };
        var overload = new Option<double>("--overload-seconds") { Description = "Of each part of the overload.", DefaultValueFactory = _ => 4 };
        return BreakingVerb.Of(
            "storm",
            "Every submission 50 times at once, over broken connections and a kill -9; five times the capacity",
            [NoDeduplication.Name],
            [ids, copies, rounds, overload],
            async (options, book, cancellation) =>
            {
                var storm = await RunAsync(
                    options,
                    options.Parsed.GetValue(ids) ?? (options.IsLong ? 100_000 : 1_000),
                    options.Parsed.GetValue(copies),
                    options.Parsed.GetValue(rounds) ?? (options.IsLong ? 100 : 4),
                    book,
                    cancellation);
                var length = TimeSpan.FromSeconds(options.Parsed.GetValue(overload));
                return length == TimeSpan.Zero || options.Planted is not null
                    ? storm
                    : $"{storm}; {await Overload.RunAsync(Path.Combine(options.Scratch, "overload"), options.Seed, length, book, cancellation)}";
            });
    }

    private static async Task<string> RunAsync(
        BreakingOptions options, int ids, int copies, int rounds, RoundBook book, CancellationToken cancellation)
    {
        var data = Path.Combine(options.Scratch, "data");
        await using var ledger = new Ledger(Path.Combine(options.Scratch, "ledger.txt"));
        var lines = new ConcurrentQueue<string>();
        await using var server = new MovingServer(options.Server(options.Planted), data, 4, line =>
        {
            if (line.Contains("for two patients", StringComparison.Ordinal))
                lines.Enqueue(line);
        });
        await server.StartAsync(cancellation);
        var world = new World(data, Patients, Professionals);
        var others = new World(data, Patients + Misrouted, Professionals);
        await world.PrepareAsync(server.Channel(0), cancellation);
        var verifier = new Verifier(world, ledger);
        var random = new Random(options.Seed);
        var calls = 0L;
        var perRound = (ids + rounds - 1) / rounds;
        for (var round = 1; round <= rounds; round++)
        {
            var receipts = new ConcurrentDictionary<Submitted, ConcurrentBag<Receipt>>();
            var lost = new ConcurrentDictionary<Submitted, bool>();
            var sent = 0L;
            List<(Submitted Document, SubmitRequest Request)> documents = [.. Enumerable.Range(0, perRound).Select(number => Next(round, number))];
            var reconnectsBefore = server.Reconnects;

            // A kill in the middle, and a connection that breaks every now and then.
            var all = (long)perRound * copies;
            var killAt = (all / 3) + random.NextInt64(all / 3);
            var struck = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var killing = KillAsync();
            await Parallel.ForEachAsync(
                documents,
                new ParallelOptions { MaxDegreeOfParallelism = IdsAtOnce, CancellationToken = cancellation },
                async (one, token) => await Task.WhenAll(Enumerable.Range(0, copies).Select(copy => SendAsync(one.Document, one.Request, copy, token))));
            var struckInTime = struck.Task.IsCompletedSuccessfully;
            struck.TrySetResult();
            await killing;

            string? problem = null;
            foreach (var (document, answers) in receipts)
            {
                var first = answers.First();
                var isSame = answers.All(receipt => Same(receipt, first));
                var fresh = answers.Count(receipt => !receipt.AlreadyKnown);
                if (!isSame || fresh > 1 || (fresh == 0 && !lost.ContainsKey(document)))
                    problem ??= $"{document.UniqueId}: {(isSame ? "" : "receipts differ, ")}{fresh} of {answers.Count} receipts say that it was new";
                ledger.Answered(document, new Answer(first.DocumentId, first.Shard, first.Position, AlreadyKnown: true));
            }

            var (reused, reuseProblem) = await OtherBytesAsync(documents);
            problem ??= reuseProblem;
            var findings = await verifier.CheckAsync(server.Channel(0), round, cancellation);
            if (!findings.IsClean)
                problem ??= findings.ToString();
            var (alarms, alarmProblem) = await OtherPatientAsync([.. documents.Take(Misrouted)]);
            problem ??= alarmProblem;
            calls += sent;
            book.Add(problem, !struckInTime, new
            {
                ids = perRound,
                calls = sent,
                lost_answers = lost.Count,
                reconnects = server.Reconnects - reconnectsBefore,
                refused_other_bytes = reused,
                alarms_other_patient = alarms,
                findings,
            });
            if (problem is not null)
                break;

            async Task KillAsync()
            {
                await struck.Task;
                if (Volatile.Read(ref sent) >= all)
                    return;
                await server.Running.KillAsync();
                await server.StartAsync(cancellation);
            }

            async Task SendAsync(Submitted document, SubmitRequest request, int copy, CancellationToken token)
            {
                while (true)
                {
                    var number = Interlocked.Increment(ref sent);
                    if (number >= killAt)
                        struck.TrySetResult();
                    if (number % 2_500 == 0)
                        await server.ReconnectAsync((int)(number / 2_500 % 4));
                    try
                    {
                        var response = await server.Channel(copy).UnaryAsync<SubmitRequest, SubmitResponse>(
                            Api + "DocumentExchange/Submit", request, world.AsProducer(), token);
                        receipts.GetOrAdd(document, _ => []).Add(response.Receipt);
                        return;
                    }
                    catch (RpcException refused) when (refused.Code == RpcStatusCode.ResourceExhausted)
                    {
                        await Task.Delay(20, token);
                    }
                    catch (RpcException gone) when (gone.Code is RpcStatusCode.Unavailable or RpcStatusCode.Unknown
                        or RpcStatusCode.DeadlineExceeded or RpcStatusCode.Cancelled or RpcStatusCode.Internal)
                    {
                        lost[document] = true;
                        await Task.Delay(20, token);
                    }
                    catch (Exception disposed) when (disposed is ObjectDisposedException or OperationCanceledException && !token.IsCancellationRequested)
                    {
                        // Its connection was given up under it.
                        lost[document] = true;
                    }
                }
            }
        }

        var end = await server.Running.StopAsync();
        if (end != 0)
            book.Add($"exit {end} after SIGTERM", false, new { ids = 0 });
        return $"{ledger.Acknowledged} ids, {calls} calls, {server.Reconnects} reconnects";

        (Submitted, SubmitRequest) Next(int round, int number)
        {
            var uniqueId = string.Create(CultureInfo.InvariantCulture, $"1.2.250.1.213.1.4.10.97.{options.Seed}.{round}.{number}");
            var patient = random.Next(Patients);
            var content = new byte[ContentBytes];
            random.NextBytes(content);
            return (
                ledger.Intend(uniqueId, patient, content, round),
                DepositRequest.Of(world.Patients[patient], uniqueId, content, world.Professionals[world.FollowerOf(patient)], World.Organization));
        }

        async Task<(int Refused, string? Problem)> OtherBytesAsync(IReadOnlyList<(Submitted Document, SubmitRequest Request)> documents)
        {
            var answers = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
            await Parallel.ForEachAsync(documents, World.Parallelism(cancellation), async (one, token) =>
            {
                var other = DepositRequest.Of(
                    one.Request.Patient, one.Document.UniqueId, [.. one.Request.Content.Memory.ToArray().Reverse()], one.Request.Metadata.Authors[0].Id, World.Organization);
                string answer;
                try
                {
                    await server.Channel(0).UnaryAsync<SubmitRequest, SubmitResponse>(
                        Api + "DocumentExchange/Submit", other, world.AsProducer(), token);
                    answer = "accepted";
                }
                catch (RpcException refused)
                {
                    answer = refused.FindDetail<Google.Rpc.ErrorInfo>()?.Reason ?? refused.Code.ToString();
                }

                answers.AddOrUpdate(answer, 1, static (_, n) => n + 1);
            });
            var right = answers.GetValueOrDefault("UNIQUEID_REUSED");
            return (right, right == documents.Count ? null : $"other bytes: {string.Join(' ', answers.Select(one => $"{one.Key}:{one.Value}"))}");
        }

        async Task<(int Alarms, string? Problem)> OtherPatientAsync(IReadOnlyList<(Submitted Document, SubmitRequest Request)> documents)
        {
            var wanted = new List<(string First, string Second)>();
            for (var index = 0; index < documents.Count; index++)
            {
                var (document, request) = documents[index];
                var elsewhere = request.Clone();
                elsewhere.Patient = others.Patients[Patients + index];
                var response = await server.Channel(0).UnaryAsync<SubmitRequest, SubmitResponse>(
                    Api + "DocumentExchange/Submit", elsewhere, world.AsProducer(), cancellation);
                if (response.Receipt.AlreadyKnown || response.Receipt.DocumentId == document.Answer!.DocumentId) // ! answered above
                    return (0, $"{document.UniqueId} is one document under two patients");
                wanted.Add((document.Answer.DocumentId, response.Receipt.DocumentId));
            }

            // The log's line is the alarm; it names both documents.
            var clock = Stopwatch.StartNew();
            while (true)
            {
                var alarms = wanted.Count(pair => lines.Any(line =>
                    line.Contains(pair.First, StringComparison.OrdinalIgnoreCase) && line.Contains(pair.Second, StringComparison.OrdinalIgnoreCase)));
                if (alarms == wanted.Count)
                    return (alarms, null);
                if (clock.Elapsed > AlarmWithin)
                    return (alarms, $"{alarms} of {wanted.Count} ids under two patients are alarms that name both, {AlarmWithin} later");
                await Task.Delay(50, cancellation);
            }
        }
    }

    private static bool Same(Receipt one, Receipt other)
    {
        var (a, b) = (one.Clone(), other.Clone());
        a.AlreadyKnown = b.AlreadyKnown = true;
        return a.Equals(b);
    }
}
