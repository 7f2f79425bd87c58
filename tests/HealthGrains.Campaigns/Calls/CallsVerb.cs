using System.CommandLine;
using System.Diagnostics;
using HealthGrains.Campaigns.Breaking;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Calls;

/// <summary><c>calls</c>: the n-th open, write, sync or rename of the server fails, at its first start, at a recovery, under load.</summary>
/// <remarks>Whatever fails, the server either goes on and acknowledges again, or ends with an exit code other than 0 and one line
/// that says why, and recovers at its next start. After a failed sync of the write-ahead log nothing that was sent later is
/// acknowledged. Nothing acknowledged is ever lost, altered or doubled.</remarks>
internal static class CallsVerb
{
    private const string Swallow = "swallowed-error";
    private const int Patients = 40;
    private const int Professionals = 4;
    private const int AcknowledgedAfter = 60;

    // From the failed call to what the server makes of it.
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan GoesOnWithin = TimeSpan.FromSeconds(15);

    public static Command Command()
    {
        var perKind = new Option<int?>("--per-kind") { Description = "Faults of each phase, call and error; by default 1, with --long all." };
        var most = new Option<int?>("--n-max") { Description = "The largest n; by default 50, with --long 400." };
        var atMost = new Option<double?>("--at-most") { Description = "Seconds after which no further round is begun." };
        return BreakingVerb.Of(
            "calls",
            "The n-th open, write, fsync, fdatasync or rename of the server fails: EIO, ENOSPC, EINTR, a short write",
            [Swallow],
            [perKind, most, atMost],
            (options, book, cancellation) => RunAsync(
                options,
                options.Parsed.GetValue(perKind) ?? (options.IsLong ? int.MaxValue : 1),
                options.Parsed.GetValue(most) ?? (options.IsLong ? 400 : 50),
                options.Parsed.GetValue(atMost) is { } seconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue,
                book,
                cancellation));
    }

    private static async Task<string> RunAsync(
        BreakingOptions options, int perKind, int most, TimeSpan atMost, RoundBook book, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        using var calls = await FailingCalls.CompileAsync(options.Scratch, options.Planted == Swallow, cancellation);
        using var others = calls.ForAnother();
        await using var ledger = new Ledger(Path.Combine(options.Scratch, "ledger.txt"));
        await using var host = new FailingHost(options.Server(null), calls, Path.Combine(options.Scratch, "data"));
        var seen = new Dictionary<(Phase, Call), long>();
        await CountAsync(Phase.FirstStart, () => host.StartAsync(cancellation));
        var world = new World(host.Data, Patients, Professionals);
        await using (var channel = new RpcChannel(host.Running.Address, null))
            await world.PrepareAsync(channel, cancellation);
        var load = new Load(world, ledger, options.Seed, 1024);
        await CountAsync(Phase.Load, () => UnderLoadAsync(0, TimeSpan.FromSeconds(2), () => false));
        await host.Running.KillAsync();
        await CountAsync(Phase.Restart, () => host.StartAsync(cancellation));

        var verifier = new Verifier(world, ledger);
        var random = new Random(options.Seed);
        List<CallFault> faults = [.. CallFault.Choose(seen, perKind, most, random)];
        if (!options.IsLong)
        {
            // What time does not allow is each time something else.
            var shuffled = faults.ToArray();
            random.Shuffle(shuffled);
            faults = [.. shuffled];
        }

        if (options.Planted is not null)
            faults = [.. faults.Where(fault => fault is { Phase: Phase.Load, IsSync: true }).Take(3)];
        var left = 0;
        for (var index = 0; index < faults.Count; index++)
        {
            if (clock.Elapsed > atMost)
            {
                left = faults.Count - index;
                break;
            }

            await RoundAsync(faults[index], index + 1);
        }

        calls.Disarm();
        if (!host.IsRunning)
            await host.StartAsync(cancellation);
        await using var last = new RpcChannel(host.Running.Address, new RpcChannelOptions { Connections = 2 });
        var all = await verifier.CheckAsync(last, null, cancellation);
        var stopped = await host.Running.StopAsync();
        if (!all.IsClean || stopped != 0)
            book.Add($"at the end: {all}, exit {stopped} after SIGTERM", false, new { phase = "end" });
        var absent = string.Join(' ', Enum.GetValues<Call>().Where(call => seen.All(each => each.Key.Item2 != call || each.Value == 0)));
        return $"{book.Rounds - book.Voids} failed calls, {ledger.Acknowledged} acknowledged, {all}"
            + (absent.Length > 0 ? $", never called here: {absent}" : "") + (left > 0 ? $", {left} faults left out for time" : "");

        async Task CountAsync(Phase phase, Func<Task> run)
        {
            var before = Enum.GetValues<Call>().ToDictionary(call => call, calls.Seen);
            await run();
            foreach (var call in Enum.GetValues<Call>())
                seen[(phase, call)] = calls.Seen(call) - before[call];
        }

        // Producers who come back when they are refused; ends when the server has, when it is enough, or in time.
        async Task UnderLoadAsync(int round, TimeSpan within, Func<bool> isEnough)
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            ended.CancelAfter(within);
            while (!ended.IsCancellationRequested && !host.Running.HasExited && !isEnough())
            {
                await load.RunAsync(
                    host.Running.Address,
                    round,
                    _ =>
                    {
                        if (isEnough())
                            ended.Cancel();
                    },
                    ended.Token);
                await Task.Delay(20, CancellationToken.None);
            }
        }

