namespace HealthGrains.Domain.Identity;

/// <summary>The world that an INS belongs to. A server lives in one of them.</summary>
public enum InsRealm
{
    /// <summary>Real persons.</summary>
    Production = 1,

    /// <summary>Invented persons: test, demonstration and bench.</summary>
    Test = 2,
}

/// <summary>The issuer of an INS, known by its OID.</summary>
/// <remarks>The legacy OIDs of INS-A and INS-C (1.2.250.1.213.1.4.1 and .2) are not issuers of an INS. Source: list of
/// OIDs of the French health agency (ANS), <c>Liste des OID des autorités d'affectation des INS</c>.</remarks>
public enum InsOid
{
    /// <summary>1.2.250.1.213.1.4.8: permanent social-security number (NIR) of a real person.</summary>
    NirProduction = 8,

    /// <summary>1.2.250.1.213.1.4.9: waiting number (NIA) of a real person.</summary>
    NiaProduction = 9,

    /// <summary>1.2.250.1.213.1.4.10: NIR of an invented person, for tests.</summary>
    NirTest = 10,

    /// <summary>1.2.250.1.213.1.4.11: NIR of an invented person, for demonstrations.</summary>
    NirDemonstration = 11,
}

/// <summary>Between an issuer and its OID.</summary>
public static class InsOids
{
    private const string NirProductionText = "1.2.250.1.213.1.4.8";
    private const string NiaProductionText = "1.2.250.1.213.1.4.9";
    private const string NirTestText = "1.2.250.1.213.1.4.10";
    private const string NirDemonstrationText = "1.2.250.1.213.1.4.11";

    /// <summary>The dotted text of the OID.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not one of the enumeration.</exception>
    public static string Text(this InsOid oid) => oid switch
    {
        InsOid.NirProduction => NirProductionText,
        InsOid.NiaProduction => NiaProductionText,
        InsOid.NirTest => NirTestText,
        InsOid.NirDemonstration => NirDemonstrationText,
        _ => throw new ArgumentOutOfRangeException(nameof(oid)),
    };

    public static InsRealm Realm(this InsOid oid) =>
        oid is InsOid.NirProduction or InsOid.NiaProduction ? InsRealm.Production : InsRealm.Test;

    public static bool TryParse(string? text, out InsOid oid)
    {
        oid = text switch
        {
            NirProductionText => InsOid.NirProduction,
            NiaProductionText => InsOid.NiaProduction,
            NirTestText => InsOid.NirTest,
            NirDemonstrationText => InsOid.NirDemonstration,
            _ => default,
        };
        return oid != default;
    }
}
