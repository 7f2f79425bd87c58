using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Agendas;

/// <summary>What the router of one shard cannot deliver: a part of the shard's agenda.</summary>
/// <remarks>
/// <para>S1. A recipient is skipped by a shard's router only while it stands here, so that whoever routes the shard after a crash
/// knows whom it owes what, and from which position on.</para>
/// <para>S2. Only the router that has a line in hand settles it. One that lost the shard without noticing would settle what its
/// successor still relies on.</para>
/// <para>S3. What is held is bounded by <see cref="HeldMax"/>: the shard stands still for one more rather than forget it. Of
/// misroutings the newest <see cref="MisroutingsMax"/> are listed; all are in their producers' ledgers.</para>
/// </remarks>
public sealed class StalledBook
{
    /// <summary>Recipients of one shard that are set aside at once.</summary>
    public const int HeldMax = 1_000;

    /// <summary>Misroutings of one shard that are listed.</summary>
    public const int MisroutingsMax = 1_000;

    // By number, which grows with time: the oldest first.
    private readonly SortedDictionary<long, StalledDelivery> _lines = [];

    /// <summary>Oldest first.</summary>
    public IEnumerable<StalledDelivery> Lines => _lines.Values;

    /// <summary>How many recipients are set aside.</summary>
    public int Held { get; private set; }

    public int Misroutings => _lines.Count - Held;

    public StalledDelivery? Find(long number) => _lines.GetValueOrDefault(number);

    /// <summary>The line of a recipient that a router has in hand; null for none.</summary>
    public StalledDelivery? Of(Guid owner, string recipient)
    {
        if (Held == 0)
            return null;
        foreach (var line in _lines.Values)
        {
            if (line.Held?.Recipient == recipient && line.Owner == owner)
                return line;
        }

        return null;
    }

    internal void Apply(AgendaEvent change, EventStamp stamp)
    {
        switch (change)
        {
            case DeliverySetAside aside:
                Add(new StalledDelivery(stamp.Version, aside.At, aside.Owner, aside.Held, aside.Attempts, null, null));
                break;
            case DeliveryNoted noted when _lines.TryGetValue(noted.Number, out var line):
                _lines[noted.Number] = line with
                {
                    Held = noted.Held,
                    Attempts = noted.Attempts,
                    OverdueSince = line.OverdueSince ?? (noted.IsOverdue ? noted.At : null),
                };
                break;
            case StalledClaimed claimed:
                foreach (var number in claimed.Numbers)
                {
                    if (_lines.TryGetValue(number, out var taken))
                        _lines[number] = taken with { Owner = claimed.Owner };
                }

                break;
            case StalledSettled settled:
                foreach (var number in settled.Numbers)
                {
                    if (_lines.Remove(number, out var gone) && gone.Held is not null)
                        Held--;
                }

                break;
            case MisroutingNoted misrouting:
                Add(new StalledDelivery(stamp.Version, misrouting.At, default, null, 0, null, misrouting.Misrouting));
                if (Misroutings > MisroutingsMax)
                    _lines.Remove(_lines.First(line => line.Value.Misrouting is not null).Key);
                break;
        }
    }

    internal void Add(StalledDelivery line)
    {
        _lines.Add(line.Number, line);
        if (line.Held is not null)
            Held++;
    }
}
