using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Cda;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Domain.Documents.Intake;

/// <summary>Whether a structure's system may deposit a document: its structure is that of an author or the custodian, or is
/// listed as depositor for one of them.</summary>
internal static class DepositorRules
{
    /// <returns>Null when it may; <c>METADATA_INVALID</c> when the document does not say whose it is, so that the question
    /// cannot be answered; else <c>STRUCTURE_MISMATCH</c>.</returns>
    public static Refusal? Check(Actor by, StatedMetadata stated, CdaHeader? header, IntakeRules rules)
    {
        if (by.IsPatientSide)
            return null;
        if (header is not null)
            return SpeaksForHeader(by, header, rules) ? null : Mismatch();
        if (stated.Authors.Count == 0)
            return new Refusal(RefusalCode.MetadataInvalid, "At least one author is needed.", "metadata.authors");

        string? malformed = null;
        for (var i = 0; i < stated.Authors.Count && i < IntakeLimits.AuthorsMax; i++)
        {
            var author = stated.Authors[i];
            if (author.OrganizationId.Length > 0)
            {
                if (!StructureId.TryParse(author.OrganizationId, rules.Identity, out var structure))
                    malformed ??= $"metadata.authors[{i}].organization_id";
                else if (SpeaksFor(by, structure, rules))
                    return null;
            }
            else if (ProfessionalId.TryParse(author.Id, rules.Identity, out var id)
                && id.Structure is { } own && SpeaksFor(by, own, rules))
            {
                return null;
            }
        }

        return malformed is null
            ? Mismatch()
            : new Refusal(RefusalCode.MetadataInvalid, "Not the number of a structure.", malformed);
    }

    private static bool SpeaksForHeader(Actor by, CdaHeader header, IntakeRules rules)
    {
        if (header.Custodian?.Structure is { } custodian && SpeaksFor(by, custodian, rules))
            return true;
        foreach (var author in header.Authors)
        {
            if ((author.Organization?.Structure ?? author.Professional?.Structure) is { } structure
                && SpeaksFor(by, structure, rules))
            {
                return true;
            }
        }

        return false;
    }

    private static bool SpeaksFor(Actor by, StructureId structure, IntakeRules rules) =>
        structure == by.Structure
        || (!by.OnBehalfOf.IsNone && structure == by.OnBehalfOf)
        || rules.DepositsFor(by.Structure, structure);

    private static Refusal Mismatch() => new(
        RefusalCode.StructureMismatch,
        "The caller's structure is neither that of an author nor the custodian, and is not listed to deposit for them.");
}
