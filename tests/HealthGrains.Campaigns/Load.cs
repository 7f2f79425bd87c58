using System.Globalization;
using HealthGrains.Contracts.V1;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns;

/// <summary>Producers that submit without pause until the server is gone or enough is acknowledged.</summary>
internal sealed class Load(World world, Ledger ledger, int seed, int contentBytes)
{
    public const int Workers = 64;

    private int _next;

    /// <summary>Acknowledged in this round so far.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Runs until the token fires; every call that got no answer stays unknown.</summary>
    /// <param name="address">The server.</param>
    /// <param name="round">From 1.</param>
    /// <param name="acknowledged">Told at each acknowledgement how many there are in this round.</param>
    /// <param name="ended">Ends the load.</param>
    public async Task RunAsync(Uri address, int round, Action<int> acknowledged, CancellationToken ended)
    {
        Acknowledged = 0;
        var count = 0;
        await using var channel = new RpcChannel(address, new RpcChannelOptions { Connections = 2 });
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(
            async () =>
            {
                while (!ended.IsCancellationRequested)
                {
                    var number = Interlocked.Increment(ref _next);
                    if (!await SubmitAsync(channel, number, round, ended))
                        return;

                    // Each number is told once: two lanes at once would read the same one from the property.
                    var soFar = Interlocked.Increment(ref count);
                    Acknowledged = soFar;
                    acknowledged(soFar);
                }
            },
            CancellationToken.None)));
        Acknowledged = count;
    }

    /// <summary>Sends a document whose outcome is unknown once more: its unique id settles it.</summary>
    public async Task SettleAsync(RpcChannel channel, Submitted document, CancellationToken cancellation)
    {
        var number = int.Parse(
            document.UniqueId.AsSpan(document.UniqueId.LastIndexOf('.') + 1), CultureInfo.InvariantCulture);
        var response = await channel.UnaryAsync<SubmitRequest, SubmitResponse>(
            "/healthgrains.v1.DocumentExchange/Submit",
            Request(document.UniqueId, document.Patient, Content(number)),
            world.AsProducer(),
            cancellation);
        ledger.Answered(document, AnswerOf(response.Receipt));
    }

    /// <summary>A request that is not kept in the ledger, for measurements.</summary>
    public SubmitRequest NextRequest()
    {
        var number = Interlocked.Increment(ref _next);
        return Request(UniqueId(number), PatientOf(number), Content(number));
    }

    private string UniqueId(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"1.2.250.1.213.1.4.10.99.{seed}.{number}");

    private int PatientOf(int number) => (int)((uint)(number * 2654435761L) % world.Patients.Count);

    private async Task<bool> SubmitAsync(RpcChannel channel, int number, int round, CancellationToken ended)
    {
        var content = Content(number);
        var uniqueId = UniqueId(number);
        var patient = PatientOf(number);
        var document = ledger.Intend(uniqueId, patient, content, round);
        while (true)
        {
            try
            {
                var response = await channel.UnaryAsync<SubmitRequest, SubmitResponse>(
                    "/healthgrains.v1.DocumentExchange/Submit",
                    Request(uniqueId, patient, content),
                    world.AsProducer(),
                    CancellationToken.None);
                ledger.Answered(document, AnswerOf(response.Receipt));
                return true;
            }
            catch (RpcException refused) when (refused.Code == RpcStatusCode.ResourceExhausted && !ended.IsCancellationRequested)
            {
                // Overloaded: nothing was done, the sender waits and repeats.
                await Task.Delay(20, CancellationToken.None);
            }
            catch (RpcException refused) when (refused.Code is RpcStatusCode.Unavailable or RpcStatusCode.Unknown
                or RpcStatusCode.DeadlineExceeded or RpcStatusCode.Cancelled or RpcStatusCode.ResourceExhausted
                or RpcStatusCode.Internal)
            {
                return false;
            }
        }
    }

    private static Answer AnswerOf(Receipt receipt) =>
        new(receipt.DocumentId, receipt.Shard, receipt.Position, receipt.AlreadyKnown);

    // The same number gives the same bytes, so that an unknown outcome can be settled in a later round.
    private byte[] Content(int number)
    {
        var content = new byte[contentBytes];
        new Random(unchecked((seed * 1_000_003) + number)).NextBytes(content);
        return content;
    }

    private SubmitRequest Request(string uniqueId, int patient, byte[] content) => DepositRequest.Of(
        world.Patients[patient], uniqueId, content, world.Professionals[world.FollowerOf(patient)], World.Organization);
}
