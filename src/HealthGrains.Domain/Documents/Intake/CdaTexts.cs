using HealthGrains.Domain.Cda;

namespace HealthGrains.Domain.Documents.Intake;

/// <summary>How values of a CDA header are written in an entry.</summary>
internal static class CdaTexts
{
    /// <summary>White space of XML is layout: one space stands for any of it.</summary>
    public static string Line(string? text) => text is null ? "" : string.Join(
        ' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary><c>code</c>, or <c>code^^OID</c> where the header names the system.</summary>
    public static string EventCode(CdaCode code) =>
        string.IsNullOrEmpty(code.System) ? code.Code : $"{code.Code}^^{code.System}";

    /// <summary>XDS CXi: <c>id^^^&amp;root&amp;ISO^type</c>; an id that is a root alone has no issuer.</summary>
    public static string Reference(CdaReference reference)
    {
        var type = reference.Kind switch
        {
            CdaReferenceKind.Order => "urn:ihe:iti:xds:2013:order",
            CdaReferenceKind.Accession => "urn:ihe:iti:xds:2013:accession",
            _ => "urn:ihe:iti:xds:2013:uniqueId",
        };
        return string.IsNullOrEmpty(reference.Id.Extension)
            ? $"{reference.Id.Root}^^^^{type}"
            : $"{reference.Id.Extension}^^^&{reference.Id.Root}&ISO^{type}";
    }

    /// <summary>Whether a stated reference names the same thing: the identifier, and the issuer where it states one.</summary>
    public static bool IsSameReference(string stated, CdaReference reference)
    {
        var caret = stated.IndexOf('^', StringComparison.Ordinal);
        var id = caret < 0 ? stated : stated[..caret];
        var extension = reference.Id.Extension;
        if (string.IsNullOrEmpty(extension))
            return id == reference.Id.Root;
        return id == extension
            && (!stated.Contains('&', StringComparison.Ordinal)
                || stated.Contains($"&{reference.Id.Root}&", StringComparison.Ordinal));
    }
}
