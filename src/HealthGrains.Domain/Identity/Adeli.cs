namespace HealthGrains.Domain.Identity;

/// <summary>The older number of a health professional, which RPPS is replacing: department, profession, serial.</summary>
/// <remarks>Nine characters, digits but for the departments 2A and 2B. Accepted while <c>Ids:AcceptAdeli</c> is true;
/// never issued by us.</remarks>
public readonly record struct Adeli
{
    /// <summary>Length in characters.</summary>
    public const int Length = 9;

    private readonly string? _text;

    private Adeli(string text) => _text = text;

    public static bool TryParse(string? text, out Adeli adeli) => TryParse(text, IdentityRules.Default, out adeli);

    public static bool TryParse(string? text, IdentityRules rules, out Adeli adeli)
    {
        ArgumentNullException.ThrowIfNull(rules);
        adeli = default;
        if (!rules.AcceptAdeli || !HasShape(text)) return false;
        adeli = new Adeli(text!); // ! a null text has no shape
        return true;
    }

    /// <summary>Reads text that this server wrote.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static Adeli Parse(string text) =>
        TryParse(text, IdentityRules.Stored, out var adeli) ? adeli : throw IdentityText.NotA("ADELI number");

    public override string ToString() => _text ?? "";

    internal static bool HasShape(ReadOnlySpan<char> text) =>
        text.Length == Length && Luhn.AllDigits(text[2..]) &&
        (Luhn.AllDigits(text[..2]) || text[..2] is "2A" or "2B");
}
