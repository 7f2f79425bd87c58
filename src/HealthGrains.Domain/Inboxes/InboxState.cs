using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Inboxes;

/// <summary>Something that happened in one professional's inbox: a closed family.</summary>
public abstract record InboxEvent(DateTimeOffset At);

/// <summary>A page of one shard's log was taken in, up to a position.</summary>
/// <param name="UpTo">Every entry of the shard up to here that names this inbox is in it.</param>
public sealed record InboxDelivered(DateTimeOffset At, int Shard, long UpTo, IReadOnlyList<Delivery> Items) : InboxEvent(At);

/// <summary>The professional took everything up to a sequence in.</summary>
public sealed record InboxAcknowledged(DateTimeOffset At, long UpTo) : InboxEvent(At);

/// <summary>One thing to tell one professional.</summary>
/// <param name="Position">Of the entry that caused it, in its shard's log.</param>
/// <param name="At">When it happened in the record.</param>
public sealed record Delivery(long Position, DateTimeOffset At, ChangeCode Code, PatientId Patient, DocumentId Document);

/// <summary>A delivery with its place in the inbox.</summary>
/// <param name="Sequence">Dense, from 1: the reader's cursor is this one number.</param>
public sealed record InboxLine(long Sequence, Delivery Delivery);

/// <summary>One professional's inbox.</summary>
/// <remarks>B1. For each shard it remembers the last position that it took in, so a page delivered twice is taken in once,
/// after any crash. B2. Sequences are dense from 1. B3. The newest <see cref="Kept"/> lines at least are kept here, acknowledged or
/// not, and at most twice as many: the state does not grow with what nobody reads. What is older is in the journal, and is read from
/// there as long as it is not acknowledged.</remarks>
public sealed class InboxState
{
    public const int Kept = 10_000;

    /// <summary>Acknowledgements whose times are kept; of an older one it is known that it was, not when.</summary>
    public const int AcknowledgementsKept = 1_000;

    private readonly Dictionary<int, long> _taken = [];
    private readonly List<Delivery> _lines = [];

    // Beside the lines: when each was taken in, in ticks of UTC; 0 for those of a time when that was not kept.
    private readonly List<long> _takenAt = [];

    // Of which shard each came; -1 for those of a time when that was not kept.
    private readonly List<int> _shards = [];

    // For each shard the last position that was acknowledged when it was dropped: so were all before it.
    private readonly Dictionary<int, long> _settled = [];
    private readonly List<InboxAcknowledged> _acknowledgements = [];
    private long _dropped;

    public IReadOnlyDictionary<int, long> Taken => _taken;

    /// <summary>The last sequence; 0 for none.</summary>
    public long Last => _dropped + _lines.Count;

    /// <summary>The first sequence that is still kept, if any is.</summary>
    public long FirstKept => _dropped + 1;

    public long Acknowledged { get; private set; }

    /// <summary>The lines that are kept, oldest first.</summary>
    public IReadOnlyList<Delivery> Lines => _lines;

    /// <summary>When each kept line was taken in, in ticks of UTC; 0 where that is not known.</summary>
    public IReadOnlyList<long> TakenAt => _takenAt;

    /// <summary>Of which shard each kept line came; -1 where that is not known.</summary>
    public IReadOnlyList<int> Shards => _shards;

    /// <summary>For each shard the last position that was acknowledged when its line was dropped.</summary>
    public IReadOnlyDictionary<int, long> Settled => _settled;

    /// <summary>Some of what was dropped is not acknowledged yet: it is read from the journal.</summary>
    public bool HasUnreadBefore => _dropped > Acknowledged;

    /// <summary>The newest acknowledgements, oldest first.</summary>
    public IReadOnlyList<InboxAcknowledged> Acknowledgements => _acknowledgements;

