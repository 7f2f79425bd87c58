namespace HealthGrains.Domain.Identity;

/// <summary>What is wrong with an INS as it was sent.</summary>
public enum InsProblem
{
    None = 0,

    /// <summary>No number, or no OID: <c>INS_MISSING</c>.</summary>
    Missing = 1,

    /// <summary>Not the OID of an INS, or shape or key are wrong: <c>INS_MALFORMED</c>.</summary>
    Malformed = 2,

    /// <summary>An INS of the other realm: <c>INS_REALM_MISMATCH</c>.</summary>
    RealmMismatch = 3,
}

/// <summary>A person: an INS, which is an issuer's OID <b>and</b> a number.</summary>
/// <remarks>The same digits under two OIDs are two persons to us. Equality and <see cref="ToString"/> cover both, so
/// either serves as a key. The text is a patient identifier: it belongs in no log, metric, status message or file name.
/// A default value is no person; <see cref="IsNone"/> tells.</remarks>
public readonly record struct PatientId
{
    private readonly string? _number;

    private PatientId(InsOid oid, string number)
    {
        Oid = oid;
        _number = number;
    }

    public InsOid Oid { get; }

    /// <summary>Fifteen characters, upper case, key included.</summary>
    public string Number => _number ?? "";

    public bool IsNone => _number is null;

    /// <summary>Checks an INS sent by a stranger against the server's rules.</summary>
    /// <returns><see cref="InsProblem.None"/> and the person, or the first problem: missing, then OID, realm, number.</returns>
    public static InsProblem TryCreate(string? oid, string? number, InsRules rules, out PatientId patient)
    {
        ArgumentNullException.ThrowIfNull(rules);
        patient = default;
        if (string.IsNullOrEmpty(oid) || string.IsNullOrEmpty(number)) return InsProblem.Missing;
        if (!InsOids.TryParse(oid, out var issuer)) return InsProblem.Malformed;
        if (issuer.Realm() != rules.Realm) return InsProblem.RealmMismatch;
        if (!HasShape(issuer, number, rules.NiaFirstDigits)) return InsProblem.Malformed;
        patient = new PatientId(issuer, number);
        return InsProblem.None;
    }

    /// <summary>Reads the canonical text <c>oid^number</c>, of either realm.</summary>
    /// <remarks>For text that this server wrote. A waiting number may start with any digit here, since the parameter may
    /// have been wider when it was written.</remarks>
    public static bool TryParse(string? text, out PatientId patient)
    {
        patient = default;
        var caret = text?.IndexOf('^', StringComparison.Ordinal) ?? -1;
        if (text is null || caret < 0 || !InsOids.TryParse(text[..caret], out var issuer)) return false;
        var number = text[(caret + 1)..];
        if (!HasShape(issuer, number, "123456789")) return false;
        patient = new PatientId(issuer, number);
        return true;
    }

    /// <summary>Reads the canonical text of a trusted source.</summary>
    /// <exception cref="FormatException">It is not one; the message does not repeat it.</exception>
    public static PatientId Parse(string text) =>
        TryParse(text, out var patient) ? patient : throw IdentityText.NotA("patient id");

    /// <summary>The canonical text, <c>oid^number</c>.</summary>
    public override string ToString() => _number is null ? "" : $"{Oid.Text()}^{_number}";

    private static bool HasShape(InsOid issuer, string number, string niaFirstDigits) =>
        issuer == InsOid.NiaProduction ? InsNumber.IsNia(number, niaFirstDigits) : InsNumber.IsNir(number);
}
