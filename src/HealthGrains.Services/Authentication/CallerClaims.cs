using System.Text.Json;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Services.Authentication;

/// <summary>From the claims of a validated token to the caller.</summary>
/// <remarks><c>hg_kind</c> says what kind of caller it is. A token without it that has the claims of Pro Santé Connect
/// (<c>SubjectNameID</c>) is a professional's. Identifiers are checked like those of any stranger.</remarks>
internal static class CallerClaims
{
    public static TokenProblem TryRead(JsonElement claims, TokenRules rules, out Caller? caller)
    {
        caller = null;
        string? kind;
        if (claims.TryGetProperty("hg_kind", out _)) kind = TokenText.Text(claims, "hg_kind");
        else kind = claims.TryGetProperty("SubjectNameID", out _) ? "professional" : null;

        switch (kind)
        {
            case "patient":
                caller = Patient(claims, rules.Identities);
                break;
            case "professional":
                if (!IsStrongEnough(claims, rules.RequiredAcr)) return TokenProblem.TooWeak;
                caller = Professional(claims, rules.Identities);
                break;
            case "producer":
                caller = Producer(claims, rules.Identities);
                break;
            case "delegate":
                caller = Subject(claims) is { } someone ? new Caller.Delegate(someone) { Name = Name(claims) } : null;
                break;
            case "operator":
                caller = Subject(claims) is { } operating ? new Caller.Operator(operating) { Name = Name(claims) } : null;
                break;
        }

        return caller is null ? TokenProblem.Claims : TokenProblem.None;
    }

    private static Caller.Patient? Patient(JsonElement claims, IdentityRules rules) =>
        PatientId.TryCreate(TokenText.Text(claims, "ins_oid"), TokenText.Text(claims, "ins"), rules.Ins, out var patient) == InsProblem.None
            ? new Caller.Patient(patient)
            : null;

    private static Caller.Producer? Producer(JsonElement claims, IdentityRules rules)
    {
        if (!StructureId.TryParse(TokenText.Text(claims, "organization"), rules, out var organization)) return null;
        if (!claims.TryGetProperty("on_behalf_of", out _)) return new Caller.Producer(organization, default);
        return StructureId.TryParse(TokenText.Text(claims, "on_behalf_of"), rules, out var other)
            ? new Caller.Producer(organization, other)
            : null;
    }

    private static Caller.Professional? Professional(JsonElement claims, IdentityRules rules)
    {
        var nameId = TokenText.Text(claims, "SubjectNameID");

        // Only a person's own RPPS number can read; agents and systems of a structure have none.
        if (!ProfessionalId.TryParse(nameId, rules, out var id) || id.Kind != ProfessionalIdKind.Rpps) return null;

        // Pro Santé Connect says the same identifier three times: preferred_username, and the tail of f:<uuid>:<IdNat>.
        if (claims.TryGetProperty("preferred_username", out _) && TokenText.Text(claims, "preferred_username") != nameId) return null;
        if (TokenText.Text(claims, "sub") is { } sub && sub.StartsWith("f:", StringComparison.Ordinal)
            && sub[(sub.LastIndexOf(':') + 1)..] != nameId)
        {
            return null;
        }

        var situations = PracticeClaims.TryRead(claims, rules);
        if (situations is not { Count: > 0 }) return null;
        return new Caller.Professional(
            id,
            situations,
            situations.Count == 1 ? situations[0] : null,
            TokenText.Text(claims, "Acces_Regulation_Medicale") == "VRAI",
            Name(claims));
    }

    private static bool IsStrongEnough(JsonElement claims, IReadOnlyList<string> required) =>
        required.Count == 0 || (TokenText.Text(claims, "acr") is { } acr && required.Contains(acr, StringComparer.Ordinal));

    private static string? Subject(JsonElement claims)
    {
        var subject = TokenText.Text(claims, "sub");
        if (subject is null || subject.Length is 0 or > AuthenticationLimits.SubjectLengthMax) return null;

        // Visible ASCII: two subjects that look alike are then one, and none hides a line end from a log.
        foreach (var c in subject)
            if (c is < '!' or > '~')
                return null;
        return subject;
    }

    private static string? Name(JsonElement claims)
    {
        var name = TokenText.Text(claims, "name") ?? Joined(TokenText.Text(claims, "given_name"), TokenText.Text(claims, "family_name"));
        if (string.IsNullOrWhiteSpace(name)) return null;
        var clean = string.Concat(name.Where(c => !char.IsControl(c)));
        return clean.Length > AuthenticationLimits.NameLengthMax ? clean[..AuthenticationLimits.NameLengthMax] : clean;
    }

    private static string? Joined(string? given, string? family) => given is null ? family : family is null ? given : $"{given} {family}";
}
