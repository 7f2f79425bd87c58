namespace HealthGrains.LoadTests.Correctness;

/// <summary>What one watcher was told, in the order in which it was told.</summary>
/// <param name="name">For examples in a report: a role and an index, no identity.</param>
/// <param name="hears">Whether this watcher is entitled to the documents of a patient, by index.</param>
internal sealed class Heard(string name, Func<int, bool> hears)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (int Times, TimeSpan First)> _told = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];

    public string Name { get; } = name;

    /// <summary>Where to resume: the last sequence that arrived.</summary>
    public long Cursor { get; private set; }

    /// <summary>Items whose sequence was not the one after the last.</summary>
    public int Gaps { get; private set; }

    public int Count
    {
        get
        {
            lock (_lock)
                return _told.Count;
        }
    }

    public bool Hears(int patient) => hears(patient);

    /// <summary>From here on; what lies before it is of other runs.</summary>
    public void StartAfter(long sequence) => Cursor = sequence;

    /// <summary>An item of the stream arrived.</summary>
    /// <param name="sequence">Dense, from 1.</param>
    /// <param name="documentId">Empty when the item tells of no new document.</param>
    /// <param name="at">Since the begin of the run.</param>
    public void Told(long sequence, string documentId, TimeSpan at)
    {
        lock (_lock)
        {
            if (sequence != Cursor + 1)
                Gaps++;
            Cursor = sequence;
            if (documentId.Length == 0)
                return;
            var (times, first) = _told.GetValueOrDefault(documentId, (0, at));
            _told[documentId] = (times + 1, first);
            if (times == 0)
                _order.Add(documentId);
        }
    }

    /// <summary>How often a document was told, and when first; 0 times when never.</summary>
    public (int Times, TimeSpan First) Of(string documentId)
    {
        lock (_lock)
            return _told.GetValueOrDefault(documentId);
    }

    /// <summary>Document ids in the order in which they were first told.</summary>
    public IReadOnlyList<string> Order()
    {
        lock (_lock)
            return [.. _order];
    }

    /// <summary>Counts one item twice; false when there is none.</summary>
    public bool RepeatOne()
    {
        lock (_lock)
        {
            if (_order.Count == 0)
                return false;
            var (times, first) = _told[_order[0]];
            _told[_order[0]] = (times + 1, first);
            return true;
        }
    }
}
