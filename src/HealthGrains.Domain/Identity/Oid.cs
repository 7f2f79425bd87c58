namespace HealthGrains.Domain.Identity;

/// <summary>The lexical rule of object identifiers as HL7 v3 types them (data type UID, OID form).</summary>
public static class Oid
{
    /// <summary>The longest OID taken, in characters. ISO 8824 sets no limit; DICOM stops at 64.</summary>
    public const int LengthMax = 128;

    /// <summary>Dotted numbers, two or more, without leading zeros; the first is 0, 1 or 2.</summary>
    public static bool IsValid(ReadOnlySpan<char> text)
    {
        if (text.Length is < 3 or > LengthMax || text[0] is < '0' or > '2' || text[1] != '.') return false;
        var start = 2;
        for (var i = 2; i <= text.Length; i++)
        {
            if (i < text.Length && char.IsAsciiDigit(text[i])) continue;
            if (i < text.Length && text[i] != '.') return false;
            var length = i - start;
            if (length == 0 || (length > 1 && text[start] == '0')) return false;
            start = i + 1;
        }

        return true;
    }
}
