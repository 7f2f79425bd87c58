using HealthGrains.Domain.Patients;

namespace HealthGrains.Domain.Documents;

/// <summary>The national rule of the first automatic search: in force, the act within two years, vaccination history
/// always, of two renderings of one report the first.</summary>
public static class Relevance
{
    public const string VaccinationHistory = "11369-6";

    /// <param name="patient">The record.</param>
    /// <param name="entry">One that the caller may see.</param>
    /// <param name="sees">What the caller may see: a document gives way only to a twin that is shown in its place.</param>
    /// <param name="now">The time of the turn.</param>
    public static bool IsRelevant(
        PatientState patient, DocumentEntry entry, Func<DocumentEntry, bool> sees, DateTimeOffset now)
    {
        if (entry.Status != DocumentStatus.Approved)
            return false;
        if (patient.Index.Twin(entry) is { Status: DocumentStatus.Approved } twin
            && twin.Ordinal < entry.Ordinal
            && sees(twin))
        {
            return false;
        }

        return entry.Metadata.TypeCode == VaccinationHistory
            || (entry.Metadata.ServiceStart ?? entry.Metadata.CreatedAt) >= now.AddYears(-2);
    }
}
