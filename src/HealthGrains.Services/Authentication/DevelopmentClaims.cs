using System.Text.Json.Nodes;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Services.Authentication;

/// <summary>The claims of development tokens, one shape for each kind of caller.</summary>
public static class DevelopmentClaims
{
    public static JsonObject Patient(PatientId patient) => new()
    {
        ["hg_kind"] = "patient",
        ["ins"] = patient.Number,
        ["ins_oid"] = patient.Oid.Text(),
    };

    /// <param name="id">Prefix 8 and an RPPS number.</param>
    /// <param name="role">Profession code of JDV_J65, such as <c>10</c>.</param>
    /// <param name="structure">None for who acts in no known structure.</param>
    /// <param name="isRegulation">A session of an emergency call centre.</param>
    /// <param name="name">For traces.</param>
    public static JsonObject Professional(
        ProfessionalId id, string role, StructureId structure, bool isRegulation = false, string? name = null)
    {
        var claims = new JsonObject
        {
            ["hg_kind"] = "professional",
            ["SubjectNameID"] = id.ToString(),
            ["SubjectRole"] = role.Contains('^', StringComparison.Ordinal) ? role : $"{role}^{ProfessionCode.ValueSet}",
            ["Acces_Regulation_Medicale"] = isRegulation ? "VRAI" : "FAUX",
        };
        if (!structure.IsNone) claims["SubjectOrganizationID"] = structure.ToString();
        if (name is not null) claims["name"] = name;
        return claims;
    }

    public static JsonObject Producer(StructureId organization, StructureId onBehalfOf = default)
    {
        var claims = new JsonObject { ["hg_kind"] = "producer", ["organization"] = organization.ToString() };
        if (!onBehalfOf.IsNone) claims["on_behalf_of"] = onBehalfOf.ToString();
        return claims;
    }

    public static JsonObject Delegate(string subject, string? name = null) => WithSubject("delegate", subject, name);

    public static JsonObject Operator(string subject, string? name = null) => WithSubject("operator", subject, name);

    private static JsonObject WithSubject(string kind, string subject, string? name)
    {
        var claims = new JsonObject { ["hg_kind"] = kind, ["sub"] = subject };
        if (name is not null) claims["name"] = name;
        return claims;
    }
}
