namespace HealthGrains.Domain.Documents.Intake;

/// <summary>What a request states of one document, before anything of it was checked. Empty texts are not stated.</summary>
public sealed record SubmissionStatement
{
    /// <summary>Number of the INS.</summary>
    public string Ins { get; init; } = "";

    /// <summary>OID of the INS.</summary>
    public string InsOid { get; init; } = "";

    public required StatedMetadata Metadata { get; init; }

    /// <summary>Null when the request holds no content at all; empty when it holds one of 0 bytes.</summary>
    public ReadOnlyMemory<byte>? Content { get; init; }

    /// <summary>The content, when it was uploaded before; <see cref="Content"/> is null then.</summary>
    public UploadedContent? Uploaded { get; init; }

    /// <summary>Empty, or 32 bytes; anything else is ill-formed.</summary>
    public ReadOnlyMemory<byte> DeclaredSha256 { get; init; }

    public string Replaces { get; init; } = "";

    public string TwinOf { get; init; } = "";

    /// <summary>Null for a value that is not known.</summary>
    public ChangeKind? Change { get; init; } = ChangeKind.Content;

    public bool ValidateOnly { get; init; }

    public bool InsQualified { get; init; }

    public StatedTime InsQualifiedAt { get; init; }

    /// <summary>Null when it is not stated.</summary>
    public FeedingOpposition? Feeding { get; init; }

    public bool SecretSession { get; init; }
}

/// <summary>The entry as the request states it. For a CDA R2 content most of it may be left to the document's header.</summary>
public sealed record StatedMetadata
{
    public static readonly StatedMetadata Nothing = new();

    public string UniqueId { get; init; } = "";

    public string Title { get; init; } = "";

    public string TypeCode { get; init; } = "";

    public string FormatCode { get; init; } = "";

    public string MimeType { get; init; } = "";

    public string LanguageCode { get; init; } = "";

    public string PracticeSettingCode { get; init; } = "";

    public string FacilityTypeCode { get; init; } = "";

    public StatedTime CreatedAt { get; init; }

    public StatedTime ServiceStart { get; init; }

    public StatedTime ServiceStop { get; init; }

    public IReadOnlyList<StatedAuthor> Authors { get; init; } = [];

    public StatedAuthor? LegalAuthenticator { get; init; }

    public StatedLabels Labels { get; init; }

    public IReadOnlyList<string> EventCodes { get; init; } = [];

    public IReadOnlyList<string> ReferenceIds { get; init; } = [];

    public string Comments { get; init; } = "";
}

/// <summary>An author or the legal authenticator as stated.</summary>
/// <param name="Kind">Null when it is not stated.</param>
public sealed record StatedAuthor(
    string Id,
    string Name,
    string OrganizationId,
    string OrganizationName,
    string Role,
    string Specialty,
    AuthorKind? Kind);

/// <summary>A time as stated: absent, a time, or something that is none.</summary>
public readonly record struct StatedTime(DateTimeOffset? Value, bool IsMalformed = false);

/// <summary>Confidentiality as stated: absent, a set, or something that is none.</summary>
public readonly record struct StatedLabels(ConfidentialityLabels? Value, bool IsMalformed = false);
