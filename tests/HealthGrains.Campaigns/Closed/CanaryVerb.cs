using System.Collections.Concurrent;
using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text;
using Google.Protobuf;
using HealthGrains.Contracts.V1;
using HealthGrains.Domain.Identity;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Closed;

/// <summary><c>canary</c>: words that exist nowhere else are submitted, read, refused and crashed over, and then looked for
/// wherever they must not be.</summary>
/// <remarks>Looked through: every line of the server's log at its most talkative level, with exceptions, in all encodings
/// that a log or a trace is likely to use; the web port; health; reflection; the status that operators see; what operators
/// tail; every sentence and detail of every refusal. What a person entitled to it is told is not looked through: there the
/// words belong, and that they arrive is what shows that they were sent at all.</remarks>
internal static class CanaryVerb
{
    private const string Name = "ZQXCANARYNAME";
    private const string Title = "Zqxcanary titre";
    private const string Phrase = "zqxcanary phrase du compte rendu";
    private const string Birth = "19310823";
    private const string Reason = "zqxcanary motif";
    private const string File = "zqxcanary-content";

    public static Command Command()
    {
        var seed = new Option<int>("--seed") { DefaultValueFactory = _ => 1 };
        var plant = new Option<string?>("--plant") { Description = "logger: a server that writes what it should not; it must be found (exit 1)." };
        var command = new Command("canary", "A name, an INS, a birth date, a title and a phrase: found where they belong, and in no log, metric or message");
        command.Options.Add(seed);
        command.Options.Add(plant);
        command.SetAction(async (parsed, cancellation) =>
        {
            var scratch = Directory.CreateTempSubdirectory("healthgrains-campaign-").FullName;
            try
            {
                return await RunAsync(scratch, parsed.GetValue(seed), parsed.GetValue(plant), cancellation);
            }
            catch (Exception broken)
            {
                Console.WriteLine($"canary: the campaign itself broke: {broken}");
                return 5;
            }
            finally
            {
                Directory.Delete(scratch, recursive: true);
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(string scratch, int seed, string? plant, CancellationToken cancellation)
    {
        var said = new ConcurrentQueue<(string Where, string Text)>();
        var problems = new List<string>();
        var crashes = 0;

        // The product itself; then the same calls to one whose contents cannot be read without a crash.
        foreach (var which in new[] { plant, "thrower" })
        {
            var lines = new ServerLines { Also = line => said.Enqueue(($"log of {which ?? "the product"}", line)) };
            var settings = new Dictionary<string, string>(ClosedHost.Unlimited, StringComparer.Ordinal) { ["Log:Level"] = "Trace" };
            var data = Path.Combine(scratch, which ?? "data");
            await using var server = await ServerProcess.StartAsync(ClosedHost.Server(which), data, null, cancellation, settings, lines.Take);
            var world = new World(data, 5, 3);
            var walk = new CanaryWalk(world, server, said, seed, (Name, Title, Phrase, Birth, Reason, File));
            await walk.RunAsync(cancellation);
            if (walk.Arrived < 4)
                problems.Add($"the words did not arrive where they belong ({walk.Arrived} of 4): nothing was shown");
            if (await server.StopAsync() is var exit && exit != 0)
                problems.Add($"the server ended with {exit}");
            crashes += lines.Errors.Count;
            if (which is null && lines.Errors.Count > 0)
                problems.Add("the product logged an error: " + lines.Errors.First());
        }

        if (crashes == 0)
            problems.Add("no crash was seen: what a crash says was not looked at");
        var words = Words(new World(Path.Combine(scratch, plant ?? "data"), 5, 3).Patients.Select(patient => patient.Ins)).ToList();
        foreach (var (where, text) in said)
        {
            if (words.Find(word => text.Contains(word, StringComparison.OrdinalIgnoreCase)) is { } found)
                problems.Add($"found '{found}' in {where}: {text[..Math.Min(text.Length, 300)]}");
        }

        foreach (var problem in problems.Take(20))
            Console.WriteLine(problem);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"canary: {words.Count} spellings looked for in {said.Count} texts of {said.Sum(one => (long)one.Text.Length) / 1024} KiB ({said.Select(one => one.Where.Split(' ')[0]).Distinct().Count()} kinds, {crashes} crashes): {problems.Count} hits or problems"));
        return problems.Count > 0 ? 1 : 0;
    }

    private static IEnumerable<string> Words(IEnumerable<string> numbers)
    {
        foreach (var word in new[] { "zqxcanary", Birth, "1931-08-23" }.Concat(numbers))
        {
            yield return word;
            yield return Convert.ToHexString(Encoding.UTF8.GetBytes(word));

            // In base64 a word has three spellings, by where it begins; the letters at its ends depend on its neighbours.
            for (var shift = 0; shift < 3; shift++)
                yield return Convert.ToBase64String([.. new byte[shift], .. Encoding.UTF8.GetBytes(word)])[(shift == 0 ? 0 : 4)..].TrimEnd('=')[..^1];
        }
    }
}

/// <summary>Every RPC with the words in it, by who may and by who may not.</summary>
internal sealed class CanaryWalk(
    World world,
    ServerProcess server,
    ConcurrentQueue<(string Where, string Text)> said,
    int seed,
    (string Name, string Title, string Phrase, string Birth, string Reason, string File) words)
{
    private const string Api = "/healthgrains.v1.";

    /// <summary>Places where the words belong and were found.</summary>
    public int Arrived { get; private set; }

    public async Task RunAsync(CancellationToken cancellation)
    {
        await using var channel = new RpcChannel(server.Address, null);
        await world.PrepareAsync(channel, cancellation);
        var patient = world.Patients[0];
        var request = new Load(world, null!, seed, 64).NextRequest(); // ! no ledger is kept of these
        request.Patient = patient;
        request.Metadata.UniqueId = "2.999.7^" + words.File;
        request.Metadata.Title = words.Title;
        request.Metadata.Comments = words.Phrase;
        request.Metadata.Authors[0].Name = words.Name;
        request.Metadata.LegalAuthenticator.Name = words.Name;
        request.Content = ByteString.CopyFromUtf8(words.Phrase + " né le " + words.Birth);
        request.CorrelationId = words.File;
        var receipt = (await channel.UnaryAsync<SubmitRequest, SubmitResponse>(Api + "DocumentExchange/Submit", request, world.AsProducer(), cancellation)).Receipt;

        var list = await channel.UnaryAsync<ListDocumentsRequest, ListDocumentsResponse>(
            Api + "PatientRecords/ListDocuments", new ListDocumentsRequest { Patient = patient }, world.AsPatient(0), cancellation);
        Arrived += list.Documents.Any(document => document.Metadata.Title == words.Title && document.Metadata.Authors[0].Name == words.Name) ? 1 : 0;
        var read = new StringBuilder();
        try
        {
            await foreach (var chunk in channel.ServerStreaming<ReadContentRequest, ContentChunk>(
                Api + "PatientRecords/ReadContent", new ReadContentRequest { Patient = patient, DocumentId = receipt.DocumentId }, world.AsProfessional(0), cancellation))
            {
                read.Append(chunk.Data.ToStringUtf8());
            }

            Arrived += read.ToString().Contains(words.Phrase, StringComparison.Ordinal) ? 1 : 0;
        }
        catch (RpcException crashed) when (crashed.Code == RpcStatusCode.Internal)
        {
            Take("status", crashed);
            Arrived++;
        }

        await channel.UnaryAsync<GetRecordRequest, GetRecordResponse>(
            Api + "PatientRecords/GetRecord",
            new GetRecordRequest { Patient = patient, Access = new AccessContext { Mode = AccessContext.Types.Mode.Emergency, Reason = words.Reason } },
            world.AsProfessional(1),
            cancellation);
        var accesses = await channel.UnaryAsync<ListAccessesRequest, ListAccessesResponse>(
            Api + "PatientRecords/ListAccesses", new ListAccessesRequest { Patient = patient }, world.AsPatient(0), cancellation);
        Arrived += accesses.Traces.Any(trace => trace.Reason == words.Reason) ? 1 : 0;
        var told = await channel.UnaryAsync<ChangesSinceRequest, ChangesSinceResponse>(
            Api + "PatientRecords/ChangesSince", new ChangesSinceRequest { Patient = patient }, world.AsPatient(0), cancellation);
        Arrived += told.Changes.Count > 0 ? 1 : 0;

        await EveryMethodAsync(cancellation);
        await OthersAsync(channel, cancellation);
    }

    // Every method, by every kind of caller and by nobody, with the words in every text of the request.
    private async Task EveryMethodAsync(CancellationToken cancellation)
    {
        var texts = new[] { words.Name, words.Title, words.Phrase, words.Reason, words.File, words.Birth };
        var methods = new MessageAttack(world, server.Address, seed).Methods;
        var seeds = new MessageSeeds(world) { Words = texts };
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { ActivityHeadersPropagator = null });
        var callers = new[] { world.AsPatient(0), world.AsPatient(1), world.AsProfessional(0), world.AsProfessional(1), world.AsProducer(), world.AsOperator(), null };
        var random = new Random(seed);
        foreach (var method in methods)
        {
            foreach (var caller in callers)
            {
                for (var i = 0; i < 12; i++)
                {
                    // Some whole, some bent: a parser that fails may quote.
                    var body = seeds.Make(method.InputType, 0, random).ToByteArray();
                    if (i % 3 == 2)
                        body = WireMutator.Mutate(body, random);
                    using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, $"/{method.Service.FullName}/{method.Name}"))
                    {
                        Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                        Content = new ByteArrayContent([0, (byte)(body.Length >> 24), (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body]),
                    };
                    request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
                    request.Headers.TryAddWithoutValidation("grpc-timeout", "150m");
                    if (caller?.Headers?.Get("authorization") is { } token)
                        request.Headers.TryAddWithoutValidation("authorization", token);
                    else
                        request.Headers.TryAddWithoutValidation("authorization", "Bearer " + words.Name);
                    request.Headers.TryAddWithoutValidation("x-patient", words.Name);
                    using var response = await client.SendAsync(request, cancellation);
                    await response.Content.ReadAsByteArrayAsync(cancellation);
                    foreach (var header in response.Headers.Concat(response.TrailingHeaders))
                        said.Enqueue(($"header {header.Key} of {method.Name}", Spelled(header.Key, string.Join(',', header.Value))));
                }
            }
        }
    }

