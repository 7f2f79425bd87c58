namespace HealthGrains.Domain.Documents.Intake;

/// <summary>What a submission may hold at most. Beyond it the field is refused with <c>METADATA_INVALID</c>, unless another
/// code is named. Characters are UTF-16 units.</summary>
public static class IntakeLimits
{
    /// <summary>Bytes of a content inside the request, else <c>DOCUMENT_TOO_LARGE</c>.</summary>
    public const int InlineContentBytesMax = 4 * 1024 * 1024;

    /// <summary>Bytes of a content that is uploaded in chunks before its submission, else <c>DOCUMENT_TOO_LARGE</c>.</summary>
    public const int UploadBytesMax = 100 * 1024 * 1024;

    /// <summary>Bytes of a document that the patient deposits (Mon espace santé), else <c>DOCUMENT_TOO_LARGE</c>.</summary>
    public const int PatientDepositBytesMax = 5_000_000;

    public const int TitleCharsMax = 256;

    public const int CommentsCharsMax = 1_000;

    /// <summary>Of a code, a role, a specialty.</summary>
    public const int CodeCharsMax = 128;

    /// <summary>Of a name of a person or of a structure.</summary>
    public const int NameCharsMax = 256;

    /// <summary>Of one event code or one reference.</summary>
    public const int ReferenceCharsMax = 256;

    public const int AuthorsMax = 50;

    public const int EventCodesMax = 100;

    public const int ReferenceIdsMax = 100;

    /// <summary>Of a language tag (RFC 5646 section 4.4.1).</summary>
    public const int LanguageCharsMax = 35;

    /// <summary>The earliest year of any time: what is older is a slip of a keyboard or of a conversion.</summary>
    public const int YearMin = 1900;

    /// <summary>How far an act may lie ahead.</summary>
    public const int ServiceYearsAheadMax = 10;

    /// <summary>Paths named in a refusal where request and header disagree; of more the number is told. A refusal whose details
    /// do not fit a trailer would lose its code.</summary>
    public const int MismatchPathsMax = 16;
}
