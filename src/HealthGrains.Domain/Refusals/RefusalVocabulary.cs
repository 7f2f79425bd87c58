using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace HealthGrains.Domain.Refusals;

/// <summary>One row of the error vocabulary.</summary>
/// <param name="Code">The code, whose number is the contract.</param>
/// <param name="Name">Stable upper-snake text, such as <c>INS_MALFORMED</c>.</param>
/// <param name="Retryable">The same request may succeed later, unchanged.</param>
/// <param name="AnsNumber">Application error of the French interoperability framework, 900 to 906, or null.</param>
/// <param name="XdsName">Error code of IHE ITI TF-3 section 4.2.4, or null.</param>
public sealed record RefusalTerm(RefusalCode Code, string Name, bool Retryable, int? AnsNumber, string? XdsName);

/// <summary>The error vocabulary: every code with its name and its counterparts.</summary>
/// <remarks>Source: IHE ITI TF-3 section 4.2.4 for the XDS names; numbers 900 to 906 are the application errors that
/// French hospital software expects in an acknowledgement. A dash in the published tables is null here.</remarks>
public static class RefusalVocabulary
{
    private const string Meta = "XDSRepositoryMetadataError";

    private static readonly RefusalTerm[] Rows =
    [
        new(RefusalCode.InsMissing, "INS_MISSING", false, 903, Meta),
        new(RefusalCode.InsMalformed, "INS_MALFORMED", false, 906, Meta),
        new(RefusalCode.InsRealmMismatch, "INS_REALM_MISMATCH", false, 906, Meta),
        new(RefusalCode.InsMismatch, "INS_MISMATCH", false, 904, "XDSPatientIdDoesNotMatch"),
        new(RefusalCode.InsTraitsIncomplete, "INS_TRAITS_INCOMPLETE", false, 905, Meta),
        new(RefusalCode.InsNotQualified, "INS_NOT_QUALIFIED", false, 906, null),
        new(RefusalCode.PatientUnknown, "PATIENT_UNKNOWN", false, 902, "XDSUnknownPatientId"),
        new(RefusalCode.NotAuthenticated, "NOT_AUTHENTICATED", false, null, null),
        new(RefusalCode.ContextIncomplete, "CONTEXT_INCOMPLETE", false, null, null),
        new(RefusalCode.StructureMismatch, "STRUCTURE_MISMATCH", false, 906, null),
        new(RefusalCode.NotAuthor, "NOT_AUTHOR", false, 901, null),
        new(RefusalCode.CallerKindForbidden, "CALLER_KIND_FORBIDDEN", false, null, null),
        new(RefusalCode.RecordClosed, "RECORD_CLOSED", false, 906, null),
        new(RefusalCode.RecordNotActivated, "RECORD_NOT_ACTIVATED", false, null, null),
        new(RefusalCode.FeedingOpposed, "FEEDING_OPPOSED", false, 906, null),
        new(RefusalCode.MetadataInvalid, "METADATA_INVALID", false, 906, Meta),
        new(RefusalCode.TypeUnknown, "TYPE_UNKNOWN", false, 906, Meta),
        new(RefusalCode.CdaHeaderMismatch, "CDA_HEADER_MISMATCH", false, 906, Meta),
        new(RefusalCode.HashMismatch, "HASH_MISMATCH", false, 906, Meta),
        new(RefusalCode.UniqueIdReused, "UNIQUEID_REUSED", false, 906, "XDSNonIdenticalHash"),
        new(RefusalCode.DuplicateInSet, "DUPLICATE_IN_SET", false, 906, "XDSDuplicateUniqueIdInRegistry"),
        new(RefusalCode.StaleVersion, "STALE_VERSION", false, 900, null),
        new(RefusalCode.TargetNotFound, "TARGET_NOT_FOUND", false, 906, null),
        new(RefusalCode.TwinMissing, "TWIN_MISSING", false, 906, null),
        new(RefusalCode.LabelCombination, "LABEL_COMBINATION", false, 906, Meta),
        new(RefusalCode.LabelRequiredSecret, "LABEL_REQUIRED_SECRET", false, 906, Meta),
        new(RefusalCode.DocumentTooLarge, "DOCUMENT_TOO_LARGE", false, 906, Meta),
        new(RefusalCode.MimeNotAllowed, "MIME_NOT_ALLOWED", false, 906, Meta),
        new(RefusalCode.PartialSuccess, "PARTIAL_SUCCESS", false, null, "PartialSuccess"),
        new(RefusalCode.ConsentRequired, "CONSENT_REQUIRED", false, null, null),
        new(RefusalCode.AccessDenied, "ACCESS_DENIED", false, null, null),
        new(RefusalCode.AccessBlocked, "ACCESS_BLOCKED", false, null, null),
        new(RefusalCode.EmergencyRefused, "EMERGENCY_REFUSED", false, null, null),
        new(RefusalCode.EmergencyReasonRequired, "EMERGENCY_REASON_REQUIRED", false, null, null),
        new(RefusalCode.RegulationRoleRequired, "REGULATION_ROLE_REQUIRED", false, null, null),
        new(RefusalCode.MatrixDenied, "MATRIX_DENIED", false, null, null),
        new(RefusalCode.DocumentNotFound, "DOCUMENT_NOT_FOUND", false, null, null),
        new(RefusalCode.DelegationForbidden, "DELEGATION_FORBIDDEN", false, null, null),
        new(RefusalCode.CursorExpired, "CURSOR_EXPIRED", false, null, null),
        new(RefusalCode.Overloaded, "OVERLOADED", true, 906, null),
        new(RefusalCode.TemporarilyUnavailable, "TEMPORARILY_UNAVAILABLE", true, 906, null),
        new(RefusalCode.InternalError, "INTERNAL_ERROR", false, 906, null),
    ];

    private static readonly FrozenDictionary<RefusalCode, RefusalTerm> ByCode = Rows.ToFrozenDictionary(t => t.Code);

    private static readonly FrozenDictionary<string, RefusalTerm> ByName = Rows.ToFrozenDictionary(t => t.Name);

    /// <summary>Every row, in the order of the numbers.</summary>
    public static IReadOnlyList<RefusalTerm> Terms => Rows;

    /// <summary>The row of a code.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not one of the enumeration.</exception>
    public static RefusalTerm Of(RefusalCode code) =>
        ByCode.TryGetValue(code, out var term)
            ? term
            : throw new ArgumentOutOfRangeException(nameof(code), (int)code, "Not a code of the vocabulary.");

    /// <summary>Finds the row of a stable name, such as <c>INS_MALFORMED</c>; upper case only.</summary>
    public static bool TryFind(string? name, [NotNullWhen(true)] out RefusalTerm? term)
    {
        term = null;
        return name is not null && ByName.TryGetValue(name, out term);
    }
}

/// <summary>Between a code and its stable text.</summary>
public static class RefusalCodes
{
    /// <summary>The stable upper-snake text of a code, such as <c>INS_MALFORMED</c>.</summary>
    public static string Name(RefusalCode code) => RefusalVocabulary.Of(code).Name;

    public static bool TryParse(string? name, out RefusalCode code)
    {
        var found = RefusalVocabulary.TryFind(name, out var term);
        code = term?.Code ?? default;
        return found;
    }
}
