namespace HealthGrains.Domain.Identity;

/// <summary>Parameters of INS checking.</summary>
public sealed record InsRules
{
    /// <summary>The realm of this server; <c>Ins:Realm</c>.</summary>
    public InsRealm Realm { get; init; } = InsRealm.Test;

    /// <summary>The digits that a waiting number may start with; <c>Ins:NiaFirstDigits</c>.</summary>
    public string NiaFirstDigits { get; init; } = "12345678";
}

/// <summary>Parameters of checking the identifiers that strangers send.</summary>
/// <remarks>Public samples hold numbers whose check digits fail, so a bench may accept them; the types then say so
/// (<see cref="Rpps.CheckDigitFits"/>), for a warning.</remarks>
public sealed record IdentityRules
{
    /// <summary>A test server that checks every digit.</summary>
    public static IdentityRules Default { get; } = new();

    /// <summary>What text that we wrote ourselves may hold: whatever any setting once admitted.</summary>
    internal static IdentityRules Stored { get; } = new() { LenientRpps = true, LenientFiness = true };

    public InsRules Ins { get; init; } = new();

    /// <summary>Accept an RPPS whose check digit fails; <c>Ids:LenientRpps</c>.</summary>
    public bool LenientRpps { get; init; }

    /// <summary>Accept FINESS, SIREN and SIRET whose check digit fails; <c>Ids:LenientFiness</c>.</summary>
    public bool LenientFiness { get; init; }

    /// <summary>Accept ADELI numbers, which RPPS is replacing; <c>Ids:AcceptAdeli</c>.</summary>
    public bool AcceptAdeli { get; init; } = true;
}
