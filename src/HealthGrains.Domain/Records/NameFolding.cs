using System.Collections.Frozen;
using System.Text;

namespace HealthGrains.Domain.Records;

/// <summary>Names as they are compared: capital letters without accents, and no spaces, hyphens or apostrophes.</summary>
/// <remarks>The table is written out because Unicode normalization needs culture data that this program does not ship:
/// without it <c>string.Normalize</c> gives its input back, and LEFEVRE would not be Lefèvre. Letters of other scripts stay
/// as they are, in upper case.</remarks>
internal static class NameFolding
{
    // Each row: what it becomes, and the capital letters that become it.
    private static readonly (string Base, string Letters)[] Rows =
    [
        ("A", "ÀÁÂÃÄÅĀĂĄ"), ("AE", "Æ"), ("C", "ÇĆĈĊČ"), ("D", "ÐĎĐ"), ("E", "ÈÉÊËĒĔĖĘĚ"), ("G", "ĜĞĠĢ"), ("H", "ĤĦ"),
        ("I", "ÌÍÎÏĨĪĬĮİ"), ("IJ", "Ĳ"), ("J", "Ĵ"), ("K", "Ķ"), ("L", "ĹĻĽĿŁ"), ("N", "ÑŃŅŇŊ"), ("O", "ÒÓÔÕÖØŌŎŐ"),
        ("OE", "Œ"), ("R", "ŔŖŘ"), ("S", "ŚŜŞŠȘ"), ("SS", "ẞß"), ("T", "ŢŤŦȚ"), ("TH", "Þ"), ("U", "ÙÚÛÜŨŪŬŮŰŲ"),
        ("W", "Ŵ"), ("Y", "ÝŶŸ"), ("Z", "ŹŻŽ"), ("I", "ı"),
    ];

    private static readonly FrozenDictionary<char, string> Bases = Rows
        .SelectMany(row => row.Letters.Select(letter => KeyValuePair.Create(letter, row.Base)))
        .ToFrozenDictionary();

    /// <returns>Equal for two spellings of one name; empty if the text holds no letter.</returns>
    public static string Fold(string name)
    {
        var folded = new StringBuilder(name.Length);
        foreach (var character in name)
        {
            var upper = char.ToUpperInvariant(character);
            if (Bases.TryGetValue(upper, out var letters))
                folded.Append(letters);
            else if (char.IsLetter(upper))
                folded.Append(upper); // A combining accent is no letter: it is left out with the punctuation.
        }

        return folded.ToString();
    }
}
