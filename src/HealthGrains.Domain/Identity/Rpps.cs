namespace HealthGrains.Domain.Identity;

/// <summary>The national number of a health professional: eleven digits, the last a Luhn digit.</summary>
/// <remarks>Source: ANS, <c>Répertoire partagé des professionnels intervenant dans le système de santé</c>. Numbers
/// starting with 997 belong to test cards.</remarks>
public readonly record struct Rpps
{
    /// <summary>Length in digits.</summary>
    public const int Length = 11;

    private readonly string? _text;

    private Rpps(string text) => _text = text;

    /// <summary>False only for a number that a lenient rule admitted.</summary>
    public bool CheckDigitFits => Luhn.IsValid(_text);

    public static bool TryParse(string? text, out Rpps rpps) => TryParse(text, IdentityRules.Default, out rpps);

    public static bool TryParse(string? text, IdentityRules rules, out Rpps rpps)
    {
        ArgumentNullException.ThrowIfNull(rules);
        rpps = default;
        if (text is not { Length: Length } || !Luhn.AllDigits(text)) return false;
        if (!rules.LenientRpps && !Luhn.IsValid(text)) return false;
        rpps = new Rpps(text);
        return true;
    }

    /// <summary>Reads text that this server wrote; a failing check digit passes.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static Rpps Parse(string text) =>
        TryParse(text, IdentityRules.Stored, out var rpps) ? rpps : throw IdentityText.NotA("RPPS number");

    public override string ToString() => _text ?? "";
}
