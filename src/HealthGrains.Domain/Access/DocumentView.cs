using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;

namespace HealthGrains.Domain.Access;

/// <summary>One entry of the index as one caller may see it.</summary>
/// <param name="Entry">Its links are those of <paramref name="Replaces"/> and <paramref name="ReplacedBy"/>; its ordinal is
/// left out, which would tell how many documents there are besides.</param>
/// <param name="Replaces">The producer's id of the nearest older version that the caller may see.</param>
/// <param name="ReplacedBy">The producer's id of the nearest newer version that the caller may see.</param>
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
    /// <param name="sees">What this caller may see, older versions included.</param>
    public static DocumentView Of(PatientState patient, DocumentEntry entry, Actor by, Func<DocumentEntry, bool> sees)
    {
        var isProfessional = by.Kind == ActorKind.Professional;
        var manages = isProfessional && entry.IsManagedBy(by);
        var rights = new DocumentRights(
            ReadContent: entry.Status != DocumentStatus.Deleted,
            Withdraw: manages && entry is { Status: DocumentStatus.Approved, ReplacedBy: null },
            Replace: manages && entry is { Status: DocumentStatus.Approved, ReplacedBy: null });
        var warnings = isProfessional ? WarningsOf(entry) : [];
        var index = patient.Index;
        var (older, newer, first) = Links(index, entry, sees);
        var shown = entry with
        {
            Ordinal = 0,
            Replaces = older?.Id,
            ReplacedBy = newer?.Id,
            LineageId = first,
            Twin = index.Twin(entry) is { } twin && sees(twin) ? entry.Twin : null,
        };
        return new DocumentView(shown, older?.Metadata.UniqueId, newer?.Metadata.UniqueId, rights, warnings);
    }

    // An id is enough to betray that there is something: links lead past what the caller may not see.
    private static (DocumentEntry? Older, DocumentEntry? Newer, DocumentId First) Links(
        RecordIndex index, DocumentEntry entry, Func<DocumentEntry, bool> sees)
    {
        DocumentEntry? older = null, newer = null;
        var first = entry.Id;
        for (var at = entry; at.Replaces is { } id && index.Find(id) is { } before; at = before)
        {
            if (!sees(before))
                continue;
            older ??= before;
            first = before.Id;
        }

        for (var at = entry; newer is null && at.ReplacedBy is { } id && index.Find(id) is { } after; at = after)
        {
            if (sees(after))
                newer = after;
        }

        return (older, newer, first);
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
