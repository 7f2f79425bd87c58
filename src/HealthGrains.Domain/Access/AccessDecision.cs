using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Domain.Access;

/// <summary>The steps of the decision whether a professional may read, in their order. Stored: never renumbered.</summary>
public enum AccessStep
{
    /// <summary>The caller's token and context are complete; checked before the grain is asked.</summary>
    Context = 1,

    /// <summary>The state of the record.</summary>
    Record = 2,

    /// <summary>The patient blocked this professional.</summary>
    Block = 3,

    /// <summary>Authorisation, or the conditions of an emergency mode.</summary>
    Mode = 4,

    /// <summary>Status of the document.</summary>
    Status = 5,

    /// <summary>The reader's own document.</summary>
    Own = 6,

    /// <summary>The habilitation matrix, profession by type.</summary>
    Matrix = 7,

    /// <summary>Confidentiality labels.</summary>
    Labels = 8,

    /// <summary>Nothing was against it.</summary>
    Allow = 9,
}

/// <summary>An answer of the decision: the step that answered, and the refusal if it did not allow.</summary>
public readonly record struct AccessOutcome(AccessStep Step, Refusal? Refusal)
{
    public bool IsAllowed => Refusal is null;
}

/// <summary>A professional who wants to read: never the person alone, always the hat they wear.</summary>
/// <param name="Id">The national number; only an RPPS number can read.</param>
/// <param name="Profession">Code and code system.</param>
/// <param name="Structure">Where they act now; none if the token names none.</param>
public readonly record struct Reader(ProfessionalId Id, ProfessionCode Profession, StructureId Structure);

/// <summary>Whether a professional may read: one pure function of the record and the reader.</summary>
/// <remarks>Steps 2 to 4 answer for the record, 5 to 9 for one document. Modes other than
/// <see cref="AccessMode.Normal"/> do not pass step 4 yet.</remarks>
public static class AccessDecision
{
    /// <summary>Steps 2 to 4: may this reader read in this record at all?</summary>
    public static AccessOutcome ForRecord(PatientState patient, Reader reader, DateTimeOffset now)
    {
        if (patient.Record.IsUnknown)
            return Refuse(AccessStep.Record, RefusalCode.PatientUnknown, "There is no such record.");
        if (!patient.Record.IsOpen)
            return Refuse(AccessStep.Record, RefusalCode.RecordClosed, "The record is closed.");
        if (patient.Consent.IsBlocked(reader.Id))
            return Refuse(AccessStep.Block, RefusalCode.AccessBlocked, "The patient has blocked this professional.");

        return patient.Consent.Evaluate(reader, now) switch
        {
            ConsentAnswer.Permitted => new AccessOutcome(AccessStep.Allow, null),
            ConsentAnswer.StructureDenied => Refuse(
                AccessStep.Mode, RefusalCode.AccessDenied, "The patient has refused this structure."),
            _ => Refuse(AccessStep.Mode, RefusalCode.ConsentRequired, "The patient has not authorised this professional."),
        };
    }

    /// <summary>Steps 5 to 9, for a reader whom <see cref="ForRecord"/> let in.</summary>
    /// <param name="entry">The document.</param>
    /// <param name="reader">Who reads.</param>
    /// <param name="includeDeprecated">True when it was asked for by its id, or with the history.</param>
    /// <param name="matrix">The habilitation matrix of the turn.</param>
    public static AccessOutcome ForDocument(
        DocumentEntry entry, Reader reader, bool includeDeprecated, AccessMatrix matrix)
    {
        if (entry.Sealed || entry.Status == DocumentStatus.Deleted
            || (entry.Status != DocumentStatus.Approved && !includeDeprecated))
        {
            return NotFound(AccessStep.Status);
        }

        if (entry.IsOwnOf(reader.Id))
            return new AccessOutcome(AccessStep.Own, null);

        // The words of the matrix say that there is a document: they are not for one that a mask hides.
        if (entry.IsMasked)
            return NotFound(AccessStep.Labels);
        return matrix.Allows(reader.Profession, entry.Metadata.TypeCode)
            ? new AccessOutcome(AccessStep.Allow, null)
            : Refuse(AccessStep.Matrix, RefusalCode.MatrixDenied, "This profession may not read this type of document.");
    }

    /// <summary>True if the reader may know that a document went which can no longer be read: who could see it.</summary>
    public static bool MayKnowOfWithdrawn(DocumentEntry entry, Reader reader, AccessMatrix matrix) =>
        entry.IsOwnOf(reader.Id)
        || (!entry.IsMasked && matrix.Allows(reader.Profession, entry.Metadata.TypeCode));

    /// <summary>The same answer for a document that does not exist, that was withdrawn and that is hidden.</summary>
    public static Refusal DocumentNotFound { get; } =
        new(RefusalCode.DocumentNotFound, "There is no such document for this caller.", "document_id");

    private static AccessOutcome NotFound(AccessStep step) => new(step, DocumentNotFound);

    private static AccessOutcome Refuse(AccessStep step, RefusalCode code, string message) =>
        new(step, new Refusal(code, message));
}
