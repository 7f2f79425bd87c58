using System.Text.Json;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Services.Authentication;

/// <summary>The situations of practice that a professional's token holds.</summary>
/// <remarks>Pro Santé Connect lists them in <c>SubjectRefPro.exercices[]</c>, each with its activities; a token without that
/// list has one situation, <c>SubjectRole</c> in <c>SubjectOrganizationID</c>. A structure with several numbers is known by
/// the first of: FINESS of the site, FINESS of the legal entity, SIRET of the site, technical number.</remarks>
internal static class PracticeClaims
{
    /// <returns>Null if the claims contradict their own shape.</returns>
    public static IReadOnlyList<PracticeSituation>? TryRead(JsonElement claims, IdentityRules rules)
    {
        if (claims.TryGetProperty("SubjectRefPro", out var reference))
        {
            return reference.ValueKind == JsonValueKind.Object
                && reference.TryGetProperty("exercices", out var exercises)
                && exercises.ValueKind == JsonValueKind.Array
                    ? Exercises(exercises, rules)
                    : null;
        }

        if (!ProfessionSystems.TryFind(Role(claims), category: "", out var profession)) return null;
        StructureId structure = default;
        if (TokenText.Text(claims, "SubjectOrganizationID") is { Length: > 0 } organization
            && !StructureId.TryParse(organization, rules, out structure))
        {
            return null;
        }

        return [new PracticeSituation(profession, "", structure, TokenText.Text(claims, "specialty"))];
    }

    // Seen both as a text and as a list of one.
    private static string? Role(JsonElement claims) =>
        claims.TryGetProperty("SubjectRole", out var role)
        && role.ValueKind == JsonValueKind.Array && role.GetArrayLength() == 1 && role[0].ValueKind == JsonValueKind.String
            ? role[0].GetString()
            : TokenText.Text(claims, "SubjectRole");

    private static List<PracticeSituation>? Exercises(JsonElement exercises, IdentityRules rules)
    {
        var situations = new List<PracticeSituation>();
        foreach (var exercise in exercises.EnumerateArray())
        {
            if (exercise.ValueKind != JsonValueKind.Object) return null;
            var category = TokenText.Text(exercise, "codeCategorieProfessionnelle") ?? "";
            if (!ProfessionSystems.TryFind(TokenText.Text(exercise, "codeProfession"), category, out var profession)) return null;
            var specialty = TokenText.Text(exercise, "codeSavoirFaire") is { Length: > 0 } code ? code : null;

            var hasActivities = exercise.TryGetProperty("activities", out var activities)
                && activities.ValueKind == JsonValueKind.Array && activities.GetArrayLength() > 0;
            if (!hasActivities)
            {
                Add(new PracticeSituation(profession, category, default, specialty));
                continue;
            }

            foreach (var activity in activities.EnumerateArray())
            {
                if (activity.ValueKind != JsonValueKind.Object) return null;
                Add(new PracticeSituation(profession, category, StructureOf(activity, rules), specialty));
                if (situations.Count > AuthenticationLimits.SituationsMax) return null;
            }
        }

        return situations;

        // The same hat twice is one hat, else a caller who names it would still be ambiguous.
        void Add(PracticeSituation situation)
        {
            if (!situations.Contains(situation)) situations.Add(situation);
        }
    }

    private static StructureId StructureOf(JsonElement activity, IdentityRules rules)
    {
        (string Claim, string Prefix)[] numbers =
        [
            ("numeroFinessSite", "1"), ("numeroFinessetablissementJuridique", "1"), ("numeroSiretSite", "3"),
            ("identifiantTechniqueDeLaStructure", ""),
        ];
        foreach (var (claim, prefix) in numbers)
        {
            // A number that does not hold is passed over: better no structure than a wrong one.
            if (TokenText.Text(activity, claim) is { Length: > 0 } number
                && StructureId.TryParse(prefix + number, rules, out var structure))
            {
                return structure;
            }
        }

        return default;
    }
}
