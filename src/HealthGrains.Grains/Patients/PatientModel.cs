using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Codec;
using HealthGrains.Grains.Turns;

namespace HealthGrains.Grains.Patients;

/// <summary>How a patient's record is rebuilt from <c>patient/…</c>.</summary>
public sealed class PatientModel : IGrainModel<PatientState, PatientEvent>
{
    public static readonly PatientModel Instance = new();

    public PatientState Create() => new();

    public void Apply(PatientState state, PatientEvent change, EventStamp stamp) => state.Apply(change, stamp);

    public ReadOnlyMemory<byte> Encode(PatientEvent change) => PatientEventCodec.Encode(change);

    public PatientEvent Decode(ReadOnlyMemory<byte> body) => PatientEventCodec.Decode(body);

    // Snapshots are folded by FoldedJournalModel, outside the turn and without a state.
    public ReadOnlyMemory<byte> EncodeSnapshot(PatientState state) =>
        throw new NotSupportedException("A patient's snapshot is its folded journal.");

    public PatientState? DecodeSnapshot(ReadOnlyMemory<byte> body) => FoldedJournal.Replay(body, this);
}
