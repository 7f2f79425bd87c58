namespace HealthGrains.Domain.Refusals;

/// <summary>The closed set of refusals. Numbers and names are stored and sent: never renumbered, never reused.</summary>
public enum RefusalCode
{
    InsMissing = 101,
    InsMalformed = 102,
    InsRealmMismatch = 103,
    InsMismatch = 104,
    InsTraitsIncomplete = 105,
    InsNotQualified = 106,
    PatientUnknown = 107,

    NotAuthenticated = 201,
    ContextIncomplete = 202,
    StructureMismatch = 203,
    NotAuthor = 204,

    /// <summary>This kind of caller may not call this method.</summary>
    CallerKindForbidden = 205,

    RecordClosed = 301,
    RecordNotActivated = 302,
    FeedingOpposed = 303,

    MetadataInvalid = 401,
    TypeUnknown = 402,
    CdaHeaderMismatch = 403,
    HashMismatch = 404,
    UniqueIdReused = 405,
    DuplicateInSet = 406,
    StaleVersion = 407,
    TargetNotFound = 408,
    TwinMissing = 409,
    LabelCombination = 410,
    LabelRequiredSecret = 411,
    DocumentTooLarge = 412,
    MimeNotAllowed = 413,
    PartialSuccess = 414,

    ConsentRequired = 501,
    AccessDenied = 502,
    AccessBlocked = 503,
    EmergencyRefused = 504,
    EmergencyReasonRequired = 505,
    RegulationRoleRequired = 506,
    MatrixDenied = 507,
    DocumentNotFound = 508,
    DelegationForbidden = 509,
    CursorExpired = 510,

    Overloaded = 601,
    TemporarilyUnavailable = 602,
    InternalError = 699,
}
