using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace HealthGrains.Campaigns.Consent;

/// <summary>What the rounds found. Thread-safe.</summary>
internal sealed class ConsentTally
{
    /// <summary>An open stream ends so soon after the acknowledgement that took its right.</summary>
    public static readonly TimeSpan StreamEndsWithin = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(string What, string Which), int> _counts = new();
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly Lock _slowest = new();
    private TimeSpan _slowestEnd;
    private int _rounds;
    private int _void;

    public int Rounds => Volatile.Read(ref _rounds);

    public int Void => Volatile.Read(ref _void);

    public IReadOnlyCollection<string> Violations => _violations;

    public TimeSpan SlowestEnd
    {
        get
        {
            lock (_slowest)
                return _slowestEnd;
        }
    }

    public int Sum(string what) => _counts.Where(count => count.Key.What == what).Sum(count => count.Value);

    public int Of(string what, string which) => _counts.GetValueOrDefault((what, which));

    public void Count(string what, string which) => _counts.AddOrUpdate((what, which), 1, static (_, before) => before + 1);

    public void Round(Revocation revocation, bool overlapped)
    {
        if (!overlapped)
        {
            Interlocked.Increment(ref _void);
            return;
        }

        Interlocked.Increment(ref _rounds);
        Count("rounds", revocation.ToString());
    }

    public void Violation(string what) => _violations.Enqueue(what);

    public void StreamEnded(TimeSpan after)
    {
        Count("streams", "closed");
        lock (_slowest)
        {
            if (after > _slowestEnd)
                _slowestEnd = after;
        }
    }

    public JsonObject ToJson(string what)
    {
        var json = new JsonObject();
        foreach (var ((_, which), count) in _counts.Where(count => count.Key.What == what).OrderBy(count => count.Key.Which, StringComparer.Ordinal))
            json[which] = count;
        return json;
    }
}
