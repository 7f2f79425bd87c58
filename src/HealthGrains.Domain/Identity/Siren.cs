namespace HealthGrains.Domain.Identity;

/// <summary>The national number of a legal unit: nine digits, the last a Luhn digit. Source: INSEE, SIRENE.</summary>
public readonly record struct Siren
{
    /// <summary>Length in digits.</summary>
    public const int Length = 9;

    private readonly string? _text;

    private Siren(string text) => _text = text;

    public static bool TryParse(string? text, out Siren siren) => TryParse(text, IdentityRules.Default, out siren);

    public static bool TryParse(string? text, IdentityRules rules, out Siren siren)
    {
        ArgumentNullException.ThrowIfNull(rules);
        siren = default;
        if (text is not { Length: Length } || !Luhn.AllDigits(text)) return false;
        if (!rules.LenientFiness && !Luhn.IsValid(text)) return false;
        siren = new Siren(text);
        return true;
    }

    /// <summary>Reads text that this server wrote; a failing check digit passes.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static Siren Parse(string text) =>
        TryParse(text, IdentityRules.Stored, out var siren) ? siren : throw IdentityText.NotA("SIREN number");

    public override string ToString() => _text ?? "";
}
