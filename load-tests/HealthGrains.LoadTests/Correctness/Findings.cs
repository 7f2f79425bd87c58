namespace HealthGrains.LoadTests.Correctness;

/// <summary>What is true of a run. Each count but <see cref="ReadBack"/>, <see cref="Indexed"/>, <see cref="Proven"/> and
/// <see cref="Unsettled"/> is a broken promise.</summary>
internal sealed class Findings
{
    private readonly Lock _lock = new();
    private readonly List<string> _examples = [];

    /// <summary>Documents whose bytes were read and compared.</summary>
    public int ReadBack { get; set; }

    /// <summary>Documents found in the index, as sent.</summary>
    public int Indexed { get; set; }

    /// <summary>Notifications that arrived exactly once.</summary>
    public int Proven { get; set; }

    /// <summary>Documents whose outcome stayed unknown although they were sent again: neither kept nor broken.</summary>
    public int Unsettled { get; set; }

    /// <summary>Acknowledged and not there.</summary>
    public int Lost { get; set; }

    /// <summary>Other bytes, size or id than acknowledged.</summary>
    public int Altered { get; set; }

    /// <summary>One document twice in an index, or acknowledged with two identities.</summary>
    public int Doubled { get; set; }

    /// <summary>There, and never sent by this run although its id is of this run.</summary>
    public int Phantom { get; set; }

    /// <summary>A watcher entitled to know was not told.</summary>
    public int Untold { get; set; }

    /// <summary>A watcher was told more than once.</summary>
    public int ToldTwice { get; set; }

    /// <summary>Sequences with a gap or a step back.</summary>
    public int Gaps { get; set; }

    /// <summary>Two documents of one patient, told in another order than that of the record.</summary>
    public int OutOfOrder { get; set; }

    /// <summary>Reads that succeeded after the revocation was acknowledged, or were refused after the authorisation was.</summary>
    public int ConsentBroken { get; set; }

    public IReadOnlyList<string> Examples
    {
        get
        {
            lock (_lock)
                return [.. _examples];
        }

        init => _examples = [.. value];
    }

    public int Violations =>
        Lost + Altered + Doubled + Phantom + Untold + ToldTwice + Gaps + OutOfOrder + ConsentBroken;

    /// <summary>Keeps the first few; names numbers of this run, never an identity.</summary>
    public void Example(string sentence)
    {
        lock (_lock)
        {
            if (_examples.Count < Limits.ExamplesMax)
                _examples.Add(sentence);
        }
    }

    /// <summary>Compares what watchers heard with what was acknowledged.</summary>
    /// <param name="acknowledged">Everything the server stood for.</param>
    /// <param name="watchers">Who listened from the begin to the end.</param>
    /// <param name="told">Is given the delay of each first notification: its arrival, and the time since the intended start of
    /// the submission.</param>
    public void JudgeNotifications(
        IReadOnlyCollection<Entry> acknowledged, IReadOnlyList<Heard> watchers, Action<TimeSpan, TimeSpan> told)
    {
        var byId = acknowledged.Where(entry => entry.Answer is not null)
            .ToDictionary(entry => entry.Answer!.DocumentId, StringComparer.Ordinal); // ! filtered
        foreach (var watcher in watchers)
        {
            Gaps += watcher.Gaps;
            if (watcher.Gaps > 0)
                Example($"{watcher.Name}: {watcher.Gaps} gaps in the sequence");
            foreach (var entry in acknowledged.Where(entry => entry.Answer is not null && watcher.Hears(entry.Patient)))
            {
                var (times, first) = watcher.Of(entry.Answer!.DocumentId); // ! filtered
                if (times == 0)
                {
                    Untold++;
                    Example($"{watcher.Name} was not told of document {entry.Number}");
                    continue;
                }

                told(first, first - entry.Intended);
                if (times == 1)
                {
                    Proven++;
                    continue;
                }

                ToldTwice++;
                Example($"{watcher.Name} was told {times} times of document {entry.Number}");
            }

            var last = new Dictionary<int, long>();
            foreach (var id in watcher.Order())
            {
                if (!byId.TryGetValue(id, out var entry))
                    continue;
                if (!watcher.Hears(entry.Patient))
                {
                    ConsentBroken++;
                    Example($"{watcher.Name} was told of document {entry.Number} without being entitled to it");
                }

                var position = entry.Answer!.Position; // ! of byId
                if (last.TryGetValue(entry.Patient, out var before) && before > position)
                {
                    OutOfOrder++;
                    Example($"{watcher.Name} was told of document {entry.Number} too late");
                }

                last[entry.Patient] = position;
            }
        }
    }
}