    private async Task OthersAsync(RpcChannel channel, CancellationToken cancellation)
    {
        // An unknown path, an unknown service, the web port, and what operators see.
        using var http = new HttpClient();
        foreach (var path in new[] { "/metrics", "/health/live", "/health/ready", "/" + words.File, "/console?name=" + words.Name })
        {
            using var answer = await http.GetAsync(new Uri(server.Web, path), cancellation);
            said.Enqueue(($"web {path.Split('?')[0].Split('/')[1][..1]}", await answer.Content.ReadAsStringAsync(cancellation)));
        }

        try
        {
            await channel.UnaryAsync<GetStatusRequest, GetStatusResponse>(Api + words.File, new GetStatusRequest(), world.AsOperator(), cancellation);
        }
        catch (RpcException refused)
        {
            Take("status", refused);
        }

        said.Enqueue(("operators", (await channel.UnaryAsync<GetStatusRequest, GetStatusResponse>(
            Api + "Operations/GetStatus", new GetStatusRequest(), world.AsOperator(), cancellation)).ToString()));
        said.Enqueue(("health", (await channel.UnaryAsync<Grpc.Health.V1.HealthCheckRequest, Grpc.Health.V1.HealthCheckResponse>(
            "/grpc.health.v1.Health/Check", new Grpc.Health.V1.HealthCheckRequest(), world.AsOperator(), cancellation)).ToString()));
        said.Enqueue(("verify", (await channel.UnaryAsync<VerifyRecordRequest, VerifyRecordResponse>(
            Api + "Operations/VerifyRecord", new VerifyRecordRequest { Patient = world.Patients[0] }, world.AsOperator(), cancellation)).ToString()));
        for (var shard = 0; shard < 16; shard++)
        {
            await foreach (var line in channel.ServerStreaming<TailLogRequest, LogEntry>(
                Api + "Operations/TailLog", new TailLogRequest { Shard = shard, UntilNow = true }, world.AsOperator(), cancellation))
            {
                said.Enqueue(("tail", line.ToString()));
            }
        }
    }

    private void Take(string where, RpcException refused) =>
        said.Enqueue((where, $"{refused.Detail} {string.Join(' ', refused.Details)}"));

    private static string Spelled(string name, string value)
    {
        if (!name.EndsWith("-bin", StringComparison.Ordinal))
            return Uri.UnescapeDataString(value);
        var padded = value.PadRight((value.Length + 3) / 4 * 4, '=');
        return Encoding.UTF8.GetString(Convert.FromBase64String(padded));
    }
}
