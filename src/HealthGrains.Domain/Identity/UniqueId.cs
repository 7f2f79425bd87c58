namespace HealthGrains.Domain.Identity;

/// <summary>The producer's id of a document: <c>root</c> or <c>root^extension</c>.</summary>
/// <remarks>The root is an OID, or a UUID in upper case (HL7 v3 data type UID); the extension is visible ASCII. It is
/// known before submission, globally unique, and means one content for ever: idempotency and the match with a mailed
/// copy rest on it. IHE ITI TF-3 section 4.2.3.2.26, XDSDocumentEntry.uniqueId. A <c>urn:uuid:</c> or <c>urn:oid:</c>
/// prefix is refused, so that one id has one text.</remarks>
public readonly record struct UniqueId
{
    /// <summary>The longest id taken, in characters.</summary>
    public const int LengthMax = 256;

    private const int UuidLength = 36;

    private readonly string? _text;

    private UniqueId(string text) => _text = text;

    public bool IsNone => _text is null;

    /// <summary>The part before the caret.</summary>
    public string Root => Caret is var caret and >= 0 ? ToString()[..caret] : ToString();

    /// <summary>The part after the caret, or null.</summary>
    public string? Extension => Caret is var caret and >= 0 ? ToString()[(caret + 1)..] : null;

    private int Caret => ToString().IndexOf('^', StringComparison.Ordinal);

    /// <summary>Joins a CDA <c>id/@root</c> and <c>@extension</c>; an empty extension counts as none.</summary>
    public static bool TryCreate(string? root, string? extension, out UniqueId id)
    {
        id = default;
        if (root is null || root.Contains('^', StringComparison.Ordinal)) return false;
        return TryParse(string.IsNullOrEmpty(extension) ? root : $"{root}^{extension}", out id);
    }

    public static bool TryParse(string? text, out UniqueId id)
    {
        id = default;
        if (text is null || text.Length > LengthMax) return false;
        var caret = text.IndexOf('^', StringComparison.Ordinal);
        var root = caret < 0 ? text.AsSpan() : text.AsSpan(0, caret);
        if (!Oid.IsValid(root) && !IsUpperCaseUuid(root)) return false;
        if (caret >= 0 && !IdentityText.IsLocalPart(text.AsSpan(caret + 1))) return false;
        id = new UniqueId(text);
        return true;
    }

    /// <exception cref="FormatException">The text is not a unique id.</exception>
    public static UniqueId Parse(string text) =>
        TryParse(text, out var id) ? id : throw IdentityText.NotA("document unique id");

    public override string ToString() => _text ?? "";

    private static bool IsUpperCaseUuid(ReadOnlySpan<char> text)
    {
        if (text.Length != UuidLength) return false;
        for (var i = 0; i < UuidLength; i++)
        {
            var fits = i is 8 or 13 or 18 or 23 ? text[i] == '-' : char.IsAsciiHexDigitUpper(text[i]);
            if (!fits) return false;
        }

        return true;
    }
}
