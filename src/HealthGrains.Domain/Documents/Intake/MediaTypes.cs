using System.Collections.Frozen;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Domain.Documents.Intake;

/// <summary>Which media types are taken, and how a CDA R2 document is told from other contents.</summary>
public static class MediaTypes
{
    /// <summary>Of a CDA R2 document (CI-SIS, volet Partage de documents de santé).</summary>
    public const string Cda = "text/xml";

    /// <summary>Bytes of the beginning that <see cref="IsCda"/> looks at: where a wrapper may hide the document, its first part
    /// is long; further than this nobody looks.</summary>
    public const int SniffBytesMax = 64 * 1024;

    private static readonly FrozenSet<string> Accepted = FrozenSet.Create(
        StringComparer.Ordinal,
        Cda,
        "application/dicom",
        "application/pdf",
        "application/rtf",
        "application/fhir+json",
        "application/fhir+xml",
        "text/plain",
        "text/rtf",
        "image/jpeg",
        "image/tiff");

    // What Mon espace santé takes from its users.
    private static readonly FrozenSet<string> AcceptedFromPatients = FrozenSet.Create(
        StringComparer.Ordinal,
        "application/pdf",
        "application/rtf",
        "text/plain",
        "text/rtf",
        "image/jpeg",
        "image/tiff");

    /// <returns>Null when the media type is taken from this kind of depositor.</returns>
    public static Refusal? Check(string mimeType, bool byPatient) =>
        (byPatient ? AcceptedFromPatients : Accepted).Contains(mimeType)
            ? null
            : new Refusal(RefusalCode.MimeNotAllowed, "This media type is not taken here.", "metadata.mime_type");

    /// <summary>Whether a content is to be read as CDA R2: it says so, or it says nothing and is XML, or it says something
    /// else and is CDA all the same. The last cannot be used to pass a header by.</summary>
    public static bool IsCda(string mimeType, ReadOnlySpan<byte> content)
    {
        if (mimeType == Cda)
            return true;
        if (!LooksLikeXml(content))
            return false;
        return mimeType.Length == 0
            || content[..Math.Min(content.Length, SniffBytesMax)].IndexOf("ClinicalDocument"u8) >= 0;
    }

    private static bool LooksLikeXml(ReadOnlySpan<byte> content)
    {
        if (content.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || content.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
            return true;
        if (content.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            content = content[3..];
        return content.TrimStart(" \t\r\n"u8).StartsWith("<"u8);
    }
}
