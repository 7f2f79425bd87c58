using Google.Protobuf;
using HealthGrains.Domain.Caregivers;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Codec;
using HealthGrains.Grains.Journal.V1;
using HealthGrains.Grains.Turns;

namespace HealthGrains.Grains.Caregivers;

/// <summary>How a caregiver's places are rebuilt from <c>caregiver/…</c>.</summary>
public sealed class CaregiverModel : IGrainModel<CaregiverState, CaregiverEvent>
{
    public static readonly CaregiverModel Instance = new();

    public CaregiverState Create() => new();

    public void Apply(CaregiverState state, CaregiverEvent change, EventStamp stamp) => state.Apply(change, stamp);

    public ReadOnlyMemory<byte> Encode(CaregiverEvent change)
    {
        var entry = new CaregiverEntry { At = Stored.Time(change.At) };
        switch (change)
        {
            case CaregiverPlaceTaken taken:
                entry.PlaceTaken = new StoredPlaceTaken { Patient = taken.Patient.ToString(), Number = taken.Number };
                break;
            case CaregiverPlacesLeft left:
                entry.PlacesLeft = new StoredPlacesLeft();
                foreach (var patient in left.Patients)
                    entry.PlacesLeft.Patients.Add(patient.ToString());
                break;
            default:
                throw new InvalidOperationException($"{change.GetType().Name} has no stored form.");
        }

        return entry.ToByteArray();
    }

    public CaregiverEvent Decode(ReadOnlyMemory<byte> body)
    {
        var entry = Stored.Parse(CaregiverEntry.Parser, body);
        var at = Stored.Time(entry.At);
        return entry.EventCase switch
        {
            CaregiverEntry.EventOneofCase.PlaceTaken => new CaregiverPlaceTaken(
                at, PatientId.Parse(entry.PlaceTaken.Patient), entry.PlaceTaken.Number),
            CaregiverEntry.EventOneofCase.PlacesLeft => new CaregiverPlacesLeft(
                at, [.. entry.PlacesLeft.Patients.Select(PatientId.Parse)]),
            _ => throw new FormatException("The entry holds no event that this version knows."),
        };
    }

    // Snapshots are folded by FoldedJournalModel, like those of a record.
    public ReadOnlyMemory<byte> EncodeSnapshot(CaregiverState state) =>
        throw new NotSupportedException("A caregiver's snapshot is its folded journal.");

    public CaregiverState? DecodeSnapshot(ReadOnlyMemory<byte> body) => FoldedJournal.Replay(body, this);
}
