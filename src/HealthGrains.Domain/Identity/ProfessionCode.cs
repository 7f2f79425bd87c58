namespace HealthGrains.Domain.Identity;

/// <summary>A profession: a code <b>and</b> its code system, since several codes exist in two systems.</summary>
/// <remarks>Code 10 of 1.2.250.1.71.1.2.7 is a physician, code 10 of 1.2.250.1.71.1.2.8 a physician in training. Which
/// pairs exist is in the data file <c>professions</c> (value set JDV_J65, 1.2.250.1.213.1.1.5.5); this type checks the
/// shape only.</remarks>
public readonly record struct ProfessionCode
{
    /// <summary>The health professions, code system G15.</summary>
    public const string HealthProfessions = "1.2.250.1.71.1.2.7";

    /// <summary>Professions in training.</summary>
    public const string Trainees = "1.2.250.1.71.1.2.8";

    /// <summary>The value set that joins the systems. Tokens name it in place of the code system.</summary>
    public const string ValueSet = "1.2.250.1.213.1.1.5.5";

    private const int CodeLengthMax = 32;

    private readonly string? _code;
    private readonly string? _system;

    private ProfessionCode(string code, string system)
    {
        _code = code;
        _system = system;
    }

    public string Code => _code ?? "";

    /// <summary>The OID of the code system.</summary>
    public string System => _system ?? "";

    public bool IsNone => _code is null;

    public static bool TryCreate(string? code, string? system, out ProfessionCode profession)
    {
        profession = default;
        if (code is null || code.Length is 0 or > CodeLengthMax || system is null || !Oid.IsValid(system)) return false;
        foreach (var c in code)
            if (!char.IsAsciiDigit(c) && !char.IsAsciiLetterUpper(c) && c != '_')
                return false;
        profession = new ProfessionCode(code, system);
        return true;
    }

    /// <summary>Reads <c>code^system</c>, the shape that tokens use too.</summary>
    public static bool TryParse(string? text, out ProfessionCode profession)
    {
        profession = default;
        var caret = text?.IndexOf('^', StringComparison.Ordinal) ?? -1;
        return text is not null && caret > 0 && TryCreate(text[..caret], text[(caret + 1)..], out profession);
    }

    /// <exception cref="FormatException">The text is not <c>code^system</c>.</exception>
    public static ProfessionCode Parse(string text) =>
        TryParse(text, out var profession) ? profession : throw IdentityText.NotA("profession");

    /// <summary>The canonical text, <c>code^system</c>.</summary>
    public override string ToString() => _code is null ? "" : $"{_code}^{_system}";
}
