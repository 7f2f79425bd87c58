using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HealthGrains.Campaigns.Breaking;
using HealthGrains.Campaigns.Shared;
using HealthGrains.Contracts.V1;
using HealthGrains.Host.Databases;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.HalfOpen;

/// <summary><c>half-open</c>: lines that go dead without a word: of watching clients, of a host to its database under load, and of a
/// host that waits for what another host writes.</summary>
/// <remarks>Each is noticed within 30 s by whoever depends on it: the server drops the clients, the clients come back, commits go on,
/// the other host's documents are told. Nothing is lost, and every connection of the pool is of use again.</remarks>
internal static class HalfOpenVerb
{
    private const string NeverHeals = "line-never-heals";
    private const int Patients = 40;
    private const int Professionals = 8;
    private const int Reads = 200;

    // 30 s, and looking takes a while.
    private static readonly TimeSpan NoticedWithin = TimeSpan.FromSeconds(32);

    public static Command Command()
    {
        var rounds = new Option<int?>("--rounds") { Description = "By default 3, one of each kind; with --long 50." };
        return BreakingVerb.Of(
            "half-open",
            "Lines that go dead without a word: clients, the database under load, the database while waiting",
            [NeverHeals],
            [rounds],
            (options, book, cancellation) => RunAsync(
                options, options.Parsed.GetValue(rounds) ?? (options.IsLong ? 50 : 3), book, cancellation));
    }

