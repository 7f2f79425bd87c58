using HealthGrains.Synthetic;

namespace HealthGrains.LoadTests.Scaling;

/// <summary>One writer: a commit takes in what arrived while the last one ran, at most one turn of each journal.</summary>
/// <param name="Done">Turns a second.</param>
/// <param name="Batch">Mean turns in a commit.</param>
/// <param name="P50">Wait from arrival to durable, milliseconds.</param>
/// <param name="P99">The same of the slowest hundredth.</param>
internal sealed record GroupCommit(double Done, double Batch, double P50, double P99)
{
    // As the stores have it: turns of one commit at most, and turns that may wait.
    private const int CommitTurnsMax = 1_000;
    private const int WaitingMax = 20_000;
    private const int Simulated = 200_000;

    /// <summary>Poisson arrivals; a turn that finds the queue full is refused and not counted.</summary>
    public static GroupCommit Simulate(double perSecond, double commitMs, double turnMs, int journals, ulong seed)
    {
        var random = SplitMix64.For(seed, (ulong)perSecond, (ulong)journals);
        var waiting = new Queue<double>();
        var waits = new List<double>(Simulated);
        double now = 0, arrival = 0;
        long commits = 0;
        while (waits.Count < Simulated)
        {
            while (arrival <= now || waiting.Count == 0)
            {
                if (waiting.Count < WaitingMax) waiting.Enqueue(arrival);
                now = Math.Max(now, waiting.Count == 1 ? arrival : now);
                arrival += Exponential(ref random, perSecond);
            }

            var turns = Math.Min(waiting.Count, Math.Min(journals, CommitTurnsMax));
            now += commitMs + (turns * turnMs);
            commits++;
            for (var i = 0; i < turns; i++) waits.Add(now - waiting.Dequeue());
        }

        waits.Sort();
        return new GroupCommit(waits.Count / now * 1000, (double)waits.Count / commits, waits[waits.Count / 2], waits[waits.Count * 99 / 100]);
    }

    // Milliseconds to the next arrival. 53 bits of the generator; the logarithm is the only step that is not whole numbers.
    private static double Exponential(ref SplitMix64 random, double perSecond) =>
        -Math.Log(((random.Next() >> 11) + 1) / 9007199254740993.0) * 1000 / perSecond;
}
