using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using HealthGrains.Contracts.V1;
using HealthGrains.Rpc;
using HealthGrains.Services;

namespace HealthGrains.Campaigns.Closed;

/// <summary>Mutated messages to every method, over real sockets, as callers who may call it.</summary>
/// <remarks>What must never come: no status at all, UNKNOWN, DATA_LOSS, or INTERNAL for anything but a broken frame; gRPC itself answers
/// INTERNAL for those. The server's log is watched beside it: an unhandled exception is a line there, whatever was answered.</remarks>
internal sealed class MessageAttack(World world, Uri server, int seed)
{
    private const int Lanes = 24;
    private const int HonestEvery = 250;

    private readonly MessageSeeds _seeds = new(world);
    private readonly ConcurrentDictionary<string, int> _statuses = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _problems = [];
    private readonly HashSet<string> _served = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _unserved = new(StringComparer.Ordinal);
    private int _done;
    private int _honest;

    public IReadOnlyCollection<string> Problems => _problems;

    public IReadOnlyDictionary<string, int> Statuses => _statuses;

    public int Done => _done;

    /// <summary>Honest calls between the mutants; each was answered well.</summary>
    public int Honest => _honest;

    /// <summary>Methods that this server has.</summary>
    public int Served => _served.Count;

    /// <summary>Methods of the contract.</summary>
    public IReadOnlyList<MethodDescriptor> Methods { get; } =
    [
        .. new[] { DocumentExchangeReflection.Descriptor, PatientRecordsReflection.Descriptor, ConsentsReflection.Descriptor, InboxReflection.Descriptor, OperationsReflection.Descriptor }
            .SelectMany(file => file.Services).SelectMany(service => service.Methods),
    ];

