namespace HealthGrains.Domain.Identity;

/// <summary>The kinds of care-structure number; all but the last are named by the prefix on the wire.</summary>
public enum StructureIdKind
{
    /// <summary>Prefix 0: a self-employed professional's office, by ADELI number.</summary>
    AdeliOffice = 1,

    /// <summary>Prefix 1: a FINESS number, the usual one.</summary>
    Finess = 2,

    /// <summary>Prefix 2: a SIREN number.</summary>
    Siren = 3,

    /// <summary>Prefix 3: a SIRET number.</summary>
    Siret = 4,

    /// <summary>Prefix 4: a self-employed professional's office, by RPPS number and rank.</summary>
    RppsOffice = 5,

    /// <summary>No prefix: a technical number of the national directory, starting with R or F.</summary>
    Technical = 6,
}

/// <summary>A care structure, as the national identifier Struct_IdNat: a tagged union of several numbers.</summary>
/// <remarks>OID 1.2.250.1.71.4.2.2, type IDNST: a prefix digit and a number, such as <c>1750803447</c> for FINESS
/// 750803447. An office often has no FINESS, hence the union. Two ids are equal when prefix and number are: a legal
/// entity and its site, or a FINESS and a SIRET, are different structures here. Source: ANS, CI-SIS, <c>Annexe
/// Identification des acteurs</c>.</remarks>
public readonly record struct StructureId
{
    /// <summary>The OID of the identifier.</summary>
    public const string Root = "1.2.250.1.71.4.2.2";

    private const int TechnicalLengthMax = 64;

    private readonly string? _text;

    private StructureId(StructureIdKind kind, string text)
    {
        Kind = kind;
        _text = text;
    }

    public StructureIdKind Kind { get; }

    public bool IsNone => _text is null;

    /// <summary>The number without its prefix.</summary>
    public string Number => _text is null ? "" : Kind == StructureIdKind.Technical ? _text : _text[1..];

    /// <summary>False only for a number that a lenient rule admitted.</summary>
    public bool CheckDigitFits => _text is not null && TryParse(_text, IdentityRules.Default, out _);

    public static StructureId Of(Finess finess) => Parse("1" + finess);

    public static StructureId Of(Siren siren) => Parse("2" + siren);

    public static StructureId Of(Siret siret) => Parse("3" + siret);

    public static bool TryParse(string? text, out StructureId structure) =>
        TryParse(text, IdentityRules.Default, out structure);

    public static bool TryParse(string? text, IdentityRules rules, out StructureId structure)
    {
        ArgumentNullException.ThrowIfNull(rules);
        structure = default;
        if (text is null || text.Length < 2) return false;
        var number = text[1..];
        StructureIdKind? kind = text[0] switch
        {
            '0' when rules.AcceptAdeli && IsAdeliOffice(number) => StructureIdKind.AdeliOffice,
            '1' when Finess.TryParse(number, rules, out _) => StructureIdKind.Finess,
            '2' when Siren.TryParse(number, rules, out _) => StructureIdKind.Siren,
            '3' when Siret.TryParse(number, rules, out _) => StructureIdKind.Siret,
            '4' when IsRppsOffice(number, rules) => StructureIdKind.RppsOffice,
            'R' or 'F' when IsTechnical(text) => StructureIdKind.Technical,
            _ => null,
        };
        if (kind is not { } known) return false;
        structure = new StructureId(known, text);
        return true;
    }

    /// <summary>Reads text that this server wrote; a failing check digit passes.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static StructureId Parse(string text) =>
        TryParse(text, IdentityRules.Stored, out var structure) ? structure : throw IdentityText.NotA("structure id");

    /// <summary>The canonical text: prefix and number.</summary>
    public override string ToString() => _text ?? "";

    // An office is the professional's number, followed by the rank of the office.
    internal static bool IsAdeliOffice(ReadOnlySpan<char> number) =>
        number.Length is Adeli.Length or Adeli.Length + 2 && Adeli.HasShape(number[..Adeli.Length]) &&
        (number.Length == Adeli.Length || Luhn.AllDigits(number[Adeli.Length..]));

    internal static bool IsRppsOffice(string number, IdentityRules rules) =>
        number.Length is Rpps.Length + 2 or Rpps.Length + 3 && Luhn.AllDigits(number) &&
        Rpps.TryParse(number[..Rpps.Length], rules, out _);

    private static bool IsTechnical(ReadOnlySpan<char> text)
    {
        if (text.Length > TechnicalLengthMax) return false;
        foreach (var c in text)
            if (!char.IsAsciiDigit(c) && !char.IsAsciiLetterUpper(c))
                return false;
        return true;
    }
}
