using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Documents;

/// <summary>What the producer says of one document. Source: IHE ITI TF-3 section 4.2.3.2, DocumentEntry; CI-SIS, volet
/// Partage de documents de santé.</summary>
/// <remarks>A value of this type has passed MetadataRules, or comes from the journal.</remarks>
public sealed record DocumentMetadata
{
    public required UniqueId UniqueId { get; init; }

    /// <summary>1 to 256 characters.</summary>
    public required string Title { get; init; }

    /// <summary>JDV_J07; its class follows from it and is never taken from the sender.</summary>
    public required string TypeCode { get; init; }

    /// <summary>Technical format of the body; empty when not known.</summary>
    public string FormatCode { get; init; } = "";

    /// <summary><c>text/xml</c> for CDA.</summary>
    public required string MimeType { get; init; }

    /// <summary>RFC 5646, as in <c>fr-FR</c>.</summary>
    public string LanguageCode { get; init; } = "fr-FR";

    /// <summary>JDV_J04; empty when not stated.</summary>
    public string PracticeSettingCode { get; init; } = "";

    /// <summary>JDV_J02; empty when not stated.</summary>
    public string FacilityTypeCode { get; init; } = "";

    /// <summary>When the document was written.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Begin of the documented act.</summary>
    public DateTimeOffset? ServiceStart { get; init; }

    /// <summary>End of the documented act.</summary>
    public DateTimeOffset? ServiceStop { get; init; }

    /// <summary>One or more.</summary>
    public required IReadOnlyList<Author> Authors { get; init; }

    /// <summary>The responsible person; null only where a format has none.</summary>
    public Author? LegalAuthenticator { get; init; }

    /// <summary>Stated by the depositor: never a silent default.</summary>
    public required ConfidentialityLabels Confidentiality { get; init; }

    /// <summary>Acts, modalities, body regions.</summary>
    public IReadOnlyList<string> EventCodes { get; init; } = [];

    /// <summary>Order, accession and study numbers.</summary>
    public IReadOnlyList<string> ReferenceIds { get; init; } = [];

    public string Comments { get; init; } = "";

    /// <summary>At least as many bytes as the entry takes on the wire: pages are bounded by it.</summary>
    public int BytesAtMost
    {
        get
        {
            var chars = UniqueId.ToString().Length + Title.Length + TypeCode.Length + FormatCode.Length + MimeType.Length
                + LanguageCode.Length + PracticeSettingCode.Length + FacilityTypeCode.Length + Comments.Length
                + (LegalAuthenticator?.Chars ?? 0) + Authors.Sum(author => author.Chars) + EventCodes.Sum(code => code.Length)
                + ReferenceIds.Sum(reference => reference.Length);

            // UTF-8 takes at most three bytes for a char; tags, lengths, ids, times and warnings are counted generously.
            return (3 * chars) + (64 * (Authors.Count + 1)) + (8 * (EventCodes.Count + ReferenceIds.Count)) + 2_048;
        }
    }
}

/// <summary>Who wrote, or who answers for, a document.</summary>
/// <param name="Id">IdNat_PS of a professional or a system; empty for the patient.</param>
/// <param name="OrganizationId">Struct_IdNat; empty where the author acts for no structure.</param>
/// <param name="Role">JDV_J47 function, as <c>PCP</c>; may be empty.</param>
/// <param name="Specialty">JDV_J01, as <c>G15_10/SM26</c>; may be empty.</param>
public sealed record Author(
    string Id,
    string Name,
    string OrganizationId,
    string OrganizationName,
    string Role,
    string Specialty,
    AuthorKind Kind)
{
    internal int Chars =>
        Id.Length + Name.Length + OrganizationId.Length + OrganizationName.Length + Role.Length + Specialty.Length;
}

/// <summary>Stored: never renumbered.</summary>
public enum AuthorKind
{
    Professional = 1,
    Patient = 2,
    System = 3,
}

/// <summary>Visibility labels beside the level N, which every document has. Stored: never renumbered.</summary>
[Flags]
public enum ConfidentialityLabels
{
    /// <summary>Visible to all who are entitled.</summary>
    None = 0,

    /// <summary>DMP MASQUE_PS.</summary>
    MaskedFromProfessionals = 1,

    /// <summary>DMP INVISIBLE_PATIENT: until the diagnosis has been announced.</summary>
    HiddenFromPatient = 2,

    /// <summary>DMP INVISIBLE_REPRESENTANTS_LEGAUX: secret care of a minor.</summary>
    HiddenFromRepresentatives = 4,
}

/// <summary>XDS availabilityStatus with the two that CI-SIS adds. Stored: never renumbered.</summary>
public enum DocumentStatus
{
    Approved = 1,

    /// <summary>Replaced by a newer version.</summary>
    Deprecated = 2,

    Archived = 3,

    /// <summary>Withdrawn; final. The bytes go when the record is destroyed.</summary>
    Deleted = 4,
}

/// <summary>What a replacement changes. Stored: never renumbered.</summary>
public enum ChangeKind
{
    Content = 1,

    /// <summary>Only labels: not a new result, so nobody is told of one.</summary>
    ConfidentialityOnly = 2,
}

/// <summary>What the depositor knows of the person's opposition to feeding (PAM ZFA-9). Stored: never renumbered.</summary>
public enum FeedingOpposition
{
    /// <summary>NA.</summary>
    NotCollected = 1,

    /// <summary>INO.</summary>
    NotOpposed = 2,

    /// <summary>IO.</summary>
    Opposed = 3,
}