    /// <summary>How far one delivery has come here.</summary>
    /// <param name="shard">Of the entry that caused it.</param>
    /// <param name="position">Of that entry.</param>
    /// <param name="document">What it is about.</param>
    public InboxTrack Track(int shard, long position, DocumentId document)
    {
        if (TakenOf(shard) < position)
            return new InboxTrack(false, null, false, null);

        // Found from its end: what somebody asks about is mostly new.
        for (var at = _lines.Count - 1; at >= 0; at--)
        {
            if (_lines[at].Document != document || _lines[at].Position != position)
                continue;
            var taken = _takenAt[at] == 0 ? (DateTimeOffset?)null : new DateTimeOffset(_takenAt[at], TimeSpan.Zero);
            var sequence = _dropped + at + 1;
            if (sequence > Acknowledged)
                return new InboxTrack(true, taken, false, null);
            var by = _acknowledgements.Find(one => one.UpTo >= sequence);
            return new InboxTrack(true, taken, true, by?.At);
        }

        // It was dropped. While only a part of what was dropped is acknowledged, an acknowledgement may be told late, never early.
        return new InboxTrack(true, null, !HasUnreadBefore || _settled.GetValueOrDefault(shard) >= position, null);
    }

    public long TakenOf(int shard) => _taken.GetValueOrDefault(shard);

    public IReadOnlyList<InboxLine> After(long sequence, int max)
    {
        var from = (int)(sequence - _dropped);
        var count = Math.Max(0, Math.Min(max, _lines.Count - from));
        var page = new InboxLine[count];
        for (var i = 0; i < count; i++)
            page[i] = new InboxLine(sequence + 1 + i, _lines[from + i]);
        return page;
    }

    public void Apply(InboxEvent change, EventStamp stamp)
    {
        _ = stamp;
        switch (change)
        {
            case InboxDelivered delivered:
                _taken[delivered.Shard] = delivered.UpTo;
                _lines.AddRange(delivered.Items);
                for (var i = 0; i < delivered.Items.Count; i++)
                {
                    _takenAt.Add(delivered.At.UtcTicks);
                    _shards.Add(delivered.Shard);
                }

                break;
            case InboxAcknowledged acknowledged:
                Acknowledged = acknowledged.UpTo;
                if (_acknowledgements.Count == AcknowledgementsKept)
                    _acknowledgements.RemoveAt(0);
                _acknowledgements.Add(acknowledged);
                break;
            default:
                throw new InvalidOperationException($"{change.GetType().Name} has no effect defined.");
        }

        // Dropped in large steps, so that its cost is shared; the same on every replay, since it depends on events alone.
        if (_lines.Count >= 2 * Kept)
            Drop(_lines.Count - Kept);
    }

    private void Drop(int count)
    {
        for (var i = 0; i < count && _dropped + i < Acknowledged; i++)
        {
            if (_shards[i] >= 0)
                _settled[_shards[i]] = _lines[i].Position;
        }

        _lines.RemoveRange(0, count);
        _takenAt.RemoveRange(0, count);
        _shards.RemoveRange(0, count);
        _dropped += count;
    }

    /// <summary>A state from a snapshot.</summary>
    public static InboxState Restore(
        IEnumerable<KeyValuePair<int, long>> taken,
        long dropped,
        IEnumerable<Delivery> lines,
        long acknowledged,
        IEnumerable<long>? takenAt = null,
        IEnumerable<InboxAcknowledged>? acknowledgements = null,
        IEnumerable<int>? shards = null,
        IEnumerable<KeyValuePair<int, long>>? settled = null)
    {
        var state = new InboxState { _dropped = dropped, Acknowledged = acknowledged };
        foreach (var (shard, position) in taken)
            state._taken[shard] = position;
        state._lines.AddRange(lines);
        state._takenAt.AddRange(takenAt ?? []);
        while (state._takenAt.Count < state._lines.Count)
            state._takenAt.Insert(0, 0);
        state._shards.AddRange(shards ?? []);
        while (state._shards.Count < state._lines.Count)
            state._shards.Insert(0, -1);
        foreach (var (shard, position) in settled ?? [])
            state._settled[shard] = position;
        state._acknowledgements.AddRange(acknowledgements ?? []);
        return state;
    }
}

/// <summary>How far one delivery has come in one inbox. A time that is not kept any more is null.</summary>
/// <param name="IsTaken">It lies in the inbox, durable.</param>
/// <param name="IsAcknowledged">The professional has taken it in.</param>
public readonly record struct InboxTrack(
    bool IsTaken, DateTimeOffset? TakenAt, bool IsAcknowledged, DateTimeOffset? AcknowledgedAt);
