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
/// after any crash. B2. Sequences are dense from 1. B3. What is not acknowledged is kept; of what is, the newest
/// <see cref="AcknowledgedKept"/> lines.</remarks>
public sealed class InboxState
{
    public const int AcknowledgedKept = 10_000;

    private readonly Dictionary<int, long> _taken = [];
    private readonly List<Delivery> _lines = [];
    private long _dropped;

    public IReadOnlyDictionary<int, long> Taken => _taken;

    /// <summary>The last sequence; 0 for none.</summary>
    public long Last => _dropped + _lines.Count;

    /// <summary>The first sequence that is still kept, if any is.</summary>
    public long FirstKept => _dropped + 1;

    public long Acknowledged { get; private set; }

    /// <summary>The lines that are kept, oldest first.</summary>
    public IReadOnlyList<Delivery> Lines => _lines;

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
                break;
            case InboxAcknowledged acknowledged:
                Acknowledged = acknowledged.UpTo;
                break;
            default:
                throw new InvalidOperationException($"{change.GetType().Name} has no effect defined.");
        }

        // Dropped in large steps, so that its cost is shared; the same on every replay, since it depends on events alone.
        var droppable = Math.Min(Acknowledged - _dropped, _lines.Count) - AcknowledgedKept;
        if (droppable >= AcknowledgedKept)
        {
            _lines.RemoveRange(0, (int)droppable);
            _dropped += droppable;
        }
    }

    /// <summary>A state from a snapshot.</summary>
    public static InboxState Restore(
        IEnumerable<KeyValuePair<int, long>> taken, long dropped, IEnumerable<Delivery> lines, long acknowledged)
    {
        var state = new InboxState { _dropped = dropped, Acknowledged = acknowledged };
        foreach (var (shard, position) in taken)
            state._taken[shard] = position;
        state._lines.AddRange(lines);
        return state;
    }
}
