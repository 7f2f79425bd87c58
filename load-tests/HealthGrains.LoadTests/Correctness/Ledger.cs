using System.Collections.Concurrent;
using HealthGrains.Domain.Identity;

namespace HealthGrains.LoadTests.Correctness;

/// <summary>What this program falsifies in its own ledger, to prove that the report goes red.</summary>
internal enum Plant
{
    None,

    /// <summary>A document that the ledger takes for acknowledged and the server never saw.</summary>
    DropOne,

    /// <summary>One notification, or without watchers one document, counted twice.</summary>
    DoubleOne,
}

/// <summary>What the server stood for.</summary>
internal sealed record Answer(string DocumentId, int Shard, long Position);

/// <summary>One document of a run.</summary>
internal sealed class Entry(long number, string uniqueId, int patient, Sha256 sha256, int size, TimeSpan intended)
{
    /// <summary>By which the same request can be made again.</summary>
    public long Number { get; } = number;

    public string UniqueId { get; } = uniqueId;

    public int Patient { get; } = patient;

    public Sha256 Sha256 { get; } = sha256;

    public int Size { get; } = size;

    /// <summary>Intended start, since the begin of the run.</summary>
    public TimeSpan Intended { get; } = intended;

    /// <summary>Null while nobody answered: the outcome is unknown.</summary>
    public Answer? Answer { get; set; }

    /// <summary>Answered with a "no" that means that nothing was done.</summary>
    public bool Refused { get; set; }

    /// <summary>A later answer differed from the first: a double.</summary>
    public bool Contradicted { get; set; }

    /// <summary>The receipt names other bytes than those sent.</summary>
    public bool WrongReceipt { get; set; }

    /// <summary>Read back even where only a sample is.</summary>
    public bool MustRead { get; set; }
}

/// <summary>Everything that was sent and answered in a run, kept outside the server.</summary>
internal sealed class Ledger
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    public IReadOnlyCollection<Entry> Entries => (IReadOnlyCollection<Entry>)_entries.Values;

    public IEnumerable<Entry> Acknowledged => _entries.Values.Where(entry => entry.Answer is not null);

    /// <summary>Neither acknowledged nor refused.</summary>
    public IEnumerable<Entry> Unknown => _entries.Values.Where(entry => entry.Answer is null && !entry.Refused);

    /// <summary>Before the call: a document whose answer never comes must be known too.</summary>
    public Entry Intend(long number, string uniqueId, int patient, Sha256 sha256, int size, TimeSpan intended)
    {
        var entry = new Entry(number, uniqueId, patient, sha256, size, intended);
        if (!_entries.TryAdd(uniqueId, entry))
            throw new InvalidOperationException("A run never uses a unique id twice.");
        return entry;
    }

    /// <param name="entry">The document.</param>
    /// <param name="answer">What its receipt says.</param>
    /// <param name="sha256">Of the receipt.</param>
    /// <param name="size">Of the receipt.</param>
    public static void Answered(Entry entry, Answer answer, ReadOnlySpan<byte> sha256, long size)
    {
        if (entry.Answer is { } first && first != answer)
            entry.Contradicted = true;
        entry.Answer ??= answer;
        entry.WrongReceipt |= size != entry.Size || !sha256.SequenceEqual(entry.Sha256.ToArray());
    }

    /// <summary>Falsifies the ledger. Call it when the run is over and before it is judged.</summary>
    /// <returns>False when there is nothing to falsify.</returns>
    public bool Falsify(Plant plant, IReadOnlyList<Heard> watchers)
    {
        if (plant == Plant.None)
            return true;
        if (Acknowledged.FirstOrDefault() is not { Answer: { } answer } model)
            return false;
        if (plant == Plant.DropOne)
        {
            var dropped = Intend(-1, model.UniqueId + ".0", model.Patient, model.Sha256, model.Size, model.Intended);
            dropped.Answer = answer with { DocumentId = Guid.Empty.ToString(), Position = long.MaxValue };
            dropped.MustRead = true;
            return true;
        }

        if (watchers.FirstOrDefault(watcher => watcher.RepeatOne()) is null)
            model.Contradicted = true;
        return true;
    }
}
