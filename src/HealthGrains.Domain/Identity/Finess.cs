namespace HealthGrains.Domain.Identity;

/// <summary>The number of a care structure, legal entity or site: nine characters.</summary>
/// <remarks>The Luhn rule holds only when all nine are digits: Corsican numbers start with 2A or 2B, and test sites hold
/// letters. First and last are digits, letters are upper case. Source: FINESS, the national file of health
/// establishments.</remarks>
public readonly record struct Finess
{
    /// <summary>Length in characters.</summary>
    public const int Length = 9;

    private readonly string? _text;

    private Finess(string text) => _text = text;

    /// <summary>False only for a number that a lenient rule admitted; true where no check digit exists.</summary>
    public bool CheckDigitFits => _text is not null && (!Luhn.AllDigits(_text) || Luhn.IsValid(_text));

    public static bool TryParse(string? text, out Finess finess) => TryParse(text, IdentityRules.Default, out finess);

    public static bool TryParse(string? text, IdentityRules rules, out Finess finess)
    {
        ArgumentNullException.ThrowIfNull(rules);
        finess = default;
        if (text is not { Length: Length } || !char.IsAsciiDigit(text[0]) || !char.IsAsciiDigit(text[^1])) return false;
        foreach (var c in text)
            if (!char.IsAsciiDigit(c) && !char.IsAsciiLetterUpper(c))
                return false;
        var candidate = new Finess(text);
        if (!rules.LenientFiness && !candidate.CheckDigitFits) return false;
        finess = candidate;
        return true;
    }

    /// <summary>Reads text that this server wrote; a failing check digit passes.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static Finess Parse(string text) =>
        TryParse(text, IdentityRules.Stored, out var finess) ? finess : throw IdentityText.NotA("FINESS number");

    public override string ToString() => _text ?? "";
}
