using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Patients;

namespace HealthGrains.Grains.Patients;

/// <summary>Entries of a record on their way to another one, between two machines: in the form in which they are stored.</summary>
public static class TakenEntries
{
    /// <param name="entry">Its event; where it stands travels beside it.</param>
    public static byte[] Encode(TakenEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return PatientEventCodec.Encode(entry.Event);
    }

    /// <exception cref="FormatException">The bytes are no entry that this version knows.</exception>
    public static PatientEvent Decode(ReadOnlyMemory<byte> body) => PatientEventCodec.Decode(body);
}