        // A server that ends says so to its health checks at once, and has some calls to drain.
        async Task<int?> EndAsync(FailingHost failing, FailingCalls its)
        {
            if (its.Failure() is not null)
                await Task.Delay(Settled, cancellation);
            return await failing.Running.ServesAsync(cancellation)
                ? null
                : await failing.Running.EndedWithinAsync(GoesOnWithin, cancellation);
        }

        async Task RoundAsync(CallFault fault, int round)
        {
            var before = ledger.Acknowledged;
            string? problem = null;
            int? exit = null;
            var said = "";
            if (fault.Phase == Phase.FirstStart)
            {
                // Nothing is acknowledged there; but whatever is left of it must not keep the next start from its work.
                await using var fresh = new FailingHost(options.Server(null), others, Path.Combine(options.Scratch, $"first-{round}"));
                others.Arm(fault.Call, fault.Outcome, fault.N);
                (exit, said) = await fresh.TryStartAsync(cancellation);
                others.Disarm();
                exit ??= await EndAsync(fresh, others);
                if (exit is not null)
                {
                    said = fresh.LastLine;
                    problem = ProblemOfTheEnd(exit, fresh);
                    var (again, refused) = await fresh.TryStartAsync(cancellation);
                    if (again is not null)
                        problem = Join(problem, $"the next start ended with {again}: {refused}");
                }

                if (fresh.IsRunning && await fresh.Running.StopAsync() is not 0 and var bad)
                    problem = Join(problem, $"exit {bad} after SIGTERM");
                await fresh.DisposeAsync();
                Directory.Delete(fresh.Data, recursive: true);
            }
            else if (fault.Phase == Phase.Restart)
            {
                await host.Running.KillAsync();
                calls.Arm(fault.Call, fault.Outcome, fault.N);
                (exit, said) = await host.TryStartAsync(cancellation);
                if (exit is null)
                    await UnderLoadAsync(round, TimeSpan.FromSeconds(5), () => ledger.Acknowledged >= before + AcknowledgedAfter);
            }
            else
            {
                calls.Arm(fault.Call, fault.Outcome, fault.N);
                var atFailure = -1;
                await UnderLoadAsync(round, GoesOnWithin, () =>
                {
                    if (calls.Failure() is null)
                        return false;
                    if (atFailure < 0)
                        atFailure = ledger.Acknowledged;
                    return ledger.Acknowledged >= atFailure + AcknowledgedAfter;
                });
                if (calls.Failure() is not null && !host.Running.HasExited && ledger.Acknowledged < atFailure + AcknowledgedAfter)
                    problem = $"it neither ended nor acknowledged {AcknowledgedAfter} documents within {GoesOnWithin}";
            }

            var failure = (fault.Phase == Phase.FirstStart ? others : calls).Failure();
            calls.Disarm();
            if (fault.Phase != Phase.FirstStart)
            {
                // What was sent after the log's sync had failed cannot have been synced by it.
                if (failure is { } failed && fault.IsSync && failed.Path.EndsWith("-wal", StringComparison.Ordinal))
                {
                    var later = ledger.Documents.Count(document =>
                        document.Round == round && document.IntendedAt > failed.At && document.Answer is not null);
                    if (later > 0)
                        problem = Join(problem, $"{later} documents that were sent after the failed sync were acknowledged");
                }

                exit ??= await EndAsync(host, calls);
                if (exit is not null)
                {
                    said = host.LastLine;
                    problem = Join(problem, ProblemOfTheEnd(exit, host));
                }
            }

            // SQLite does not look at the sync of a directory in which it has made a file; the store syncs its directory itself, later.
            // Which of the two was struck is not told apart here: that nothing is lost is what counts.
            if (fault.IsSync && exit is null && failure is { } synced && !IsDirectory(synced.Path))
                problem = Join(problem, "a sync failed and the server went on");
            Findings? findings = null;
            if (fault.Phase != Phase.FirstStart)
            {
                if (exit is not null)
                    await host.StartAsync(cancellation);
                await using var channel = new RpcChannel(host.Running.Address, new RpcChannelOptions { Connections = 2 });
                findings = await verifier.CheckAsync(channel, round, cancellation);
                List<Submitted> unknown = [.. ledger.Documents.Where(document => document.Answer is null)];
                await Parallel.ForEachAsync(unknown, World.Parallelism(cancellation), async (document, token) =>
                    await load.SettleAsync(channel, document, token));
                if (!findings.IsClean)
                    problem = Join(problem, findings.ToString());
            }

            book.Add(problem, failure is null, new
            {
                phase = fault.Phase.ToString(),
                call = fault.Call.ToString(),
                fault.Error,
                fault.N,
                file = failure is { } on ? NameOf(on.Path) : null,
                exit,
                said,
                acknowledged = ledger.Acknowledged - before,
                findings,
            });
        }
    }

    // One of a first start may be gone again; files have extensions, directories have none.
    private static bool IsDirectory(string path) => Directory.Exists(path) || !Path.HasExtension(path);

    private static string NameOf(string path) => Directory.Exists(path) ? "a directory" : Path.GetFileName(path);

    // 2 to 127 are answers of the command line; 1 is a defect by its own words, 128 and more a signal.
    private static string? ProblemOfTheEnd(int? exit, FailingHost host) =>
        exit is not (> 1 and < 128) ? $"it ended with {exit}: {host.LastLine}"
        : host.ClosingLines != 1 ? $"it ended with {host.ClosingLines} lines instead of one"
        : host.SaysUnhandled ? "it ended with an unhandled exception"
        : null;

    private static string? Join(string? one, string? other) => one is null ? other : other is null ? one : $"{one}; {other}";
}
