using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using HealthGrains.Contracts.V1;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Cluster;

/// <summary>Every patient is sent a document a few times a second, each of them until it is acknowledged, so that the longest wait is
/// how long a patient was away.</summary>
/// <remarks>As a sender behind a proxy does: a call has <see cref="CallMax"/>, and after a failure the same document goes to the next
/// silo. So a silo that is gone or stands still costs its callers one such time, and what is above that is the cluster's.</remarks>
internal sealed class Pulse(World world, Ledger ledger, int seed, int contentBytes, int silos, Func<int, Uri?> addressOf) : IAsyncDisposable
{
    public static readonly TimeSpan CallMax = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan AwayMax = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<Uri, RpcChannel> _channels = new();
    private int _next;
    private int _acknowledged;
    private int _repeated;

    public int Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Calls that failed and were sent again.</summary>
    public int Repeated => Volatile.Read(ref _repeated);

    /// <summary>Sends until the token fires, and then until what is under way is acknowledged.</summary>
    /// <param name="round">From 1.</param>
    /// <param name="every">For each patient.</param>
    /// <param name="ended">Ends it.</param>
    /// <returns>For each patient the longest time from the first try of a document to its acknowledgement, in seconds.</returns>
    /// <exception cref="InvalidOperationException">A patient was away for longer than <see cref="AwayMax"/>.</exception>
    public async Task<double[]> RunAsync(int round, TimeSpan every, CancellationToken ended) =>
        await Task.WhenAll(Enumerable.Range(0, world.Patients.Count).Select(patient =>
            Task.Run(() => PatientAsync(patient, round, every, ended), CancellationToken.None)));

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels.Values)
            await channel.DisposeAsync();
    }

    private async Task<double> PatientAsync(int patient, int round, TimeSpan every, CancellationToken ended)
    {
        var random = new Random(unchecked((seed * 31) + (round * 7919) + patient));
        var longest = 0.0;
        while (!ended.IsCancellationRequested)
        {
            longest = Math.Max(longest, await SubmitAsync(patient, round, random.Next(silos)));
            try
            {
                await Task.Delay(every * (0.5 + random.NextDouble()), ended);
            }
            catch (OperationCanceledException)
            {
                // The loop looks at the token.
            }
        }

        return longest;
    }

    private async Task<double> SubmitAsync(int patient, int round, int silo)
    {
        var number = Interlocked.Increment(ref _next);
        var content = new byte[contentBytes];
        new Random(unchecked((seed * 1_000_003) + number)).NextBytes(content);
        var uniqueId = string.Create(CultureInfo.InvariantCulture, $"1.2.250.1.213.1.4.10.98.{seed}.{number}");
        var document = ledger.Intend(uniqueId, patient, content, round);
        var request = DepositRequest.Of(
            world.Patients[patient], uniqueId, content, world.Professionals[world.FollowerOf(patient)], World.Organization);
        var clock = Stopwatch.StartNew();
        for (; ; silo = (silo + 1) % silos)
        {
            try
            {
                if (addressOf(silo) is { } address)
                {
                    var response = await ChannelOf(address).UnaryAsync<SubmitRequest, SubmitResponse>(
                        "/healthgrains.v1.DocumentExchange/Submit", request, world.AsProducer(CallMax), CancellationToken.None);
                    var receipt = response.Receipt;
                    ledger.Answered(document, new Answer(receipt.DocumentId, receipt.Shard, receipt.Position, receipt.AlreadyKnown));
                    Interlocked.Increment(ref _acknowledged);
                    return clock.Elapsed.TotalSeconds;
                }
            }
            catch (RpcException refused) when (refused.Code is RpcStatusCode.Unavailable or RpcStatusCode.Unknown
                or RpcStatusCode.DeadlineExceeded or RpcStatusCode.Cancelled or RpcStatusCode.ResourceExhausted
                or RpcStatusCode.Aborted or RpcStatusCode.Internal)
            {
                // Not known whether it was taken in: the same document again, elsewhere.
            }

            if (clock.Elapsed > AwayMax)
                throw new InvalidOperationException($"A patient was away for {AwayMax}.");
            Interlocked.Increment(ref _repeated);
            await Task.Delay(50, CancellationToken.None);
        }
    }

    // The options of a call are made for each: its time is counted from there.
    private RpcChannel ChannelOf(Uri address) =>
        _channels.GetOrAdd(address, static address => new RpcChannel(address, new RpcChannelOptions
        {
            Connections = 2,
            KeepAlivePingDelay = TimeSpan.FromSeconds(10),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
        }));
}
