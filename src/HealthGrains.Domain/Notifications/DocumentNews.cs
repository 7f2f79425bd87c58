using HealthGrains.Domain.Documents;

namespace HealthGrains.Domain.Notifications;

/// <summary>What a submission is to each audience: news is relative to who could see the document before.</summary>
/// <remarks>Every document is a new document (AJOUT_DOCUMENT), a note of a vaccination too: whoever collects documents by that code
/// misses none. AJOUT_VACCINATION is for lines of a vaccination book, which this system does not keep.</remarks>
public static class DocumentNews
{
    /// <returns>Null when the patient is told nothing.</returns>
    public static ChangeCode? ForPatient(DocumentEntry entry, DocumentEntry? replaced, ChangeKind change) =>
        For(entry, replaced, change, PatientAudience.Patient);

    /// <summary>For one audience of the patient's side.</summary>
    public static ChangeCode? For(
        DocumentEntry entry, DocumentEntry? replaced, ChangeKind change, PatientAudience audience) =>
        For(!entry.IsHiddenFrom(audience), replaced is null ? null : !replaced.IsHiddenFrom(audience), change);

    /// <summary>For the professionals who may read the record.</summary>
    public static ChangeCode? ForProfessionals(DocumentEntry entry, DocumentEntry? replaced, ChangeKind change) =>
        For(!entry.IsMasked, replaced is null ? null : !replaced.IsMasked, change);

    /// <summary>What the patient's side is told when a professional opens a content.</summary>
    internal static ChangeCode ForReading(DocumentEntry? entry) => entry?.Metadata.TypeCode == VaccinationHistory
        ? ChangeCode.VaccinationConsulted
        : ChangeCode.DocumentConsulted;

    // The vaccination book (historique des vaccinations).
    private const string VaccinationHistory = "11369-6";

    // A change of labels alone is not a new result, but what becomes visible by it is seen for the first time.
    internal static ChangeCode? For(bool visible, bool? before, ChangeKind change) => (visible, before, change) switch
    {
        (false, _, _) => null,
        (true, null or false, _) => ChangeCode.DocumentAdded,
        (true, true, ChangeKind.ConfidentialityOnly) => null,
        (true, true, _) => ChangeCode.DocumentModified,
    };
}
