using System.Text.Json.Serialization;

namespace HealthGrains.Domain.Tests.Access.Cases;

/// <summary>One question of reading, in plain words, as it stands in <c>access-cases.jsonl</c>.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Record"><c>absent</c>, <c>opposed</c>, <c>open</c> (not activated, without any consent), <c>activated</c>, <c>closed</c>.</param>
/// <param name="Profession"><c>10</c>, <c>21</c>, <c>40</c>, <c>60</c> or <c>99</c>.</param>
/// <param name="ActsIn"><c>A</c>, <c>B</c> or <c>nowhere</c>.</param>
/// <param name="Permits">Any of <c>person</c>, <c>structure A</c>, <c>person, ended</c>, <c>person, later</c>, <c>person, revoked</c>.</param>
/// <param name="DeniesA">Structure A is refused.</param>
/// <param name="Block"><c>no</c>, <c>blocked</c> or <c>unblocked</c>.</param>
/// <param name="Flags">Call centre, glass, masked documents: <c>permit</c> or <c>deny</c> each; or <c>default</c>.</param>
/// <param name="Mode"><c>normal</c>, <c>glass</c> or <c>call centre</c>.</param>
/// <param name="Reason">A reason is given.</param>
/// <param name="CallCentreRole">The session is one of an emergency call centre.</param>
/// <param name="Type">Of the document.</param>
/// <param name="Label"><c>none</c>, <c>masked</c>, <c>hidden from patient</c> or <c>hidden from representatives</c>.</param>
/// <param name="Author"><c>reader</c>, <c>colleague</c> (same structure) or <c>stranger</c>.</param>
/// <param name="Document"><c>in force</c>, <c>replaced</c>, <c>withdrawn</c> or <c>never was</c>.</param>
/// <param name="Outcome">What the reader gets.</param>
public sealed record AccessCase(
    int Number,
    string Record,
    string Profession,
    string ActsIn,
    IReadOnlyList<string> Permits,
    bool DeniesA,
    string Block,
    string Flags,
    string Mode,
    bool Reason,
    bool CallCentreRole,
    string Type,
    string Label,
    string Author,
    string Document,
    string Outcome)
{
    /// <summary>The rules of reading as a list of sentences: no state, no events, nothing of the product.</summary>
    /// <remarks>Source: DMP TD2 and TD3, the order of 26 October 2023, and the parameters at their defaults. A label is asked about
    /// before the matrix: the answer of the matrix would say that there is a document.</remarks>
    [JsonIgnore]
    public string Naively
    {
        get
        {
            if (Record is "absent" or "opposed")
                return "PATIENT_UNKNOWN";
            if (Record == "closed")
                return "RECORD_CLOSED";
            if (Block == "blocked")
                return "ACCESS_BLOCKED";
            var flags = Flags == "default" ? ["permit", "permit", "deny"] : Flags.Split(' ');
            if (Mode == "normal")
            {
                if (DeniesA && ActsIn == "A")
                    return "ACCESS_DENIED";

                // A block ended what the person held; a refusal of the structure ended what the structure held.
                var byPerson = Permits.Contains("person") && Block == "no";
                var byStructure = Permits.Contains("structure A") && ActsIn == "A" && !DeniesA;
                if (!byPerson && !byStructure)
                    return "CONSENT_REQUIRED";
            }

            if (Mode == "call centre" && !CallCentreRole)
                return "REGULATION_ROLE_REQUIRED";
            if (Mode != "normal" && !Reason)
                return "EMERGENCY_REASON_REQUIRED";
            if (Mode == "call centre" && flags[0] == "deny")
                return "EMERGENCY_REFUSED";
            if (Mode == "glass" && flags[1] == "deny")
                return "EMERGENCY_REFUSED";

            if (Document is "withdrawn" or "never was")
                return "DOCUMENT_NOT_FOUND";
            var allowed = Mode == "normal" ? "ALLOW" : "ALLOW_EMERGENCY";
            if (Author == "reader")
                return allowed;
            if (Label == "masked" && !(Mode != "normal" && flags[2] == "permit"))
                return "DOCUMENT_NOT_FOUND";
            return IsInMatrix ? allowed : "MATRIX_DENIED";
        }
    }

    // The shipped placeholder, for the types and professions of these cases.
    private bool IsInMatrix => (Profession, Type) switch
    {
        ("10", "ATTEST-RESID") => false,
        ("10", _) => true,
        ("21", "11502-2" or "11490-0") => true,
        ("40", "ATTEST-RESID" or "75496-0" or "83981-1" or "68599-0") => false,
        ("40", _) => true,
        ("60", "ATTEST-RESID" or "75496-0" or "68599-0") => false,
        ("60", _) => true,
        _ => false,
    };

    /// <summary>Cases drawn from one seed: the same ones on every machine.</summary>
    internal static IEnumerable<AccessCase> Draw(int seed, int count)
    {
        var dice = new Random(seed);
        for (var number = 1; number <= count; number++)
        {
            // Most records are in use, or no rule behind the first would be met.
            var record = Pick(80, "activated", "open", "closed", "absent", "opposed");
            var withConsents = record is "activated" or "closed";
            string[] permits = withConsents
                ? [.. new[] { "person", "structure A", "person, ended", "person, later", "person, revoked" }
                    .Where((_, i) => dice.Next(100) < (i == 0 ? 55 : 15))]
                : [];
            var drawn = new AccessCase(
                number,
                record,
                Pick(45, "10", "21", "40", "60", "99"),
                Pick(70, "A", "B", "nowhere"),
                permits,
                withConsents && dice.Next(100) < 12,
                withConsents ? Pick(80, "no", "blocked", "unblocked") : "no",
                withConsents && dice.Next(2) == 0
                    ? string.Join(' ', Enumerable.Range(0, 3).Select(_ => dice.Next(2) == 0 ? "permit" : "deny"))
                    : "default",
                Pick(55, "normal", "glass", "call centre"),
                dice.Next(100) < 85,
                dice.Next(100) < 60,
                Pick(40, "11502-2", "68599-0", "75496-0", "83981-1", "ATTEST-RESID", "11490-0"),
                Pick(50, "none", "masked", "masked", "hidden from patient", "hidden from representatives"),
                Pick(65, "stranger", "colleague", "reader"),
                Pick(75, "in force", "replaced", "withdrawn", "never was"),
                "");
            yield return drawn with { Outcome = drawn.Naively };
        }

        // The first with its percentage, the others alike.
        string Pick(int percent, string first, params string[] others) =>
            dice.Next(100) < percent ? first : others[dice.Next(others.Length)];
    }
}
