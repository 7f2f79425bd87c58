using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using HealthGrains.Campaigns.Breaking;
using HealthGrains.Campaigns.Plants;
using HealthGrains.Contracts.V1;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Full;

/// <summary><c>full</c>: the disk fills up under load, and is freed again.</summary>
/// <remarks>While it is full, submissions are refused with OVERLOADED and a time to come back; a patient reads; a professional's read and
/// a revocation are done if they could be written, else refused. Once there is room it goes on, in the same process, and nothing
/// that was acknowledged is missing.</remarks>
internal static class FullVerb
{
    private const string Api = "/healthgrains.v1.";
    private const int Patients = 40;
    private const int Professionals = 4;
    private const int Before = 200;
    private const int After = 200;
    private const int RoundsOfOneHost = 10;

    private static readonly TimeSpan FullWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FullFor = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AgainWithin = TimeSpan.FromSeconds(30);

    public static Command Command()
    {
        var rounds = new Option<int?>("--rounds") { Description = "By default 5, with --long 100." };
        return BreakingVerb.Of(
            "full",
            "The disk fills up under load and is freed: SQLite, and the tables and the log of PostgreSQL (root)",
            [SwallowedFullStore.Name],
            [rounds],
            (options, book, cancellation) => RunAsync(
                options, options.Parsed.GetValue(rounds) ?? (options.IsLong ? 100 : 5), book, cancellation));
    }

    private static async Task<string> RunAsync(BreakingOptions options, int rounds, RoundBook book, CancellationToken cancellation)
    {
        // Of five rounds three on the embedded store, one on each folder of a database.
        var database = options.Planted is null && Host.Databases.ScratchCluster.Programs() is not null;
        var onEach = database ? rounds / 5 : 0;
        var acknowledged = 0;
        var random = new Random(options.Seed);
        var hosts = 0;
        foreach (var (kind, many) in new[] { ("sqlite", rounds - (2 * onEach)), ("base", onEach), ("pg_wal", onEach) })
        {
            for (var left = many; left > 0; left -= RoundsOfOneHost)
            {
                var directory = Path.Combine(options.Scratch, $"h{++hosts}");
                Directory.CreateDirectory(directory);
                await using var host = kind == "sqlite"
                    ? await FullHost.EmbeddedAsync(options.Server(options.Planted), directory, 160, cancellation)
                    : await FullHost.DatabaseAsync(options.Server(null), directory, kind, 320, cancellation);
                acknowledged += await OnOneHostAsync(host, directory, Math.Min(left, RoundsOfOneHost), random, book, cancellation);
            }
        }

        return $"{acknowledged} acknowledged and read back{(database ? "" : ", no PostgreSQL")}";
    }

