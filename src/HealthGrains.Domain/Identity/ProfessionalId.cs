namespace HealthGrains.Domain.Identity;

/// <summary>The kinds of professional number, named by the prefix digit on the wire.</summary>
public enum ProfessionalIdKind
{
    /// <summary>Prefix 0: an ADELI number.</summary>
    Adeli = 1,

    /// <summary>Prefix 1: an ADELI office and an internal number.</summary>
    AdeliOfficeInternal = 2,

    /// <summary>Prefix 3: a FINESS structure and an internal number.</summary>
    FinessInternal = 3,

    /// <summary>Prefix 4: a SIREN unit and an internal number.</summary>
    SirenInternal = 4,

    /// <summary>Prefix 5: a SIRET site and an internal number.</summary>
    SiretInternal = 5,

    /// <summary>Prefix 6: an RPPS office and an internal number.</summary>
    RppsOfficeInternal = 6,

    /// <summary>Prefix 8: an RPPS number; the only kind that can read.</summary>
    Rpps = 7,
}

/// <summary>A professional, an agent of a structure or a system, as the national identifier IdNat_PS.</summary>
/// <remarks>OID 1.2.250.1.71.4.2.1, type IDNPS: a prefix digit and a number, with <c>/internal</c> for agents and
/// systems: <c>899700218896</c>, <c>3750100125/1453</c>, <c>518003502400041/x</c>. Source: ANS, CI-SIS, <c>Annexe
/// Identification des acteurs</c>.</remarks>
public readonly record struct ProfessionalId
{
    /// <summary>The OID of the identifier.</summary>
    public const string Root = "1.2.250.1.71.4.2.1";

    private readonly string? _text;

    private ProfessionalId(ProfessionalIdKind kind, string text)
    {
        Kind = kind;
        _text = text;
    }

    public ProfessionalIdKind Kind { get; }

    public bool IsNone => _text is null;

    /// <summary>The RPPS number of a person, null for every other kind.</summary>
    public Rpps? Rpps => Kind == ProfessionalIdKind.Rpps && _text is not null
        ? Identity.Rpps.Parse(_text[1..])
        : null;

    /// <summary>The structure that an agent or a system belongs to, null for a person's own number.</summary>
    public StructureId? Structure
    {
        get
        {
            var slash = ToString().IndexOf('/', StringComparison.Ordinal);
            if (_text is null || slash < 0) return null;
            var prefix = Kind switch
            {
                ProfessionalIdKind.AdeliOfficeInternal => '0',
                ProfessionalIdKind.FinessInternal => '1',
                ProfessionalIdKind.SirenInternal => '2',
                ProfessionalIdKind.SiretInternal => '3',
                _ => '4',
            };
            return StructureId.TryParse(prefix + _text[1..slash], IdentityRules.Stored, out var structure)
                ? structure
                : null;
        }
    }

    /// <summary>False only for a number that a lenient rule admitted.</summary>
    public bool CheckDigitFits => _text is not null && TryParse(_text, IdentityRules.Default, out _);

    public static ProfessionalId Of(Rpps rpps) => Parse("8" + rpps);

    public static bool TryParse(string? text, out ProfessionalId professional) =>
        TryParse(text, IdentityRules.Default, out professional);

    public static bool TryParse(string? text, IdentityRules rules, out ProfessionalId professional)
    {
        ArgumentNullException.ThrowIfNull(rules);
        professional = default;
        if (text is null || text.Length < 2) return false;

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash == 0) return false;
        var number = slash < 0 ? text[1..] : text[1..slash];
        var hasInternal = slash >= 0;
        if (hasInternal && !IdentityText.IsLocalPart(text.AsSpan(slash + 1))) return false;

        ProfessionalIdKind? kind = (text[0], hasInternal) switch
        {
            ('0', false) when Adeli.TryParse(number, rules, out _) => ProfessionalIdKind.Adeli,
            ('1', true) when rules.AcceptAdeli && StructureId.IsAdeliOffice(number) => ProfessionalIdKind.AdeliOfficeInternal,
            ('3', true) when Finess.TryParse(number, rules, out _) => ProfessionalIdKind.FinessInternal,
            ('4', true) when Siren.TryParse(number, rules, out _) => ProfessionalIdKind.SirenInternal,
            ('5', true) when Siret.TryParse(number, rules, out _) => ProfessionalIdKind.SiretInternal,
            ('6', true) when IsRppsOffice(number, rules) => ProfessionalIdKind.RppsOfficeInternal,
            ('8', false) when Identity.Rpps.TryParse(number, rules, out _) => ProfessionalIdKind.Rpps,
            _ => null,
        };
        if (kind is not { } known) return false;
        professional = new ProfessionalId(known, text);
        return true;
    }

    /// <summary>Reads text that this server wrote; a failing check digit passes.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static ProfessionalId Parse(string text) =>
        TryParse(text, IdentityRules.Stored, out var id) ? id : throw IdentityText.NotA("professional id");

    /// <summary>The canonical text: prefix, number, and the internal number after a slash.</summary>
    public override string ToString() => _text ?? "";

    // Offices are written with and without their rank before the internal number.
    private static bool IsRppsOffice(string number, IdentityRules rules) =>
        StructureId.IsRppsOffice(number, rules) || Identity.Rpps.TryParse(number, rules, out _);
}
