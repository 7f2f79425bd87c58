using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Domain.Documents.Intake;

/// <summary>A submission ready for the patient's turn, or the refusal that needs no turn.</summary>
public sealed record IntakeResult
{
    /// <summary>Caller or identities were refused: no record is asked. Null when there is a command.</summary>
    public Refusal? Refusal { get; private init; }

    /// <summary>Whose record; none when refused.</summary>
    public PatientId Patient { get; private init; }

    /// <summary>Null when refused. Its <see cref="SubmitDocument.Problem"/> may refuse it later, in its turn.</summary>
    public SubmitDocument? Command { get; private init; }

    /// <summary>Notices by code, for the depositor.</summary>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    public static IntakeResult Refused(Refusal refusal) => new() { Refusal = refusal };

    public static IntakeResult Ready(PatientId patient, SubmitDocument command, IReadOnlyList<string> warnings) =>
        new() { Patient = patient, Command = command, Warnings = warnings };
}

/// <summary>Codes of what is worth a notice and no refusal. A client skips those that it does not know.</summary>
public static class IntakeWarnings
{
    /// <summary>The act begins after the document was written, ends before it begins, or lies ahead.</summary>
    public const string TimesOutOfOrder = "TIMES_OUT_OF_ORDER";

    public const string FormatUnknown = "FORMAT_UNKNOWN";

    /// <summary>The check digit of a professional's number fails, or the legal authenticator has no national number.</summary>
    public const string ProfessionalIdCheck = "PROFESSIONAL_ID_CHECK";

    /// <summary>The check digit of a structure's number fails.</summary>
    public const string StructureIdCheck = "STRUCTURE_ID_CHECK";
}
