namespace HealthGrains.Domain.Cda;

/// <summary>What a CDA document may hold at most. Beyond it the document is refused with <c>METADATA_INVALID</c>.</summary>
public static class CdaLimits
{
    /// <summary>Elements inside each other, the root counted.</summary>
    public const int DepthMax = 128;

    /// <summary>Attributes of one element, namespace declarations counted.</summary>
    public const int AttributesMax = 256;

    /// <summary>Characters of an element's or attribute's local name.</summary>
    public const int NameCharsMax = 256;

    /// <summary>Bytes that one tag, comment or CDATA section may take. The parser must hold such a thing whole, so this
    /// bounds its memory whatever the size of the file; ordinary text, such as a base64 body, is read in pieces.</summary>
    public const int ConstructBytesMax = 1024 * 1024;

    /// <summary>Characters of a header value that is kept: a title, a name, an identifier.</summary>
    public const int ValueCharsMax = 1024;

    /// <summary>Repetitions of one header element: authors, ids, templates, event codes, references.</summary>
    public const int RepetitionsMax = 256;
}
