using System.Collections.Concurrent;
using System.Diagnostics;
using HealthGrains.Contracts.V1;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Shared;

/// <summary>The professionals, each with an open stream to one of the hosts, which move to another when theirs fails, and resume at
/// their cursor.</summary>
internal sealed class Watchers : IAsyncDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly World _world;
    private readonly Func<int, Uri?> _addressOf;
    private readonly int _hosts;
    private readonly Task _running;
    private readonly ConcurrentDictionary<(int Professional, string Document), long> _arrived = new();
    private readonly ConcurrentDictionary<int, long> _cursors = new();
    private long _gaps;
    private long _repeated;
    private long _moves;

    /// <param name="world">Who watches.</param>
    /// <param name="hosts">How many there are.</param>
    /// <param name="addressOf">Where a host is, or null while it is not.</param>
    public Watchers(World world, int hosts, Func<int, Uri?> addressOf)
    {
        _world = world;
        _hosts = hosts;
        _addressOf = addressOf;
        _running = Task.WhenAll(Enumerable.Range(0, world.Professionals.Count).Select(who => Task.Run(() => WatchAsync(who))));
    }

    /// <summary>Sequences that were passed over.</summary>
    public long Gaps => Interlocked.Read(ref _gaps);

    /// <summary>Documents that one stream position after the other told twice.</summary>
    public long Repeated => Interlocked.Read(ref _repeated);

    /// <summary>Streams that ended and were resumed, often on another host.</summary>
    public long Resumed => Interlocked.Read(ref _moves);

    /// <summary>Waits until everybody was told of what is acknowledged, at most so long.</summary>
    /// <returns>How many are missing.</returns>
    public async Task<int> SettleAsync(Ledger ledger, TimeSpan atMost, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var missing = ledger.Documents.Count(document => document.Answer is { } answer
                && !_arrived.ContainsKey((_world.FollowerOf(document.Patient), answer.DocumentId)));
            if (missing == 0 || clock.Elapsed > atMost)
                return missing;
            await Task.Delay(50, cancellation);
        }
    }

    /// <summary>Milliseconds from the answer to the sender to the arrival, at a quantile.</summary>
    public double Delay(Ledger ledger, int round, double quantile)
    {
        List<double> delays = [.. ledger.Documents
            .Where(document => document.Round == round && document.Answer is { AlreadyKnown: false })
            .Select(document => _arrived.TryGetValue((_world.FollowerOf(document.Patient), document.Answer!.DocumentId), out var at) // ! filtered
                ? Stopwatch.GetElapsedTime(document.AnsweredAt, at).TotalMilliseconds
                : double.MaxValue)
            .Order()];
        return delays.Count == 0 ? 0 : Math.Max(0, delays[(int)((delays.Count - 1) * quantile)]);
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _running;
        _ended.Dispose();
    }

    private async Task WatchAsync(int who)
    {
        // Spread over the hosts, most of them not where a document is submitted.
        for (var host = who % _hosts; !_ended.IsCancellationRequested; host = (host + 1) % _hosts)
        {
            try
            {
                if (_addressOf(host) is { } address)
                    await StreamAsync(who, address);
                Interlocked.Increment(ref _moves);
                await Task.Delay(50, _ended.Token);
            }
            catch (RpcException)
            {
                Interlocked.Increment(ref _moves);
                await Task.Delay(100, CancellationToken.None);
            }
            catch (OperationCanceledException)
            {
                // The end, or the call's; the loop tells.
            }
        }
    }

    private async Task StreamAsync(int who, Uri address)
    {
        await using var channel = new RpcChannel(address, new RpcChannelOptions
        {
            KeepAlivePingDelay = TimeSpan.FromSeconds(10),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
        });
        var options = _world.AsProfessional(who) with { Timeout = null };
        await foreach (var item in channel.ServerStreaming<WatchInboxRequest, InboxItem>(
            "/healthgrains.v1.Inbox/WatchInbox",
            new WatchInboxRequest { AfterSequence = _cursors.GetValueOrDefault(who) },
            options,
            _ended.Token))
        {
            if (item.Code == "HEARTBEAT")
                continue;
            if (item.Sequence != _cursors.GetValueOrDefault(who) + 1)
                Interlocked.Increment(ref _gaps);
            _cursors[who] = item.Sequence;
            if (item.DocumentId.Length > 0 && !_arrived.TryAdd((who, item.DocumentId), Stopwatch.GetTimestamp()))
                Interlocked.Increment(ref _repeated);
        }
    }
}
