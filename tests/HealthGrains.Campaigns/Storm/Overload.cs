using System.Diagnostics;
using System.Globalization;
using HealthGrains.Campaigns.Breaking;
using HealthGrains.Campaigns.Closed;
using HealthGrains.Contracts.V1;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Storm;

/// <summary>Five times as much as a store of known capacity can take, from senders who come back when they are refused; and how soon
/// it is as before.</summary>
internal static class Overload
{
    private const int Times = 5;
    private const double GoodputMin = 0.8;
    private const int TriesMax = 3;
    private const string Submit = "/healthgrains.v1.DocumentExchange/Submit";

    private static readonly TimeSpan NormalWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    public static async Task<string> RunAsync(
        string data, int seed, TimeSpan length, RoundBook book, CancellationToken cancellation)
    {
        await using var server = await ServerProcess.StartAsync(ClosedHost.Server("slow"), data, null, cancellation, ClosedHost.Unlimited);
        using var world = new SharesWorld(data, 1, 1_000, seed);
        await using var channel = new RpcChannel(server.Address, new RpcChannelOptions { Connections = 8 });

        // The peak: as many callers as keep it busy and no more, who wait for each answer.
        await ClosedAsync(4, Window);
        var peak = await ClosedAsync(32, length);
        var before = new OpenLoad();
        await before.RunAsync(peak / 2, length, _ => CallAsync(), cancellation);
        var storm = new OpenLoad();
        var answered = 0;
        var clock = Stopwatch.StartNew();
        await storm.RunAsync(peak * Times, length, _ => PersistAsync(), cancellation);
        var goodput = answered / Math.Max(clock.Elapsed.TotalSeconds, length.TotalSeconds);

        // As before: a second at half the capacity in which nobody is refused and the median is what it was, or nearly.
        var normal = Stopwatch.StartNew();
        var isNormal = false;
        while (!isNormal && normal.Elapsed < NormalWithin)
        {
            var after = new OpenLoad();
            await after.RunAsync(peak / 2, Window, _ => CallAsync(), cancellation);
            isNormal = after.RefusedInAll == 0
                && after.Percentile(0.5) <= Math.Max(before.Percentile(0.5) * 2, before.Percentile(0.5) + 50);
        }

        var seconds = normal.Elapsed.TotalSeconds;
        var part = goodput / peak;
        book.Add(
            part < GoodputMin ? string.Create(CultureInfo.InvariantCulture, $"goodput fell to {part:0.00} of the peak")
            : !isNormal ? $"not as before {NormalWithin} after the storm"
            : null,
            isVoid: storm.Refused.GetValueOrDefault(RpcStatusCode.ResourceExhausted) == 0,
            new
            {
                peak_per_second = Math.Round(peak),
                offered_per_second = Math.Round(peak * Times),
                goodput_per_second = Math.Round(goodput),
                goodput_of_peak = Math.Round(part, 2),
                given_up = storm.RefusedInAll,
                normal_after_seconds = Math.Round(seconds, 1),
            });
        return string.Create(CultureInfo.InvariantCulture, $"at {Times} x overload goodput {part:0.00} of the peak, normal after {seconds:0.0} s");

        Task CallAsync() => channel.UnaryAsync<SubmitRequest, SubmitResponse>(Submit, world.Document(0), world.AsOrganization(0), cancellation);

        // Who is refused comes back a little later, as often as patience lasts: that is what makes a storm.
        async Task PersistAsync()
        {
            var request = world.Document(0);
            for (var tries = 1; ; tries++)
            {
                try
                {
                    await channel.UnaryAsync<SubmitRequest, SubmitResponse>(Submit, request, world.AsOrganization(0), cancellation);
                    Interlocked.Increment(ref answered);
                    return;
                }
                catch (RpcException refused) when (refused.Code == RpcStatusCode.ResourceExhausted && tries < TriesMax)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(100 * tries), cancellation);
                }
            }
        }

        async Task<double> ClosedAsync(int callers, TimeSpan atMost)
        {
            var taken = 0;
            var watch = Stopwatch.StartNew();
            await Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
            {
                while (watch.Elapsed < atMost)
                {
                    try
                    {
                        await CallAsync();
                        Interlocked.Increment(ref taken);
                    }
                    catch (RpcException refused) when (refused.Code == RpcStatusCode.ResourceExhausted)
                    {
                        await Task.Delay(20, cancellation);
                    }
                }
            }));
            return taken / watch.Elapsed.TotalSeconds;
        }
    }
}
