namespace HealthGrains.Domain.Identity;

/// <summary>Lexical rules that several identifiers share.</summary>
internal static class IdentityText
{
    /// <summary>The longest local part (extension, internal number) of an identifier, in characters.</summary>
    internal const int LocalPartMax = 128;

    /// <summary>Visible ASCII but for the caret, which separates parts in HL7 v2 and XDS texts. Nothing outside ASCII:
    /// two ids that look alike are then one id.</summary>
    internal static bool IsLocalPart(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > LocalPartMax) return false;
        foreach (var c in text)
            if (c is < '!' or > '~' or '^')
                return false;
        return true;
    }

    internal static FormatException NotA(string what) => new($"Not the canonical text of a {what}.");
}
