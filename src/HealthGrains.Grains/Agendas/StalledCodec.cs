using Google.Protobuf;
using HealthGrains.Domain.Agendas;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Codec;
using HealthGrains.Grains.Journal.V1;

namespace HealthGrains.Grains.Agendas;

/// <summary>How an agenda stores what its shard's router cannot deliver.</summary>
internal static class StalledCodec
{
    private const int OwnerBytes = 16;

    public static void Encode(AgendaEvent change, AgendaEntry entry)
    {
        switch (change)
        {
            case DeliverySetAside aside:
                entry.DeliverySetAside = new StoredDeliverySetAside
                {
                    Owner = Store(aside.Owner), Held = Store(aside.Held), Attempts = aside.Attempts,
                };
                break;
            case DeliveryNoted noted:
                entry.DeliveryNoted = new StoredDeliveryNoted
                {
                    Number = noted.Number, Held = Store(noted.Held), Attempts = noted.Attempts, Overdue = noted.IsOverdue,
                };
                break;
            case StalledClaimed claimed:
                entry.StalledClaimed = new StoredStalledClaimed { Owner = Store(claimed.Owner), Numbers = { claimed.Numbers } };
                break;
            case StalledSettled settled:
                entry.StalledSettled = new StoredStalledSettled { Numbers = { settled.Numbers } };
                break;
            case MisroutingNoted misrouting:
                entry.MisroutingNoted = Store(misrouting.Misrouting);
                break;
            default:
                throw new InvalidOperationException($"{change.GetType().Name} has no stored form.");
        }
    }

    /// <returns>Null for an event of none of these kinds.</returns>
    public static AgendaEvent? Decode(DateTimeOffset at, AgendaEntry entry) => entry.EventCase switch
    {
        AgendaEntry.EventOneofCase.DeliverySetAside => new DeliverySetAside(
            at, Owner(entry.DeliverySetAside.Owner), Restore(entry.DeliverySetAside.Held), entry.DeliverySetAside.Attempts),
        AgendaEntry.EventOneofCase.DeliveryNoted => new DeliveryNoted(
            at, entry.DeliveryNoted.Number, Restore(entry.DeliveryNoted.Held), entry.DeliveryNoted.Attempts,
            entry.DeliveryNoted.Overdue),
        AgendaEntry.EventOneofCase.StalledClaimed => new StalledClaimed(
            at, Owner(entry.StalledClaimed.Owner), [.. entry.StalledClaimed.Numbers]),
        AgendaEntry.EventOneofCase.StalledSettled => new StalledSettled(at, [.. entry.StalledSettled.Numbers]),
        AgendaEntry.EventOneofCase.MisroutingNoted => new MisroutingNoted(at, Restore(entry.MisroutingNoted)),
        _ => null,
    };

    public static StoredStalledLine Store(StalledDelivery line)
    {
        var stored = new StoredStalledLine { Number = line.Number, Since = Stored.Time(line.Since), Attempts = line.Attempts };
        if (line.Held is { } held)
        {
            stored.Held = Store(held);
            stored.Owner = Store(line.Owner);
        }

        if (line.Misrouting is { } misrouting)
            stored.Misrouting = Store(misrouting);
        if (line.OverdueSince is { } overdue)
            stored.OverdueSince = Stored.Time(overdue);
        return stored;
    }

    public static StalledDelivery Restore(StoredStalledLine stored) => new(
        stored.Number,
        Stored.Time(stored.Since),
        stored.Held is null ? default : Owner(stored.Owner),
        stored.Held is null ? null : Restore(stored.Held),
        stored.Attempts,
        stored.HasOverdueSince ? Stored.Time(stored.OverdueSince) : null,
        stored.Misrouting is null ? null : Restore(stored.Misrouting));

    private static StoredHeldDelivery Store(HeldDelivery held) => new()
    {
        Recipient = held.Recipient,
        Position = held.Position,
        AcceptedAt = Stored.Time(held.AcceptedAt),
        DocumentId = held.Document is { } document ? Stored.Id(document) : ByteString.Empty,
        Patient = held.Patient?.ToString() ?? "",
        Producer = held.Producer.IsNone ? "" : held.Producer.ToString(),
        Reason = held.Reason,
    };

    private static HeldDelivery Restore(StoredHeldDelivery? stored) => stored is null
        ? throw new FormatException("An entry says what is held.")
        : new HeldDelivery(
            stored.Recipient,
            stored.Position,
            Stored.Time(stored.AcceptedAt),
            Stored.OptionalId(stored.DocumentId),
            stored.Patient.Length == 0 ? null : PatientId.Parse(stored.Patient),
            stored.Producer.Length == 0 ? default : StructureId.Parse(stored.Producer),
            stored.Reason);

    private static StoredMisrouting Store(Misrouting misrouting) => new()
    {
        Position = misrouting.Position,
        AcceptedAt = Stored.Time(misrouting.AcceptedAt),
        Producer = misrouting.Producer.ToString(),
        UniqueId = misrouting.UniqueId.ToString(),
        FirstPatient = misrouting.FirstPatient.ToString(),
        FirstDocumentId = Stored.Id(misrouting.FirstDocument),
        SecondPatient = misrouting.SecondPatient.ToString(),
        SecondDocumentId = Stored.Id(misrouting.SecondDocument),
    };

    private static Misrouting Restore(StoredMisrouting stored) => new(
        stored.Position,
        Stored.Time(stored.AcceptedAt),
        StructureId.Parse(stored.Producer),
        UniqueId.Parse(stored.UniqueId),
        PatientId.Parse(stored.FirstPatient),
        Stored.Id(stored.FirstDocumentId),
        PatientId.Parse(stored.SecondPatient),
        Stored.Id(stored.SecondDocumentId));

    private static ByteString Store(Guid owner) => ByteString.CopyFrom(owner.ToByteArray());

    private static Guid Owner(ByteString stored) => stored.Length == OwnerBytes
        ? new Guid(stored.Span)
        : throw new FormatException("A router's mark is 16 bytes.");
}
