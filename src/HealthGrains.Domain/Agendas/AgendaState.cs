using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Agendas;

/// <summary>Something that happened in one shard's agenda: a closed family.</summary>
public abstract record AgendaEvent(DateTimeOffset At);

/// <summary>A page of the shard's log was taken in, up to a position.</summary>
public sealed record AgendaTaken(DateTimeOffset At, long UpTo, IReadOnlyList<AgendaItem> Items) : AgendaEvent(At);

/// <summary>The records concerned no longer owe this.</summary>
/// <param name="Positions">Of the items.</param>
public sealed record AgendaDone(DateTimeOffset At, IReadOnlyList<long> Positions) : AgendaEvent(At);

/// <summary>A record is to be asked at a time what it owes.</summary>
/// <param name="Position">Of the entry that says so, in the shard's log: the item's id.</param>
public sealed record AgendaItem(long Position, DateTimeOffset Due, PatientId Patient);

/// <summary>When which record of a shard has to be asked: the list that time is compared with.</summary>
/// <remarks>A1. Every duty that a record of the shard wrote is here from its delivery until the record no longer owes it.
/// A2. A page delivered twice is taken in once. A3. The agenda decides nothing: what is due, and that it happens once, is the
/// record's own knowledge; an item too many costs a question.</remarks>
public sealed class AgendaState
{
    private readonly Dictionary<long, AgendaItem> _items = [];
    private readonly SortedSet<(DateTimeOffset Due, long Position)> _order = [];

    /// <summary>The last position that was taken in.</summary>
    public long Taken { get; private set; }

    public int Count => _items.Count;

    /// <summary>What the router of this shard cannot deliver.</summary>
    public StalledBook Stalled { get; } = new();

    /// <summary>When the earliest item is due; null for none.</summary>
    public DateTimeOffset? Next => _order.Count == 0 ? null : _order.Min.Due;

    /// <summary>Earliest first.</summary>
    public IEnumerable<AgendaItem> Items => _order.Select(place => _items[place.Position]);

    public bool Holds(long position) => _items.ContainsKey(position);

    /// <summary>What is due, earliest first, after a place in that order.</summary>
    public IReadOnlyList<AgendaItem> DueAt(DateTimeOffset now, AgendaItem? after, int max)
    {
        var from = after is null ? (DateTimeOffset.MinValue, 0L) : (after.Due, after.Position + 1);
        return from.Item1 > now
            ? []
            : [.. _order.GetViewBetween(from, (now, long.MaxValue)).Take(max).Select(place => _items[place.Position])];
    }

    public void Apply(AgendaEvent change, EventStamp stamp)
    {
        switch (change)
        {
            case AgendaTaken taken:
                Taken = taken.UpTo;
                foreach (var item in taken.Items)
                    Add(item);
                break;
            case AgendaDone done:
                foreach (var position in done.Positions)
                {
                    if (_items.Remove(position, out var item))
                        _order.Remove((item.Due, position));
                }

                break;
            case DeliverySetAside or DeliveryNoted or StalledClaimed or StalledSettled or MisroutingNoted:
                Stalled.Apply(change, stamp);
                break;
            default:
                throw new InvalidOperationException($"{change.GetType().Name} has no effect defined.");
        }
    }

    /// <summary>A state from a snapshot.</summary>
    public static AgendaState Restore(
        long taken, IEnumerable<AgendaItem> items, IEnumerable<StalledDelivery>? stalled = null)
    {
        var state = new AgendaState { Taken = taken };
        foreach (var item in items)
            state.Add(item);
        foreach (var line in stalled ?? [])
            state.Stalled.Add(line);
        return state;
    }

    private void Add(AgendaItem item)
    {
        if (_items.TryAdd(item.Position, item))
            _order.Add((item.Due, item.Position));
    }
}
