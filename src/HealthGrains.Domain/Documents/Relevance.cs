using HealthGrains.Domain.Patients;

namespace HealthGrains.Domain.Documents;

/// <summary>The national rule of the first automatic search: in force, the act within two years, vaccination history
/// always, of two renderings of one report the first.</summary>
public static class Relevance
{
    public const string VaccinationHistory = "11369-6";

    public static bool IsRelevant(PatientState patient, DocumentEntry entry, DateTimeOffset now)
    {
        if (entry.Status != DocumentStatus.Approved)
            return false;
        if (patient.Index.Twin(entry) is { Status: DocumentStatus.Approved } twin && twin.Ordinal < entry.Ordinal)
            return false;
        return entry.Metadata.TypeCode == VaccinationHistory
            || (entry.Metadata.ServiceStart ?? entry.Metadata.CreatedAt) >= now.AddYears(-2);
    }
}
