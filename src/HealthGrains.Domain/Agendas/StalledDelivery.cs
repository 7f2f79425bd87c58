using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Agendas;

/// <summary>The oldest delivery that a recipient has not taken in, as the router met it.</summary>
/// <param name="Recipient">Name of the recipient's journal; empty where the shard itself stands still.</param>
/// <param name="Position">Of the entry, in the shard's log. The recipient has taken in everything before it.</param>
/// <param name="AcceptedAt">When the record took it in; of an entry that cannot be read, when that was noticed.</param>
/// <param name="Document">Null where the entry cannot be read.</param>
/// <param name="Patient">Null where the entry cannot be read.</param>
/// <param name="Producer">None where it is not known.</param>
/// <param name="Reason">A code, such as <c>STORE_AWAY</c>: nothing that names anybody.</param>
public sealed record HeldDelivery(
    string Recipient,
    long Position,
    DateTimeOffset AcceptedAt,
    DocumentId? Document,
    PatientId? Patient,
    StructureId Producer,
    string Reason);

/// <summary>One unique id under two patients, as a sender's ledger noticed it.</summary>
/// <param name="Position">Of the second document's entry, in the shard's log.</param>
/// <param name="AcceptedAt">When the second document was accepted.</param>
public sealed record Misrouting(
    long Position,
    DateTimeOffset AcceptedAt,
    StructureId Producer,
    UniqueId UniqueId,
    PatientId FirstPatient,
    DocumentId FirstDocument,
    PatientId SecondPatient,
    DocumentId SecondDocument);

/// <summary>What one line of the list says. Not stored: it follows from the rest.</summary>
public enum StallKind
{
    /// <summary>Past <c>Delivery:Deadline</c>.</summary>
    NotTakenIn = 1,

    /// <summary>Set aside and tried again, within the deadline.</summary>
    Quarantined = 2,

    MisroutingSuspected = 3,
}

/// <summary>One open alarm of a shard.</summary>
/// <param name="Number">Its name in the shard for ever: the version of the agenda's entry that opened it.</param>
/// <param name="Since">When it was opened.</param>
/// <param name="Owner">The router that has it in hand; empty for a misrouting, which nobody delivers.</param>
/// <param name="Held">What is held; null for a misrouting.</param>
/// <param name="Attempts">As noted last: not each try is written down.</param>
/// <param name="OverdueSince">When the deadline was noticed to be past; null before.</param>
/// <param name="Misrouting">Null for a delivery.</param>
public sealed record StalledDelivery(
    long Number,
    DateTimeOffset Since,
    Guid Owner,
    HeldDelivery? Held,
    int Attempts,
    DateTimeOffset? OverdueSince,
    Misrouting? Misrouting)
{
    public StallKind Kind => Misrouting is not null ? StallKind.MisroutingSuspected
        : OverdueSince is null ? StallKind.Quarantined
        : StallKind.NotTakenIn;
}
