using HealthGrains.Domain.Refusals;

namespace HealthGrains.Domain.Identity;

/// <summary>From a problem with an INS to the refusal that reports it.</summary>
public static class InsProblems
{
    /// <summary>The refusal of a problem, naming the field.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no problem.</exception>
    public static Refusal ToRefusal(this InsProblem problem, string field) => problem switch
    {
        InsProblem.Missing => new Refusal(RefusalCode.InsMissing, "The patient's INS is missing: OID and number are needed.", field),
        InsProblem.Malformed => new Refusal(RefusalCode.InsMalformed,
            "Not a valid INS: check the OID, the 15 upper-case characters and the key.", field),
        InsProblem.RealmMismatch => new Refusal(RefusalCode.InsRealmMismatch,
            "This INS belongs to the other realm: production and test identities are never mixed.", field),
        _ => throw new ArgumentOutOfRangeException(nameof(problem)),
    };
}
