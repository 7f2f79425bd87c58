namespace HealthGrains.Domain.Identity;

/// <summary>The national number of a legal unit's site: a SIREN and five digits, the last a Luhn digit of all fourteen.</summary>
/// <remarks>Source: INSEE, SIRENE. The sites of La Poste, which follow another rule, are not care structures.</remarks>
public readonly record struct Siret
{
    /// <summary>Length in digits.</summary>
    public const int Length = 14;

    private readonly string? _text;

    private Siret(string text) => _text = text;

    public static bool TryParse(string? text, out Siret siret) => TryParse(text, IdentityRules.Default, out siret);

    public static bool TryParse(string? text, IdentityRules rules, out Siret siret)
    {
        ArgumentNullException.ThrowIfNull(rules);
        siret = default;
        if (text is not { Length: Length } || !Luhn.AllDigits(text)) return false;
        if (!rules.LenientFiness && !Luhn.IsValid(text)) return false;
        siret = new Siret(text);
        return true;
    }

    /// <summary>Reads text that this server wrote; a failing check digit passes.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static Siret Parse(string text) =>
        TryParse(text, IdentityRules.Stored, out var siret) ? siret : throw IdentityText.NotA("SIRET number");

    public override string ToString() => _text ?? "";
}
