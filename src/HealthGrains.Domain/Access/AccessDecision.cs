using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

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

/// <summary>Whether a professional may read: one pure function of the record, the reader and the way in.</summary>
/// <remarks>Steps 2 to 4 answer for the record, 5 to 9 for one document. Who explains hands in an <see cref="AccessPath"/>, and it
/// is told what each step found: what is explained is the decision itself, never a second one.</remarks>
public static partial class AccessDecision
{
    /// <summary>Characters of the reason of an emergency, at most; at least one that is no space.</summary>
    public const int ReasonCharsMax = 1_000;

    /// <summary>Steps 2 to 4: may this reader read in this record at all?</summary>
    /// <param name="entrance">Null: under an authorisation.</param>
    public static AccessOutcome ForRecord(PatientState patient, Reader reader, TurnContext turn, Entrance? entrance = null) =>
        CheckRecord(patient.Record, patient.Consent, reader, turn, entrance, null);

    private static AccessOutcome CheckRecord(
        RecordStatus record, ConsentState consent, Reader reader, TurnContext turn, Entrance? entrance, AccessPath? path)
    {
        if (record.IsUnknown)
            return Refuse(AccessStep.Record, RefusalCode.PatientUnknown, "There is no such record.");
        if (!record.IsOpen)
            return Refuse(AccessStep.Record, RefusalCode.RecordClosed, "The record is closed.");
        path?.Pass(AccessStep.Record, "The record is open.");
        var emergency = entrance is { IsEmergency: true } ? entrance : null;
        var isBlocked = consent.IsBlocked(reader.Id);
        if (isBlocked && (emergency is null || turn.Policy.BlockOverridesEmergency))
            return Refuse(AccessStep.Block, RefusalCode.AccessBlocked, "The patient has blocked this professional.");
        path?.Pass(AccessStep.Block, isBlocked ? "A block does not stop an emergency here." : "The patient has not blocked this professional.");
        var outcome = emergency is not null
            ? ForEmergency(consent.EmergencyUnder(turn.Policy, turn.Now), emergency)
            : consent.Evaluate(reader, turn.Now) switch
            {
                ConsentAnswer.Permitted => new AccessOutcome(AccessStep.Allow, null),
                ConsentAnswer.StructureDenied => Refuse(
                    AccessStep.Mode, RefusalCode.AccessDenied, "The patient has refused this structure."),
                _ => Refuse(AccessStep.Mode, RefusalCode.ConsentRequired, "The patient has not authorised this professional."),
            };
        if (outcome.IsAllowed)
        {
            path?.Pass(AccessStep.Mode, emergency?.Mode switch
            {
                AccessMode.Emergency => "The patient permits that the glass is broken, and a reason is given.",
                AccessMode.RegulationCentre => "The patient permits the emergency call centre, and a reason is given.",
                _ => "The patient has authorised this professional, or the structure in which he or she acts.",
            });
        }

        return outcome;
    }

    /// <summary>Steps 5 to 9, for a reader whom <see cref="ForRecord"/> let in.</summary>
    /// <param name="patient">The record.</param>
    /// <param name="entry">The document.</param>
    /// <param name="reader">Who reads.</param>
    /// <param name="includeDeprecated">True when it was asked for by its id, or with the history.</param>
    /// <param name="turn">The parameters of the turn.</param>
    /// <param name="entrance">Null: under an authorisation.</param>
    public static AccessOutcome ForDocument(
        PatientState patient,
        DocumentEntry entry,
        Reader reader,
        bool includeDeprecated,
        TurnContext turn,
        Entrance? entrance = null) =>
        CheckDocument(patient.Consent, entry, reader, includeDeprecated, turn, entrance, null);

    private static AccessOutcome CheckDocument(
        ConsentState consent,
        DocumentEntry entry,
        Reader reader,
        bool includeDeprecated,
        TurnContext turn,
        Entrance? entrance,
        AccessPath? path)
    {
        if (entry.Sealed || entry.Status == DocumentStatus.Deleted
            || (entry.Status != DocumentStatus.Approved && !includeDeprecated))
        {
            return NotFound(AccessStep.Status);
        }

        path?.Pass(AccessStep.Status, entry.Status == DocumentStatus.Approved ? "The document is in force." : "An older version, asked for by its id.");
        if (entry.IsOwnOf(reader.Id))
            return new AccessOutcome(AccessStep.Own, null);

        path?.Pass(AccessStep.Own, "It is no document of the reader: its labels and the matrix apply.");

        // The words of the matrix say that there is a document: they are not for one that a mask hides.
        var isEmergency = entrance is { IsEmergency: true };
        if (entry.IsMasked
            && !consent.SeesMasked(reader.Id, turn.Now, turn.Policy)
            && !(isEmergency && consent.EmergencyUnder(turn.Policy, turn.Now).MaskedDocuments))
            return NotFound(AccessStep.Labels);
        path?.Pass(AccessStep.Labels, entry.IsMasked ? "It is masked, and this reader may see what is masked." : "It is not masked.");
        var isBound = !isEmergency || turn.Policy.EmergencyAppliesMatrix;
        if (isBound && !turn.Matrix.Allows(reader.Profession, entry.Metadata.TypeCode))
            return Refuse(AccessStep.Matrix, RefusalCode.MatrixDenied, "This profession may not read this type of document.");
        path?.Pass(AccessStep.Matrix, isBound ? "This profession may read this type of document." : "The matrix does not bind an emergency here.");
        return new AccessOutcome(AccessStep.Allow, null);
    }

    /// <summary>True if the reader may know that a document went which can no longer be read: who could see it.</summary>
    public static bool MayKnowOfWithdrawn(DocumentEntry entry, Reader reader, AccessMatrix matrix) =>
        entry.IsOwnOf(reader.Id)
        || (!entry.IsMasked && matrix.Allows(reader.Profession, entry.Metadata.TypeCode));

    /// <summary>The same answer for a document that does not exist, that was withdrawn and that is hidden.</summary>
    public static Refusal DocumentNotFound { get; } =
        new(RefusalCode.DocumentNotFound, "There is no such document for this caller.", "document_id");

    // The three flags are independent: the call centre's own mode asks ETREAT, and whoever breaks the glass asks BTG.
    private static AccessOutcome ForEmergency(EmergencyFlags flags, Entrance entrance)
    {
        var isRegulation = entrance.Mode == AccessMode.RegulationCentre;
        if (isRegulation && !entrance.IsRegulation)
        {
            return Refuse(
                AccessStep.Mode, RefusalCode.RegulationRoleRequired, "This session is none of an emergency call centre.");
        }

        if (string.IsNullOrWhiteSpace(entrance.Reason))
        {
            return new AccessOutcome(
                AccessStep.Mode,
                new Refusal(RefusalCode.EmergencyReasonRequired, "An emergency needs its reason in words.", "access.reason"));
        }

        return (isRegulation ? flags.RegulationCentre : flags.BreakTheGlass)
            ? new AccessOutcome(AccessStep.Allow, null)
            : Refuse(AccessStep.Mode, RefusalCode.EmergencyRefused, "The patient does not permit this emergency access.");
    }

    private static AccessOutcome NotFound(AccessStep step) => new(step, DocumentNotFound);

    private static AccessOutcome Refuse(AccessStep step, RefusalCode code, string message) =>
        new(step, new Refusal(code, message));
}
