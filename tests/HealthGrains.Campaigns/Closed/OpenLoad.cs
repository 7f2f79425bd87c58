using System.Collections.Concurrent;
using System.Diagnostics;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Closed;

/// <summary>Calls at a rate, whatever the answers do: each is begun at its time and measured from it.</summary>
internal sealed class OpenLoad
{
    private readonly ConcurrentBag<double> _milliseconds = [];
    private readonly ConcurrentDictionary<RpcStatusCode, int> _refused = new();

    /// <summary>From the intended beginning to the good answer.</summary>
    public IReadOnlyCollection<double> Milliseconds => _milliseconds;

    public IReadOnlyDictionary<RpcStatusCode, int> Refused => _refused;

    public int RefusedInAll => _refused.Values.Sum();

    public async Task RunAsync(double perSecond, TimeSpan length, Func<int, Task> call, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        var all = (int)(perSecond * length.TotalSeconds);
        var running = new List<Task>(all);
        for (var number = 0; number < all; number++)
        {
            var due = TimeSpan.FromSeconds(number / perSecond);
            if (due - Stopwatch.GetElapsedTime(began) is var wait && wait > TimeSpan.FromMilliseconds(1))
                await Task.Delay(wait, cancellation);
            running.Add(OneAsync(began, due, call, number));
        }

        await Task.WhenAll(running);
    }

    public double Percentile(double part)
    {
        var sorted = _milliseconds.Order().ToList();
        return sorted.Count == 0 ? double.NaN : sorted[(int)Math.Min(sorted.Count - 1, part * sorted.Count)];
    }

    private async Task OneAsync(long began, TimeSpan due, Func<int, Task> call, int number)
    {
        try
        {
            await call(number);
            _milliseconds.Add((Stopwatch.GetElapsedTime(began) - due).TotalMilliseconds);
        }
        catch (RpcException refused)
        {
            _refused.AddOrUpdate(refused.Code, 1, static (_, n) => n + 1);
        }
    }
}
