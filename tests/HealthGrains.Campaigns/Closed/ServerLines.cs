using System.Collections.Concurrent;

namespace HealthGrains.Campaigns.Closed;

/// <summary>What a server writes while a campaign looks at it: errors apart.</summary>
internal sealed class ServerLines
{
    private const int KeptMax = 200;

    private readonly ConcurrentQueue<string> _errors = [];
    private long _lines;

    public long Count => Interlocked.Read(ref _lines);

    /// <summary>Lines of the levels error and critical, and what .NET writes when a process dies; the first of them.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>Told each line as well.</summary>
    public Action<string>? Also { get; init; }

    public void Take(string line)
    {
        Interlocked.Increment(ref _lines);
        Also?.Invoke(line);
        var isError = line.Contains(" fail: ", StringComparison.Ordinal) || line.Contains(" crit: ", StringComparison.Ordinal)
            || line.StartsWith("Unhandled exception", StringComparison.Ordinal);
        if (isError && _errors.Count < KeptMax)
            _errors.Enqueue(line);
    }
}
