namespace HealthGrains.Domain.Refusals;

/// <summary>Why a request was answered "no". The number and the upper-snake name are the contract.</summary>
/// <remarks>They are on disk and on the wire: never renumber, never reuse, only add. 1xx identity of the patient, 2xx
/// the caller, 3xx the record, 4xx the document, 5xx reading, 6xx the server. There is no zero, so a forgotten code
/// cannot pass for one. What each means to hospital software (ANS) and to XDS is in <see cref="RefusalVocabulary"/>.</remarks>
public enum RefusalCode
{
    /// <summary>No INS in the document or the request.</summary>
    InsMissing = 101,

    /// <summary>Shape or key of the INS is wrong, or its OID is not that of an INS.</summary>
    InsMalformed = 102,

    /// <summary>The INS belongs to the other realm: a real one on a test server, or the reverse.</summary>
    InsRealmMismatch = 103,

    /// <summary>Number or traits differ from those known or declared.</summary>
    InsMismatch = 104,

    /// <summary>A required trait (birth name, first name, sex, birth date) is absent.</summary>
    InsTraitsIncomplete = 105,

    /// <summary>The identity was not qualified by the depositor.</summary>
    InsNotQualified = 106,

    /// <summary>The record is absent, announced, opposed or destroyed; the answer does not tell these apart.</summary>
    PatientUnknown = 107,

    /// <summary>Certificate or token is missing, expired, or too weak.</summary>
    NotAuthenticated = 201,

    /// <summary>No situation of practice was named, or it is not in the token.</summary>
    ContextIncomplete = 202,

    /// <summary>The caller's structure does not speak for the author or the custodian.</summary>
    StructureMismatch = 203,

    /// <summary>Replacement or withdrawal by somebody else than the author.</summary>
    NotAuthor = 204,

    /// <summary>This kind of caller may not call this method.</summary>
    CallerKindForbidden = 205,

    /// <summary>The record is closed.</summary>
    RecordClosed = 301,

    /// <summary>A patient-side call before the patient activated the record.</summary>
    RecordNotActivated = 302,

    /// <summary>The patient opposed the feeding of the record.</summary>
    FeedingOpposed = 303,

    /// <summary>A field is missing or ill-formed; the refusal names it.</summary>
    MetadataInvalid = 401,

    /// <summary>Type, practice setting or facility code is not in its value set.</summary>
    TypeUnknown = 402,

    /// <summary>The file's header and the request disagree.</summary>
    CdaHeaderMismatch = 403,

    /// <summary>The bytes received differ from the declared hash or size.</summary>
    HashMismatch = 404,

    /// <summary>The same unique id was used for other bytes.</summary>
    UniqueIdReused = 405,

    /// <summary>The same unique id occurs twice in one submission set.</summary>
    DuplicateInSet = 406,

    /// <summary>The target is not the head of its lineage, or the entry version is old.</summary>
    StaleVersion = 407,

    /// <summary>The document to replace or withdraw is unknown.</summary>
    TargetNotFound = 408,

    /// <summary>One of two renderings of a report would be left behind.</summary>
    TwinMissing = 409,

    /// <summary>These confidentiality labels do not go together.</summary>
    LabelCombination = 410,

    /// <summary>A secret session deposits only documents hidden from the legal representatives.</summary>
    LabelRequiredSecret = 411,

    /// <summary>The content exceeds the limit.</summary>
    DocumentTooLarge = 412,

    /// <summary>The media type is not admitted here.</summary>
    MimeNotAllowed = 413,

    /// <summary>Some items of a bulk operation failed; each item has its own result.</summary>
    PartialSuccess = 414,

    /// <summary>There is no valid authorisation; a deliberate act may create one.</summary>
    ConsentRequired = 501,

    /// <summary>The patient refused the acting structure.</summary>
    AccessDenied = 502,

    /// <summary>The patient blocked this professional.</summary>
    AccessBlocked = 503,

    /// <summary>The patient's emergency flag says no.</summary>
    EmergencyRefused = 504,

    /// <summary>Break-the-glass without a reason.</summary>
    EmergencyReasonRequired = 505,

    /// <summary>The session is not one of an emergency call centre.</summary>
    RegulationRoleRequired = 506,

    /// <summary>The profession may not read this type of document.</summary>
    MatrixDenied = 507,

    /// <summary>Unknown, withdrawn, or hidden from this caller: one answer for all three.</summary>
    DocumentNotFound = 508,

    /// <summary>The representative or caregiver lacks this right.</summary>
    DelegationForbidden = 509,

    /// <summary>The cursor is older than the retained events; read the snapshot again.</summary>
    CursorExpired = 510,

    /// <summary>Too much work at this moment; repeat later, with the same unique id.</summary>
    Overloaded = 601,

    /// <summary>Something the server needs is away; repeat later, with the same unique id.</summary>
    TemporarilyUnavailable = 602,

    /// <summary>A defect of the server.</summary>
    InternalError = 699,
}
