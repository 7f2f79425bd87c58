using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;

namespace HealthGrains.Domain.Access;

/// <summary>One entry of the index as one caller may see it.</summary>
/// <param name="Replaces">The producer's id of what it replaced.</param>
/// <param name="ReplacedBy">The producer's id of what replaced it.</param>
/// <param name="Warnings"><c>NOT_VISIBLE_TO_PATIENT</c>, <c>NOT_VISIBLE_TO_REPRESENTATIVES</c>: for professionals.</param>
public sealed record DocumentView(
    DocumentEntry Entry,
    UniqueId? Replaces,
    UniqueId? ReplacedBy,
    DocumentRights Rights,
    IReadOnlyList<string> Warnings)
{
    /// <param name="patient">The record.</param>
    /// <param name="entry">An entry that this caller may see.</param>
    /// <param name="by">The caller.</param>
    public static DocumentView Of(PatientState patient, DocumentEntry entry, Actor by)
    {
        var isProfessional = by.Kind == ActorKind.Professional;
        var manages = isProfessional && entry.IsManagedBy(by);
        var rights = new DocumentRights(
            ReadContent: entry.Status != DocumentStatus.Deleted,
            Withdraw: manages && entry is { Status: DocumentStatus.Approved, ReplacedBy: null },
            Replace: manages && entry is { Status: DocumentStatus.Approved, ReplacedBy: null });
        return new DocumentView(
            entry,
            entry.Replaces is { } old ? patient.Index.Find(old)?.Metadata.UniqueId : null,
            entry.ReplacedBy is { } next ? patient.Index.Find(next)?.Metadata.UniqueId : null,
            rights,
            isProfessional ? WarningsOf(entry) : []);
    }

    private static string[] WarningsOf(DocumentEntry entry)
    {
        var representatives = entry.Metadata.Confidentiality.HasFlag(ConfidentialityLabels.HiddenFromRepresentatives);
        return (entry.IsHiddenFromPatient, representatives) switch
        {
            (true, true) => ["NOT_VISIBLE_TO_PATIENT", "NOT_VISIBLE_TO_REPRESENTATIVES"],
            (true, false) => ["NOT_VISIBLE_TO_PATIENT"],
            (false, true) => ["NOT_VISIBLE_TO_REPRESENTATIVES"],
            _ => [],
        };
    }
}

/// <summary>What a caller may do with a document now. A help for user interfaces: each call decides anew.</summary>
public readonly record struct DocumentRights(bool ReadContent, bool Withdraw, bool Replace);
