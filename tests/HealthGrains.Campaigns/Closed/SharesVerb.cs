using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using HealthGrains.Contracts.V1;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Closed;

/// <summary><c>shares</c>: one organisation at a hundred times its rate, ten times as much load as the store can take, and one
/// professional who looks up everybody.</summary>
internal static class SharesVerb
{
    private const int Others = 20;
    private const double RateOfOne = 10;
    private const int Greed = 100;
    private const string Api = "/healthgrains.v1.";

    public static Command Command()
    {
        var seed = new Option<int>("--seed") { DefaultValueFactory = _ => 1 };
        var pairs = new Option<int>("--pairs") { Description = "Phases without and with the greedy one, in turns.", DefaultValueFactory = _ => 6 };
        var phase = new Option<double>("--phase-seconds") { DefaultValueFactory = _ => 4 };
        var overload = new Option<double>("--overload-seconds") { DefaultValueFactory = _ => 10 };
        var lookups = new Option<int>("--lookups") { DefaultValueFactory = _ => 100_000 };
        var ratio = new Option<double?>("--ratio-max") { Description = "Fail when the others' p99 becomes this many times as long." };
        var unlimited = new Option<bool>("--planted-no-quota") { Description = "A server without quotas: the campaign must report it." };
        var command = new Command("shares", "One organisation at 100 times its rate; ten times the capacity; 100,000 patients looked up");
        foreach (var option in new Option[] { seed, pairs, phase, overload, lookups, ratio, unlimited })
            command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            var scratch = Directory.CreateTempSubdirectory("healthgrains-campaign-").FullName;
            try
            {
                var problems = new List<string>();
                await GreedyAsync(
                    Path.Combine(scratch, "greedy"), parsed.GetValue(seed), parsed.GetValue(pairs), TimeSpan.FromSeconds(parsed.GetValue(phase)),
                    parsed.GetValue(ratio), parsed.GetValue(unlimited), problems, cancellation);
                await OverloadAsync(
                    Path.Combine(scratch, "overload"), parsed.GetValue(seed), TimeSpan.FromSeconds(parsed.GetValue(overload)), problems, cancellation);
                await LookupsAsync(
                    Path.Combine(scratch, "lookups"), parsed.GetValue(lookups), parsed.GetValue(unlimited), problems, cancellation);
                problems.ForEach(Console.WriteLine);
                Console.WriteLine($"shares: {problems.Count} problems");
                return problems.Count > 0 ? 1 : 0;
            }
            catch (Exception broken)
            {
                Console.WriteLine($"shares: the campaign itself broke: {broken}");
                return 5;
            }
            finally
            {
                Directory.Delete(scratch, recursive: true);
            }
        });
        return command;
    }

    /// <summary>Twenty organisations at their rate, without and with one at a hundred times its own, in turns in one run.</summary>
    private static async Task GreedyAsync(
        string data, int seed, int pairs, TimeSpan phase, double? ratioMax, bool unlimited, List<string> problems, CancellationToken cancellation)
    {
        var settings = unlimited
            ? ClosedHost.Unlimited
            : new Dictionary<string, string>(StringComparer.Ordinal) { ["Admission:Organization"] = "50,100" };
        var lines = new ServerLines();
        await using var server = await ServerProcess.StartAsync(ClosedHost.Server(null), data, null, cancellation, settings, lines.Take);
        using var world = new SharesWorld(data, Others + 1, 2_000, seed);
        await using var channel = new RpcChannel(server.Address, new RpcChannelOptions { Connections = 2 });
        await using var greedyChannel = new RpcChannel(server.Address, new RpcChannelOptions { Connections = 2 });
        var quiet = new OpenLoad();
        var beside = new OpenLoad();
        var greedy = new OpenLoad();

        // What is compiled and opened at first is nobody's.
        await OthersAsync(new OpenLoad());
        for (var pair = 0; pair < pairs; pair++)
        {
            await OthersAsync(quiet);
            await Task.WhenAll(OthersAsync(beside), greedy.RunAsync(RateOfOne * Greed, phase, _ => SubmitAsync(greedyChannel, Others), cancellation));
        }

        var ratio = beside.Percentile(0.99) / quiet.Percentile(0.99);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"greedy: {Others} organisations at {RateOfOne}/s each, p50 {quiet.Percentile(0.5):0.00} ms p99 {quiet.Percentile(0.99):0.00} ms ({quiet.Milliseconds.Count} calls); beside one at {RateOfOne * Greed}/s p50 {beside.Percentile(0.5):0.00} ms p99 {beside.Percentile(0.99):0.00} ms ({beside.Milliseconds.Count} calls): p99 x {ratio:0.00}; of the greedy one {greedy.Milliseconds.Count} taken, {greedy.RefusedInAll} refused"));
        if (quiet.RefusedInAll + beside.RefusedInAll > 0)
            problems.Add($"{quiet.RefusedInAll + beside.RefusedInAll} calls of the others were refused");
        if (greedy.Refused.GetValueOrDefault(RpcStatusCode.ResourceExhausted) < greedy.Milliseconds.Count || greedy.Refused.Count > 1)
            problems.Add($"the greedy one was not held: {greedy.Milliseconds.Count} taken, refused {string.Join(' ', greedy.Refused)}");
        if (ratio > ratioMax)
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"the others' p99 became {ratio:0.00} times as long"));
        problems.AddRange(lines.Errors);

        Task OthersAsync(OpenLoad load) => load.RunAsync(RateOfOne * Others, phase, number => SubmitAsync(channel, number % Others), cancellation);

        Task SubmitAsync(RpcChannel through, int organization) => through.UnaryAsync<SubmitRequest, SubmitResponse>(
            Api + "DocumentExchange/Submit", world.Document(organization), world.AsOrganization(organization), cancellation);
    }

    /// <summary>Ten times as many submissions as a store of known capacity can take, without any quota; revocations beside them.</summary>
    private static async Task OverloadAsync(string data, int seed, TimeSpan length, List<string> problems, CancellationToken cancellation)
    {
        const int Flooding = 10;
        const double Revocations = 10;
        await using var server = await ServerProcess.StartAsync(ClosedHost.Server("slow"), data, null, cancellation, ClosedHost.Unlimited);
        using var world = new SharesWorld(data, Flooding, 1_000, seed);
        await using var channel = new RpcChannel(server.Address, new RpcChannelOptions { Connections = 2 });
        await using var floodChannel = new RpcChannel(server.Address, new RpcChannelOptions { Connections = 8 });
        var revoked = (int)(Revocations * length.TotalSeconds);
        await Parallel.ForAsync(0, revoked, World.Parallelism(cancellation), async (patient, token) =>
        {
            await channel.UnaryAsync<OpenRecordRequest, OpenRecordResponse>(
                Api + "Consents/OpenRecord", new OpenRecordRequest { Patient = world.People.Patients[patient], TermsVersion = "2026" }, world.People.AsPatient(patient), token);
            await channel.UnaryAsync<AuthorizeProfessionalRequest, AuthorizeProfessionalResponse>(
                Api + "Consents/AuthorizeProfessional",
                new AuthorizeProfessionalRequest { Patient = world.People.Patients[patient], Holder = new Holder { ProfessionalId = world.People.Professionals[0] } },
                world.People.AsPatient(patient),
                token);
        });
        var submissions = new OpenLoad();
        var revocations = new OpenLoad();
        var reads = new ConcurrentBag<Task>();
        var readAfter = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        var flood = submissions.RunAsync(
            SlowStore.AppendsPerSecond * 10,
            length,
            number => floodChannel.UnaryAsync<SubmitRequest, SubmitResponse>(
                Api + "DocumentExchange/Submit", world.Document(number % Flooding), world.AsOrganization(number % Flooding), cancellation),
            cancellation);
        await revocations.RunAsync(Revocations, length, RevokeAndReadAsync, cancellation);
        await flood;
        await Task.WhenAll(reads);

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"overload: {SlowStore.AppendsPerSecond * 10}/s offered to a store of {SlowStore.AppendsPerSecond}/s for {length.TotalSeconds:0} s: {submissions.Milliseconds.Count} submissions taken (p50 {submissions.Percentile(0.5):0} ms, p99 {submissions.Percentile(0.99):0} ms), {submissions.RefusedInAll} refused ({string.Join(' ', submissions.Refused.Select(one => $"{one.Key}:{one.Value}"))}); {revocations.Milliseconds.Count} of {revoked} revocations, p50 {revocations.Percentile(0.5):0} ms, slowest {revocations.Percentile(1):0} ms; read after them: {string.Join(' ', readAfter.Select(one => $"{one.Key}:{one.Value}"))}"));
        if (revocations.Milliseconds.Count != revoked)
            problems.Add($"{revoked - revocations.Milliseconds.Count} revocations were refused under load: {string.Join(' ', revocations.Refused)}");
        if (readAfter.ContainsKey("READ"))
            problems.Add("something was read after its revocation");
        if (submissions.RefusedInAll < submissions.Milliseconds.Count || submissions.Refused.Keys.Any(code => code != RpcStatusCode.ResourceExhausted))
            problems.Add($"the overload was not shed as it should: {string.Join(' ', submissions.Refused)}");

        async Task RevokeAndReadAsync(int patient)
        {
            await channel.UnaryAsync<RevokeAuthorizationRequest, RevokeAuthorizationResponse>(
                Api + "Consents/RevokeAuthorization",
                new RevokeAuthorizationRequest { Patient = world.People.Patients[patient], Holder = new Holder { ProfessionalId = world.People.Professionals[0] } },
                world.People.AsPatient(patient),
                cancellation);
            reads.Add(ReadAsync(patient));
        }

        async Task ReadAsync(int patient)
        {
            string outcome;
            try
            {
                await channel.UnaryAsync<ListDocumentsRequest, ListDocumentsResponse>(
                    Api + "PatientRecords/ListDocuments", new ListDocumentsRequest { Patient = world.People.Patients[patient] }, world.People.AsProfessional(0), cancellation);
                outcome = "READ";
            }
            catch (RpcException refused)
            {
                outcome = refused.FindDetail<Google.Rpc.ErrorInfo>()?.Reason ?? refused.Code.ToString();
            }

            readAfter.AddOrUpdate(outcome, 1, static (_, n) => n + 1);
        }
    }

    /// <summary>One professional who asks for everybody.</summary>
    private static async Task LookupsAsync(string data, int lookups, bool unlimited, List<string> problems, CancellationToken cancellation)
    {
        var alarms = 0;
        var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["Admission:Professional"] = "off" };
        if (unlimited)
            settings["Admission:PatientsPerHour"] = "1000000";
        await using var server = await ServerProcess.StartAsync(
            ClosedHost.Server(null), data, null, cancellation, settings,
            line => Interlocked.Add(ref alarms, line.Contains("looks up more patients", StringComparison.Ordinal) ? 1 : 0));
        var world = new World(data, 1, 3);
        await using var channel = new RpcChannel(server.Address, new RpcChannelOptions { Connections = 2 });
        var statuses = new ConcurrentDictionary<RpcStatusCode, int>();
        var clock = Stopwatch.StartNew();
        await Parallel.ForAsync(0, lookups, World.Parallelism(cancellation), async (number, token) =>
        {
            var body = string.Create(CultureInfo.InvariantCulture, $"2{number % 100:00}{(number / 100 % 12) + 1:00}75{number / 1_200 % 990:000}{number % 900 + 100:000}");
            var ins = string.Create(CultureInfo.InvariantCulture, $"{body}{Domain.Identity.InsNumber.Key(body):00}");
            var code = RpcStatusCode.Ok;
            try
            {
                await channel.UnaryAsync<GetRecordRequest, GetRecordResponse>(
                    Api + "PatientRecords/GetRecord", new GetRecordRequest { Patient = new Patient { Ins = ins, Oid = World.InsOid } }, world.AsProfessional(0), token);
            }
            catch (RpcException refused)
            {
                code = refused.Code;
            }

            statuses.AddOrUpdate(code, 1, static (_, n) => n + 1);
        });
        var took = clock.Elapsed;
        var status = await channel.UnaryAsync<GetStatusRequest, GetStatusResponse>(Api + "Operations/GetStatus", new GetStatusRequest(), world.AsOperator(), cancellation);
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri(server.Web, "/metrics"), cancellation);
        var exhausted = statuses.GetValueOrDefault(RpcStatusCode.ResourceExhausted);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"lookups: {lookups} patients by one professional in {took.TotalSeconds:0.0} s: {lookups - exhausted} looked up, {exhausted} refused; {alarms} line in the log, {status.LookupAlarms.Count} alarm for operators ({status.LookupAlarms.Sum(alarm => alarm.Refused)} refused); peak {ServerMemory.PeakOf(server.Id) / (1024 * 1024)} MiB"));
        if (lookups - exhausted != Math.Min(lookups, 1_000))
            problems.Add($"{lookups - exhausted} patients were looked up within an hour");
        if (lookups > 1_000 && (alarms != 1 || status.LookupAlarms.Count != 1 || !metrics.Contains("healthgrains_lookups_alarms_total 1", StringComparison.Ordinal)))
            problems.Add("the alarm was not raised once in the log, the metrics and the status");

        // Another professional is not concerned.
        try
        {
            await channel.UnaryAsync<GetRecordRequest, GetRecordResponse>(
                Api + "PatientRecords/GetRecord", new GetRecordRequest { Patient = world.Patients[0] }, world.AsProfessional(1), cancellation);
        }
        catch (RpcException refused) when (refused.Code != RpcStatusCode.ResourceExhausted)
        {
            // Nobody has such a record here.
        }
    }
}