    public async Task RunAsync(int messages, CancellationToken cancellation)
    {
        await using (var channel = new RpcChannel(server, null))
        {
            await world.PrepareAsync(channel, cancellation);
            var load = new Load(world, null!, seed, 256); // ! no ledger is kept of these
            for (var i = 0; i < 50; i++)
            {
                _seeds.Know((await channel.UnaryAsync<SubmitRequest, SubmitResponse>(
                    "/healthgrains.v1.DocumentExchange/Submit", load.NextRequest(), world.AsProducer(), cancellation)).Receipt.DocumentId);
            }
        }

        using var handler = new SocketsHttpHandler { ActivityHeadersPropagator = null, EnableMultipleHttp2Connections = true };
        using var client = new HttpMessageInvoker(handler);
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(
            async () =>
            {
                for (var number = lane; number < messages && _problems.Count < 20; number += Lanes)
                {
                    await OneAsync(client, number, cancellation);
                    if (Interlocked.Increment(ref _done) % HonestEvery == 0)
                        await HonestAsync(client, cancellation);
                }
            },
            cancellation)));
        await HonestAsync(client, cancellation);
    }

    private async Task OneAsync(HttpMessageInvoker client, int number, CancellationToken cancellation)
    {
        var random = new Random(unchecked((seed * 1_000_003) + number));
        var method = Methods[random.Next(Methods.Count)];

        // What this version does not serve is asked once in a while: it answers before it reads.
        for (var n = 0; n < 3 && _unserved.ContainsKey(method.FullName); n++)
            method = Methods[random.Next(Methods.Count)];
        var patient = random.Next(world.Patients.Count);
        var message = _seeds.Make(method.InputType, patient, random).ToByteArray();
        if (random.Next(4) > 0)
            message = WireMutator.Mutate(message, random);
        var (body, gzip, brokenFrame) = Frame(message, random);
        try
        {
            var (status, sentence) = await SendAsync(client, method, CallerOf(method, patient, random), body, gzip, cancellation);
            _statuses.AddOrUpdate(status, 1, static (_, n) => n + 1);
            if (status == "12" && !brokenFrame && sentence.StartsWith("the service has no such method", StringComparison.Ordinal))
                _unserved.TryAdd(method.FullName, 0);
            if (status != "12")
            {
                lock (_served)
                    _served.Add(method.FullName);
            }

            var isWrong = status is "2" or "15" or "none" || (status == "13" && (!brokenFrame || sentence.StartsWith("internal error", StringComparison.Ordinal)));
            if (isWrong)
                _problems.Enqueue($"message {number} to {method.FullName}: status {status} '{sentence}', body {Convert.ToBase64String(body.AsSpan(0, Math.Min(body.Length, 3_000)))}");
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or TimeoutException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            _problems.Enqueue($"message {number} to {method.FullName}: no answer ({broken.GetType().Name} {broken.Message})");
        }
    }

    /// <summary>Right three times in four; else the prefix, the compression or the number of messages is wrong.</summary>
    private static (byte[] Body, bool Gzip, bool Broken) Frame(byte[] message, Random random)
    {
        switch (random.Next(40))
        {
            case 0: return ([2, .. Length(message.Length), .. message], false, true);
            case 1: return ([0, 0xFF, 0xFF, 0xFF, 0xFF, .. message], false, true);
            case 2: return ([0, .. Length(message.Length + 1 + random.Next(100)), .. message], false, true);
            case 3: return ([0, .. Length(Math.Max(0, message.Length - 1 - random.Next(8))), .. message], false, true);
            case 4: return ([0, .. Length(message.Length), .. message, 0, .. Length(message.Length), .. message], false, true);
            case 5: return (message, false, true);
            case 6: return ([1, .. Length(message.Length), .. message], random.Next(2) == 0, true);
            case 7:
                var packed = Gzip(message);
                return ([1, .. Length(packed.Length), .. packed], true, packed.Length == 0);
            case 8:
                var whole = Gzip(message);
                var cut = whole[..Math.Max(0, whole.Length - random.Next(1, 10))];
                return ([1, .. Length(cut.Length), .. cut], true, true);
            case 9: return ([], false, true);
            default: return ([0, .. Length(message.Length), .. message], false, false);
        }

        static byte[] Length(int length) => [(byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length];
    }

    private static byte[] Gzip(byte[] message)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(message);
        return packed.ToArray();
    }

    // Somebody who may call the method, and now and then somebody who may not.
    private RpcCallOptions? CallerOf(MethodDescriptor method, int patient, Random random)
    {
        var kinds = random.Next(20) == 0 ? (CallerKinds)(1 << random.Next(5)) : MethodAccess.Of(method.FullName) ?? CallerKinds.None;
        List<Func<RpcCallOptions>> may = [];
        if (kinds.HasFlag(CallerKinds.Patient)) may.Add(() => world.AsPatient(patient));
        if (kinds.HasFlag(CallerKinds.Professional)) may.Add(() => world.AsProfessional(random.Next(3) > 0 ? world.FollowerOf(patient) : random.Next(world.Professionals.Count)));
        if (kinds.HasFlag(CallerKinds.Producer)) may.Add(() => world.AsProducer());
        if (kinds.HasFlag(CallerKinds.Operator)) may.Add(world.AsOperator);
        return may.Count == 0 ? null : may[random.Next(may.Count)]();
    }

    private async Task<(string Status, string Sentence)> SendAsync(
        HttpMessageInvoker client, MethodDescriptor method, RpcCallOptions? caller, byte[] body, bool gzip, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, $"/{method.Service.FullName}/{method.Name}"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        request.Headers.TryAddWithoutValidation("te", "trailers");

        // What watches goes on watching: it has this long, and any other call is long done by then.
        request.Headers.TryAddWithoutValidation("grpc-timeout", method.IsServerStreaming && !method.IsClientStreaming ? "60m" : "20S");
        if (gzip)
            request.Headers.TryAddWithoutValidation("grpc-encoding", "gzip");
        if (caller?.Headers?.Get("authorization") is { } token)
            request.Headers.TryAddWithoutValidation("authorization", token);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(40));
        using var response = await client.SendAsync(request, limit.Token);
        await response.Content.ReadAsByteArrayAsync(limit.Token);
        return (Header("grpc-status") ?? "none", Uri.UnescapeDataString(Header("grpc-message") ?? ""));

        string? Header(string name) => response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values)
            ? values.First()
            : null;
    }

    private async Task HonestAsync(HttpMessageInvoker client, CancellationToken cancellation)
    {
        var status = Methods.First(method => method.Name == "GetStatus");
        var (code, sentence) = await SendAsync(client, status, world.AsOperator(), [0, 0, 0, 0, 0], false, cancellation);
        if (code == "0")
            Interlocked.Increment(ref _honest);
        else
            _problems.Enqueue($"an honest call after {_done} mutants: status {code} '{sentence}'");
    }
}
