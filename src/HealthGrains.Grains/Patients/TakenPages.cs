using HealthGrains.Domain.Aliases;

namespace HealthGrains.Grains.Patients;

/// <summary>Entries of a record on their way to another one, as bytes: in the form in which they are stored there.</summary>
public static class TakenPages
{
    /// <param name="page">With at least one entry.</param>
    public static byte[] Encode(TakeRecordPage page)
    {
        ArgumentNullException.ThrowIfNull(page);
        return PatientEventCodec.Encode(new RecordPageTaken(
            DateTimeOffset.UnixEpoch, Domain.Actors.Actor.System, page.From, page.Attempt, page.FirstVersion, page.Entries));
    }

    /// <exception cref="FormatException">The bytes are no page.</exception>
    public static IReadOnlyList<TakenEntry> Decode(ReadOnlyMemory<byte> bytes) =>
        PatientEventCodec.Decode(bytes) is RecordPageTaken page ? page.Entries : throw new FormatException("The bytes are no page.");
}