    private static async Task<string> RunAsync(BreakingOptions options, int rounds, RoundBook book, CancellationToken cancellation)
    {
        if (ScratchCluster.Programs() is null)
            throw new FaultUnavailableException("no PostgreSQL is installed here");
        await using var cluster = await ScratchCluster.StartAsync(Path.Combine(options.Scratch, "pg"));
        await using var toDatabase = new Line(
            () => new UnixDomainSocketEndPoint(Path.Combine(cluster.Sockets, ".s.PGSQL.5432")), options.Planted == NeverHeals);
        var data = Path.Combine(options.Scratch, "data");
        string[] store = ["--store", "postgresql", "--postgresql"];

        // The other host has a sound line of its own.
        await using var other = await ServerProcess.StartAsync(
            [.. options.Server(null), .. store, $"{cluster.Connection};Application Name=other"], data, null, cancellation);
        var through = $"Host=127.0.0.1;Port={toDatabase.Port};Username={ScratchCluster.User};Database={ScratchCluster.Database};Application Name=through";
        await using var host = await ServerProcess.StartAsync([.. options.Server(null), .. store, through], data, null, cancellation);
        await using var toHost = new Line(() => new IPEndPoint(IPAddress.Loopback, host.Address.Port), neverHeals: false);
        await using var ledger = new Ledger(Path.Combine(options.Scratch, "ledger.txt"));
        var world = new World(data, Patients, Professionals);
        await using var channel = new RpcChannel(host.Address, new RpcChannelOptions { Connections = 2 });
        await world.PrepareAsync(channel, cancellation);
        await using var watchers = new Watchers(world, 1, _ => new Uri($"http://127.0.0.1:{toHost.Port}"));
        using var http = new HttpClient();
        var load = new Load(world, ledger, options.Seed, 1024);
        var verifier = new Verifier(world, ledger);
        await UntilAsync(async () => await WatchersAsync() == Professionals, NoticedWithin);
        string[] kinds = ["database under load", "clients", "database while waiting"];
        for (var round = 1; round <= rounds; round++)
        {
            var kind = kinds[(round - 1) % kinds.Length];
            var before = ledger.Acknowledged;
            var (dead, noticed, problem) = kind switch
            {
                "clients" => await ClientsAsync(round),
                "database under load" => await UnderLoadAsync(round),
                _ => await WaitingAsync(round),
            };

            // Every connection is of use again: as many reads at once as there are, several times over.
            var refused = 0;
            if (problem is null)
            {
                await Parallel.ForAsync(0, Reads, World.Parallelism(cancellation), async (number, token) =>
                {
                    try
                    {
                        await channel.UnaryAsync<ListDocumentsRequest, ListDocumentsResponse>(
                            "/healthgrains.v1.PatientRecords/ListDocuments",
                            new ListDocumentsRequest { Patient = world.Patients[number % Patients] }, world.AsPatient(number % Patients), token);
                    }
                    catch (RpcException)
                    {
                        Interlocked.Increment(ref refused);
                    }
                });
                if (refused > 0)
                    problem = $"{refused} of {Reads} reads failed after the line was back";
            }

            Findings? findings = null;
            var told = Stopwatch.StartNew();
            var missing = problem is null ? await watchers.SettleAsync(ledger, NoticedWithin, cancellation) : 0;
            var toldIn = told.Elapsed;
            if (missing > 0)
                problem = $"{missing} documents were not told to who watches within {NoticedWithin}";
            if (problem is null)
            {
                findings = await verifier.CheckAsync(channel, round, cancellation);
                List<Submitted> unknown = [.. ledger.Documents.Where(document => document.Answer is null)];
                await Parallel.ForEachAsync(unknown, World.Parallelism(cancellation), async (document, token) =>
                    await load.SettleAsync(channel, document, token));
                missing = await watchers.SettleAsync(ledger, NoticedWithin, cancellation);
                problem = !findings.IsClean ? findings.ToString()
                    : missing > 0 ? $"{missing} documents were not told to who watches"
                    : watchers.Gaps + watchers.Repeated > 0 ? $"watchers: {watchers.Gaps} gaps, {watchers.Repeated} repeated"
                    : null;
            }

            book.Add(problem, dead == 0, new
            {
                kind,
                dead_lines = dead,
                told_after_seconds = Math.Round(toldIn.TotalSeconds, 1),
                noticed_after_seconds = Math.Round(noticed.TotalSeconds, 1),
                acknowledged = ledger.Acknowledged - before,
                streams_resumed = watchers.Resumed,
                findings,
            });
            if (problem is not null)
                break;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{ledger.Acknowledged} acknowledged and read back, {watchers.Resumed} streams resumed");

        async Task<(int Dead, TimeSpan Noticed, string? Problem)> ClientsAsync(int round)
        {
            var ends = watchers.Resumed;
            await LoadAsync(host, round, 50, NoticedWithin);
            var clock = Stopwatch.StartNew();
            var dead = toHost.Freeze();

            // The clients notice first and come back; the server is left with streams that nobody reads.
            var cameBack = await UntilAsync(() => Task.FromResult(watchers.Resumed >= ends + Professionals), NoticedWithin);
            var noticed = await UntilAsync(async () => await WatchersAsync() == Professionals, NoticedWithin - clock.Elapsed);
            var took = clock.Elapsed;
            await LoadAsync(host, round, 50, NoticedWithin);
            return (dead, took, !cameBack ? "the clients did not come back" : !noticed ? $"after {took} the server still has {await WatchersAsync()} watchers" : null);
        }

        async Task<(int Dead, TimeSpan Noticed, string? Problem)> UnderLoadAsync(int round)
        {
            await LoadAsync(host, round, 300, NoticedWithin);
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var running = RepeatAsync(host, round, ended.Token);
            await Task.Delay(200, cancellation);
            var clock = Stopwatch.StartNew();
            var dead = toDatabase.Freeze();
            await Task.Delay(200, cancellation);
            var then = ledger.Acknowledged;
            var again = await UntilAsync(() => Task.FromResult(ledger.Acknowledged > then), NoticedWithin);
            var took = clock.Elapsed;
            again = again && await UntilAsync(() => Task.FromResult(ledger.Acknowledged > then + 200), NoticedWithin);
            await ended.CancelAsync();
            await running;
            return (dead, took, again ? null : $"nothing was acknowledged for {took}");
        }

        async Task<(int Dead, TimeSpan Noticed, string? Problem)> WaitingAsync(int round)
        {
            var clock = Stopwatch.StartNew();
            var dead = toDatabase.Freeze();
            await LoadAsync(other, round, 50, NoticedWithin);
            var missing = await watchers.SettleAsync(ledger, NoticedWithin, cancellation);
            return (dead, clock.Elapsed, missing == 0 ? null : $"{missing} documents of the other host were not told within {NoticedWithin}");
        }

        async Task LoadAsync(ServerProcess at, int round, int many, TimeSpan within)
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            ended.CancelAfter(within);
            await load.RunAsync(
                at.Address,
                round,
                count =>
                {
                    if (count >= many)
                        ended.Cancel();
                },
                ended.Token);
        }

        async Task RepeatAsync(ServerProcess at, int round, CancellationToken ended)
        {
            while (!ended.IsCancellationRequested)
            {
                await load.RunAsync(at.Address, round, _ => { }, ended);
                await Task.Delay(100, CancellationToken.None);
            }
        }

        async Task<long> WatchersAsync()
        {
            var text = await http.GetStringAsync(new Uri(host.Web, "/metrics"), cancellation);
            return (long)text.Split('\n').Where(line => line.StartsWith("healthgrains_watchers", StringComparison.Ordinal))
                .Sum(line => double.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture));
        }

        async Task<bool> UntilAsync(Func<Task<bool>> condition, TimeSpan atMost)
        {
            var clock = Stopwatch.StartNew();
            while (!await condition())
            {
                if (clock.Elapsed > atMost)
                    return false;
                await Task.Delay(100, cancellation);
            }

            return true;
        }
    }
}
