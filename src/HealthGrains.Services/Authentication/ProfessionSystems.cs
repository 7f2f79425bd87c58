using HealthGrains.Domain.Identity;

namespace HealthGrains.Services.Authentication;

/// <summary>From the profession code of a token to code and code system.</summary>
/// <remarks>Tokens name the value set (JDV_J65, 1.2.250.1.213.1.1.5.5) and not the code system. The category tells
/// professionals in training (<c>E</c>), whose four codes exist twice.</remarks>
internal static class ProfessionSystems
{
    private const string OtherProfessions = "1.2.250.1.213.1.6.1.109";
    private const string SocialCare = "1.2.250.1.213.1.6.1.4";
    private const string ByRole = "1.2.250.1.213.1.6.1.140";

    /// <param name="text"><c>10</c>, or <c>10^system</c> where system may be the value set.</param>
    /// <param name="category">C, E or M; empty if not known.</param>
    public static bool TryFind(string? text, string category, out ProfessionCode profession)
    {
        profession = default;
        if (text is null) return false;
        var caret = text.IndexOf('^', StringComparison.Ordinal);
        var code = caret < 0 ? text : text[..caret];
        if (caret >= 0 && text[(caret + 1)..] != ProfessionCode.ValueSet) return ProfessionCode.TryParse(text, out profession);
        return ProfessionCode.TryCreate(code, SystemOf(code, category), out profession);
    }

    private static string SystemOf(string code, string category) => code switch
    {
        "10" or "21" or "40" or "50" when category == "E" => ProfessionCode.Trainees,
        "71" or "72" or "73" or "93" or "97" => OtherProfessions,
        "41" or "42" or "43" or "44" or "45" or "46" or "47" or "48" or "49" or "51" or "52" or "53" => SocialCare,
        "99" => ByRole,
        _ => ProfessionCode.HealthProfessions,
    };
}
