using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Domain.Access;

/// <summary>What the patient's own side may do and see. The habilitation matrix does not apply, and a mask hides nothing.</summary>
public static class PatientSide
{
    /// <returns>Null if the person may use the record: it is open and activated.</returns>
    public static Refusal? Check(PatientState patient) => patient.Record.State switch
    {
        RecordState.OpenActivated => null,
        RecordState.OpenNotActivated => new Refusal(
            RefusalCode.RecordNotActivated, "The person has not activated the record yet.", "patient"),
        RecordState.Closed => new Refusal(RefusalCode.RecordClosed, "The record is closed.", "patient"),
        _ => new Refusal(RefusalCode.PatientUnknown, "There is no such record.", "patient"),
    };

    /// <summary>True if the person may see this entry.</summary>
    public static bool Sees(DocumentEntry entry) =>
        entry is { Sealed: false, IsHiddenFromPatient: false } && entry.Status != DocumentStatus.Deleted;
}