    private static async Task<int> OnOneHostAsync(
        FullHost host, string directory, int rounds, Random random, RoundBook book, CancellationToken cancellation)
    {
        await using var ledger = new Ledger(Path.Combine(directory, "ledger.txt"));
        var world = new World(host.Data, Patients, Professionals);

        // One more for each round, who revokes while the disk is full.
        var revoking = new World(host.Data, Patients + rounds, Professionals);
        var process = host.Server.Id;
        await using var channel = new RpcChannel(host.Server.Address, new RpcChannelOptions { Connections = 2 });
        await revoking.PrepareAsync(channel, cancellation);
        var load = new Load(world, ledger, random.Next(1_000_000), 1024);
        var verifier = new Verifier(world, ledger);
        for (var round = 1; round <= rounds; round++)
        {
            var patient = Patients + round - 1;
            var own = await SubmitAsync(patient, round, 0);
            var before = ledger.Acknowledged;
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var running = UnderLoadAsync(round, ended.Token);
            await UntilAsync(() => ledger.Acknowledged >= before + Before, FullWithin, cancellation);
            host.Disk.Fill(leaving: random.Next(64, 1024) * 1024L);
            var clock = Stopwatch.StartNew();
            var answers = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
            var isFull = false;
            string? problem = null;
            while (!isFull && clock.Elapsed < FullWithin)
            {
                // Either is refused once there is no room: the one must be written, and so must the trace of the other.
                isFull = await AskAsync("submit", () => SubmitAsync(patient, round, (int)clock.ElapsedMilliseconds + 1)) is not "OK"
                    || await AskAsync("professional reads", () => ReadAsync(patient, own, revoking.AsProfessional(revoking.FollowerOf(patient)))) is not "OK";
                await Task.Delay(20, cancellation);
            }

            var filledIn = clock.Elapsed;
            var (reads, wasRevoked, readAfter, full) = (0, false, 0, Stopwatch.StartNew());
            while (isFull && full.Elapsed < FullFor)
            {
                await AskAsync("submit", () => SubmitAsync(patient, round, 1_000_000 + (int)clock.ElapsedMilliseconds));
                if (await AskAsync("patient reads", () => ReadAsync(patient, own, revoking.AsPatient(patient))) is var seen and not "OK" && host.Kind == "SQLite")
                    problem ??= $"a patient's read was answered {seen}";
                var read = await AskAsync("professional reads", () => ReadAsync(patient, own, revoking.AsProfessional(revoking.FollowerOf(patient))));
                reads += read == "OK" ? 1 : 0;
                readAfter += wasRevoked && read == "OK" ? 1 : 0;
                if (full.Elapsed > FullFor / 2 && !wasRevoked)
                    wasRevoked = await AskAsync("revokes", () => RevokeAsync(patient)) == "OK";
            }

            host.Disk.Free();
            var again = Stopwatch.StartNew();
            var restarted = await host.RecoverAsync();
            var freedAt = ledger.Acknowledged;
            var wentOn = await UntilAsync(() => ledger.Acknowledged > freedAt, AgainWithin, cancellation);
            var againIn = again.Elapsed;
            wentOn = wentOn && await UntilAsync(() => ledger.Acknowledged >= freedAt + After, AgainWithin, cancellation);
            await ended.CancelAsync();
            await running;
            if (host.Server.HasExited || host.Server.Id != process)
                problem ??= "the server ended";
            else if (!wentOn)
                problem ??= $"nothing was acknowledged within {AgainWithin} after there was room again";
            var wrong = answers.Keys.Where(answer => answer.Split(": ")[1] is not "OK" and var reason && !MayAnswer(reason)).ToList();
            if (wrong.Count > 0)
                problem ??= $"while it was full: {string.Join(", ", wrong)}";
            if (readAfter > 0)
                problem ??= $"{readAfter} reads after an acknowledged revocation";
            Findings? findings = null;
            if (wentOn)
            {
                findings = await verifier.CheckAsync(channel, round, cancellation);
                List<Submitted> unknown = [.. ledger.Documents.Where(document => document.Answer is null)];
                await Parallel.ForEachAsync(unknown, World.Parallelism(cancellation), async (document, token) =>
                    await load.SettleAsync(channel, document, token));
                if (!findings.IsClean)
                    problem ??= findings.ToString();
                var traces = await TracesAsync(patient);
                if (traces < reads)
                    problem ??= $"{reads} reads of a professional left {traces} traces";
            }

            book.Add(problem, !isFull, new
            {
                host.Kind,
                full_after_seconds = Math.Round(filledIn.TotalSeconds, 1),
                answers = string.Join(", ", answers.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Key} x{one.Value}")),
                database_restarted = restarted,
                again_after_seconds = Math.Round(againIn.TotalSeconds, 2),
                acknowledged = ledger.Acknowledged - before,
                findings,
            });
            if (problem is not null)
                break;

            // Only what the answer says; nothing but a time to come back belongs to a refusal of this kind.
            async Task<string> AskAsync(string what, Func<Task> call)
            {
                string answer;
                try
                {
                    await call();
                    answer = "OK";
                }
                catch (RpcException refused)
                {
                    answer = refused.FindDetail<Google.Rpc.ErrorInfo>()?.Reason is { Length: > 0 } reason ? reason : refused.Code.ToString();
                    if (refused.Code is RpcStatusCode.ResourceExhausted or RpcStatusCode.Unavailable && refused.FindDetail<Google.Rpc.RetryInfo>() is null)
                        answer += " without a time to come back";
                }

                answers.AddOrUpdate($"{what}: {answer}", 1, static (_, n) => n + 1);
                return answer;
            }

            // After its revocation a professional is refused for what was decided.
            bool MayAnswer(string reason) => host.MayAnswer(reason) || (wasRevoked && reason == "CONSENT_REQUIRED");
        }

        return ledger.Acknowledged;

        async Task UnderLoadAsync(int round, CancellationToken ended)
        {
            while (!ended.IsCancellationRequested && !host.Server.HasExited)
            {
                await load.RunAsync(host.Server.Address, round, _ => { }, ended);
                await Task.Delay(50, CancellationToken.None);
            }
        }

        async Task<string> SubmitAsync(int patient, int round, int number)
        {
            var response = await channel.UnaryAsync<SubmitRequest, SubmitResponse>(
                Api + "DocumentExchange/Submit",
                DepositRequest.Of(
                    revoking.Patients[patient], $"1.2.250.1.213.1.4.10.96.{round}.{number}", new byte[16 * 1024],
                    revoking.Professionals[revoking.FollowerOf(patient)], World.Organization),
                revoking.AsProducer(),
                cancellation);
            return response.Receipt.DocumentId;
        }

        async Task ReadAsync(int patient, string document, RpcCallOptions by) =>
            await channel.UnaryAsync<GetDocumentRequest, Document>(
                Api + "PatientRecords/GetDocument",
                new GetDocumentRequest { Patient = revoking.Patients[patient], DocumentId = document },
                by,
                cancellation);

        async Task RevokeAsync(int patient) => await channel.UnaryAsync<RevokeAuthorizationRequest, RevokeAuthorizationResponse>(
            Api + "Consents/RevokeAuthorization",
            new RevokeAuthorizationRequest
            {
                Patient = revoking.Patients[patient],
                Holder = new Holder { ProfessionalId = revoking.Professionals[revoking.FollowerOf(patient)] },
            },
            revoking.AsPatient(patient),
            cancellation);

        async Task<int> TracesAsync(int patient)
        {
            var traces = 0;
            var page = "";
            do
            {
                var answer = await channel.UnaryAsync<ListAccessesRequest, ListAccessesResponse>(
                    Api + "PatientRecords/ListAccesses",
                    new ListAccessesRequest { Patient = revoking.Patients[patient], PageSize = 200, PageToken = page, Group = AccessTrace.Types.Group.MedicalDocument },
                    revoking.AsPatient(patient),
                    cancellation);
                traces += answer.Traces.Count;
                page = answer.NextPageToken;
            }
            while (page.Length > 0);
            return traces;
        }
    }

    private static async Task<bool> UntilAsync(Func<bool> isSo, TimeSpan atMost, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        while (!isSo())
        {
            if (clock.Elapsed > atMost)
                return false;
            await Task.Delay(20, cancellation);
        }

        return true;
    }
}
