using HealthGrains.Domain.Identity;

namespace HealthGrains.Services.Authentication;

/// <summary>The hat that a professional wears: profession and structure (<i>situation d'exercice</i>). One person may hold
/// several, and every decision is about one of them.</summary>
/// <param name="Profession">Code and code system.</param>
/// <param name="Category"><c>C</c> civil, <c>E</c> in training, <c>M</c> military; empty if the token does not say.</param>
/// <param name="Structure">None for somebody who acts in no known structure.</param>
/// <param name="Specialty">Code of the <i>savoir-faire</i>, such as <c>SM26</c>; null if none.</param>
public sealed record PracticeSituation(
    ProfessionCode Profession, string Category, StructureId Structure, string? Specialty);

/// <summary>Which of the situations of a token a caller means. Null parts leave it open.</summary>
/// <param name="Profession">Profession code without its system, such as <c>10</c>.</param>
/// <param name="Category">As in <see cref="PracticeSituation"/>.</param>
/// <param name="Structure">Struct_IdNat.</param>
public sealed record SituationChoice(string? Profession, string? Category, string? Structure)
{
    /// <summary>Nothing is named: good enough for a token with a single situation.</summary>
    public static readonly SituationChoice Open = new(null, null, null);

    /// <summary>Reads the metadata <c>hg-situation</c>: pairs <c>profession=10;category=C;structure=1750100125</c>, of which
    /// any may be left out.</summary>
    /// <returns>False for a text of another shape.</returns>
    public static bool TryParse(string text, out SituationChoice choice)
    {
        ArgumentNullException.ThrowIfNull(text);
        choice = Open;
        foreach (var part in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == part.Length - 1) return false;
            var value = part[(equals + 1)..];
            switch (part[..equals])
            {
                case "profession" when choice.Profession is null:
                    choice = choice with { Profession = value };
                    break;
                case "category" when choice.Category is null:
                    choice = choice with { Category = value };
                    break;
                case "structure" when choice.Structure is null:
                    choice = choice with { Structure = value };
                    break;
                default:
                    return false;
            }
        }

        return choice != Open;
    }

    internal bool Fits(PracticeSituation situation) =>
        (string.IsNullOrEmpty(Profession) || Profession == situation.Profession.Code)
        && (string.IsNullOrEmpty(Category) || Category == situation.Category)
        && (string.IsNullOrEmpty(Structure) || Structure == situation.Structure.ToString());
}
