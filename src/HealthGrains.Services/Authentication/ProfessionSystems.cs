using System.Collections.Frozen;
using HealthGrains.Domain.Codes;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Services.Authentication;

/// <summary>From the profession code of a token to code and code system.</summary>
/// <remarks>Tokens name the value set (JDV_J65, 1.2.250.1.213.1.1.5.5) and not the code system; the published list has the
/// systems. The category tells professionals in training (<c>E</c>), whose codes exist twice.</remarks>
internal static class ProfessionSystems
{
    private const string InTraining = "E";

    private static readonly Lazy<FrozenDictionary<string, ProfessionCode[]>> ByCode = new(() => CodeSets.Current.Professions.All
        .Where(profession => profession.IsPerson)
        .GroupBy(profession => profession.Code.Code, profession => profession.Code)
        .ToFrozenDictionary(group => group.Key, group => group.ToArray()));

    /// <param name="text"><c>10</c>, or <c>10^system</c> where system may be the value set.</param>
    /// <param name="category">C, E or M; empty if not known.</param>
    public static bool TryFind(string? text, string category, out ProfessionCode profession)
    {
        profession = default;
        if (text is null) return false;
        var caret = text.IndexOf('^', StringComparison.Ordinal);
        if (caret >= 0 && text[(caret + 1)..] != ProfessionCode.ValueSet) return ProfessionCode.TryParse(text, out profession);
        var code = caret < 0 ? text : text[..caret];
        if (!ByCode.Value.TryGetValue(code, out var candidates))
        {
            // A code newer than our list is still that person's; what it may read is the matrix's to say.
            return ProfessionCode.TryCreate(code, ProfessionCode.HealthProfessions, out profession);
        }

        profession = Array.Find(candidates, c => (c.System == ProfessionCode.Trainees) == (category == InTraining));
        if (profession.IsNone) profession = candidates[0];
        return true;
    }
}
