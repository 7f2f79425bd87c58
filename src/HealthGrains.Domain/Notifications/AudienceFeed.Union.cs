using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Notifications;

/// <remarks>F3. When two records become one, each number keeps the order that its readers have begun with: first its own items, then
/// the other's, then what both are told. All orders have the same items and the same length, so no cursor of either number skips
/// or loses anything, and a new item has one sequence in all of them.</remarks>
public sealed partial class AudienceFeed
{
    // The number that was asked → the order of its first items, as stretches of the list. Null in most.
    private Dictionary<PatientId, List<Stretch>>? _orders;

    /// <summary>At most <paramref name="max"/> items after a cursor, in the order of the number that was asked.</summary>
    /// <param name="through">The numbers that led here; the first one that had an order of its own counts.</param>
    public IReadOnlyList<FeedItem> After(long sequence, int max, IReadOnlyList<PatientId> through)
    {
        if (_same is { } same)
            return same.After(sequence, max, through);
        List<Stretch>? order = null;
        if (_orders is not null)
        {
            foreach (var number in through)
            {
                if (_orders.TryGetValue(number, out order))
                    break;
            }
        }

        if (order is null)
            return After(sequence, max);
        var items = new List<FeedItem>();
        for (var at = Math.Max(0, sequence); at < _items.Count && items.Count < max; at++)
            items.Add(_items[PlaceOf(order, (int)at)] with { Sequence = at + 1 });
        return items;
    }

    internal bool IsShared => _same is not null;

    /// <param name="other">Of the record that becomes part of this one; not used afterwards.</param>
    /// <param name="from">Its number.</param>
    /// <param name="rename">From its documents to those of this record.</param>
    internal void Absorb(AudienceFeed other, PatientId from, Func<DocumentId?, DocumentId?> rename)
    {
        var (mine, theirs) = (_items.Count, other._items.Count);
        foreach (var item in other._items)
            _items.Add(item with { Sequence = _items.Count + 1, Document = rename(item.Document) });
        _orders ??= [];
        foreach (var (number, order) in other.CopyOrders() ?? [])
        {
            var covered = order.Sum(stretch => stretch.Count);
            _orders[number] =
            [
                .. order.Select(stretch => new Stretch(stretch.From + mine, stretch.Count)),
                new Stretch(mine + covered, theirs - covered),
                new Stretch(0, mine),
            ];
        }

        _orders[from] = [new Stretch(mine, theirs), new Stretch(0, mine)];
    }

    private Dictionary<PatientId, List<Stretch>>? CopyOrders() =>
        (_same?._orders ?? _orders) is { } orders ? new Dictionary<PatientId, List<Stretch>>(orders) : null;

    private static int PlaceOf(List<Stretch> order, int at)
    {
        var before = 0;
        foreach (var stretch in order)
        {
            if (at < before + stretch.Count)
                return stretch.From + at - before;
            before += stretch.Count;
        }

        return at;
    }

    private readonly record struct Stretch(int From, int Count);
}
