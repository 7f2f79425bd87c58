using System.Runtime.CompilerServices;
using HealthGrains.Host.CommandLine;
using HealthGrains.Rpc;

namespace HealthGrains.Host.Client;

/// <summary>Follows a stream over the restarts of its server: whoever has a cursor misses nothing.</summary>
internal static class ResumingStream
{
    /// <param name="open">Opens the stream after a cursor.</param>
    /// <param name="cursor">The cursor of an item.</param>
    /// <param name="after">Where to begin.</param>
    /// <param name="console">Told of each interruption.</param>
    /// <param name="time">Paces reconnecting.</param>
    /// <param name="stopping">Ends it.</param>
    /// <exception cref="RpcException">The stream ended with something that a new one would end with, too; or the server
    /// stayed away for <see cref="HostLimits.ReconnectFor"/>.</exception>
    public static async IAsyncEnumerable<T> FollowAsync<T>(
        Func<long, IAsyncEnumerable<T>> open, Func<T, long> cursor, long after, CliConsole console, TimeProvider time,
        [EnumeratorCancellation] CancellationToken stopping)
    {
        var pause = HostLimits.RetryPause;
        var since = time.GetTimestamp();
        while (true)
        {
            RpcException? broken = null;
            await using var items = open(after).GetAsyncEnumerator(stopping);
            while (true)
            {
                try
                {
                    if (!await items.MoveNextAsync()) break;
                }
                catch (RpcException e) when (e.Code == RpcStatusCode.Unavailable)
                {
                    broken = e;
                    break;
                }

                after = Math.Max(after, cursor(items.Current));
                pause = HostLimits.RetryPause;
                since = time.GetTimestamp();
                yield return items.Current;
            }

            if (broken is null) yield break;
            if (time.GetElapsedTime(since) > HostLimits.ReconnectFor) throw broken;
            console.Tell($"The stream broke off after {after}; going on from there.");
            await Task.Delay(pause, time, stopping);
            pause = pause * 2 < HostLimits.RetryPauseMax ? pause * 2 : HostLimits.RetryPauseMax;
        }
    }
}
