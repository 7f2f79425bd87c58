using HealthGrains.Domain.Codes;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Cda;

/// <summary>An instance identifier (HL7 v3 data type II): a root and perhaps an extension, as sent.</summary>
public readonly record struct CdaId(string Root, string? Extension)
{
    /// <summary><c>root</c> or <c>root^extension</c>.</summary>
    public override string ToString() => string.IsNullOrEmpty(Extension) ? Root : $"{Root}^{Extension}";
}

/// <summary>A coded value (HL7 v3 data type CD), as sent.</summary>
public readonly record struct CdaCode(string Code, string? System, string? Label);

/// <summary>Where the content of a document is.</summary>
public enum CdaBodyKind
{
    /// <summary>Level 1 (N1): one embedded file, mostly a PDF.</summary>
    Embedded = 1,

    /// <summary>Level 3 (N3): structured sections, which may embed files too.</summary>
    Structured = 2,
}

/// <summary>The person's traits as the document states them (sourcePatientInfo); stored as sent.</summary>
/// <param name="BirthName">Family name of birth.</param>
/// <param name="FirstNames">Every given name of birth, in one text.</param>
/// <param name="FirstName">The first given name of birth.</param>
/// <param name="UsedName">Family name in use, or null.</param>
/// <param name="UsedFirstName">Given name in use, or null.</param>
/// <param name="Sex">administrativeGenderCode: M, F, or U.</param>
/// <param name="BirthDate">Eight digits, yyyyMMdd; month and day may be 00 when they are unknown.</param>
/// <param name="BirthPlace">INSEE code of the commune or country of birth, or null.</param>
public sealed record CdaTraits(
    string BirthName,
    string? FirstNames,
    string FirstName,
    string? UsedName,
    string? UsedFirstName,
    string Sex,
    string BirthDate,
    string? BirthPlace);

/// <summary>A structure named in a header.</summary>
/// <param name="Ids">As sent.</param>
/// <param name="Structure">The first id that is a valid Struct_IdNat, or null.</param>
public sealed record CdaOrganization(IReadOnlyList<CdaId> Ids, StructureId? Structure, string? Name);

/// <summary>An author or the legal authenticator.</summary>
/// <param name="Ids">As sent, with their roots.</param>
/// <param name="Professional">The first id that is a valid IdNat_PS, or null.</param>
/// <param name="Patient">The first id that is a valid INS, for what patients write themselves, or null.</param>
/// <param name="IsDevice">A system rather than a person.</param>
/// <param name="Name">The parts of the person's name in the order of the document, or the
/// software's name; null when absent.</param>
/// <param name="Role">functionCode, or null.</param>
/// <param name="Specialty">Profession and specialty, such as <c>G15_10/SM26</c>, or null.</param>
/// <param name="Organization">Absent for some authors.</param>
/// <param name="Time">When this participation took place, or null.</param>
public sealed record CdaParticipant(
    IReadOnlyList<CdaId> Ids,
    ProfessionalId? Professional,
    PatientId? Patient,
    bool IsDevice,
    string? Name,
    CdaCode? Role,
    CdaCode? Specialty,
    CdaOrganization? Organization,
    CdaTime? Time);

/// <summary>What a reference of a document points to.</summary>
public enum CdaReferenceKind
{
    /// <summary>inFulfillmentOf/order/id: the order that asked for the act.</summary>
    Order = 1,

    /// <summary>The accession number of an imaging order (DICOM PS3.20).</summary>
    Accession = 2,

    /// <summary>documentationOf/serviceEvent/id: the study or the act.</summary>
    ServiceEvent = 3,
}

/// <summary>One element of referenceIdList. It groups, for instance, a report with its images.</summary>
public readonly record struct CdaReference(CdaReferenceKind Kind, CdaId Id);

/// <summary>The header of a CDA R2 document and what its body is: everything that an XDS entry is made of.</summary>
/// <remarks>Source: HL7 CDA R2; ANS, CI-SIS, <c>Volet Structuration minimale des documents de santé</c>. Ids and the
/// patient are checked; everything optional is null when the document is silent, and kept as sent otherwise: whether a
/// value set knows a code is not this type's business.</remarks>
public sealed record CdaHeader
{
    public required UniqueId UniqueId { get; init; }

    /// <summary>The one INS of the record target, valid in the server's realm.</summary>
    public required PatientId Patient { get; init; }

    /// <summary>Every id of the record target: the INS, and the producer's own patient numbers.</summary>
    public required IReadOnlyList<CdaId> PatientIds { get; init; }

    public required CdaTraits Traits { get; init; }

    /// <summary>typeCode, with the system that the document names.</summary>
    public required CdaCode Type { get; init; }

    /// <summary>Details of the type (code/translation).</summary>
    public required IReadOnlyList<CdaCode> TypeTranslations { get; init; }

    public string? Title { get; init; }

    /// <summary>Such as <c>fr-FR</c>.</summary>
    public string? Language { get; init; }

    /// <summary>The level that the file carries, mostly N. The labels that decide are in the request.</summary>
    public string? ConfidentialityLevel { get; init; }

    /// <summary>creationTime.</summary>
    public required CdaTime EffectiveTime { get; init; }

    /// <summary>The producer's lineage: stored, never a key.</summary>
    public CdaId? SetId { get; init; }

    public int? VersionNumber { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<CdaParticipant> Authors { get; init; }

    public CdaParticipant? LegalAuthenticator { get; init; }

    public CdaOrganization? Custodian { get; init; }

    /// <summary>The document that this one replaces (relatedDocument of type RPLC), or null.</summary>
    public UniqueId? Replaces { get; init; }

    public CdaTime? ServiceStart { get; init; }

    public CdaTime? ServiceStop { get; init; }

    /// <summary>practiceSettingCode.</summary>
    public CdaCode? PracticeSetting { get; init; }

    /// <summary>healthcareFacilityTypeCode.</summary>
    public CdaCode? Facility { get; init; }

    /// <summary>eventCodeList.</summary>
    public required IReadOnlyList<CdaCode> EventCodes { get; init; }

    /// <summary>referenceIdList.</summary>
    public required IReadOnlyList<CdaReference> References { get; init; }

    public required IReadOnlyList<string> TemplateIds { get; init; }

    /// <summary>formatCode, or null when no template tells it: such a document is stored and marked, not refused.</summary>
    public DocumentFormat? Format { get; init; }

    public required CdaBodyKind Body { get; init; }

    /// <summary>Media type of a level-1 body, lower case, without parameters; null for a structured one.</summary>
    public string? BodyMediaType { get; init; }

    /// <summary>Media types of the files that a structured body embeds.</summary>
    public required IReadOnlyList<string> EmbeddedMediaTypes { get; init; }

    /// <summary>Tells whether two documents have the same body. Level 1: SHA-256 of the base64 text without white space
    /// (of the UTF-16 text when the body is not base64). Level 3: SHA-256 of names, attributes and texts of
    /// structuredBody in their order; comments, indentation and namespace prefixes of elements do not count.</summary>
    public required Sha256 BodySha256 { get; init; }

    /// <summary>The file is wrapped, as in an XSL stylesheet: ClinicalDocument is not its root.</summary>
    public bool IsWrapped { get; init; }
}
