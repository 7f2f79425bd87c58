using Microsoft.IdentityModel.Tokens;

namespace HealthGrains.Services.Authentication;

/// <summary>The public keys of one issuer, by key id.</summary>
public interface ISigningKeys
{
    /// <summary>The key as known now, without waiting. Null if it is not known, or no longer trusted.</summary>
    SecurityKey? Find(string keyId);

    /// <summary>The key, asking the issuer if need be.</summary>
    /// <param name="keyId">As the token names it; chosen by a stranger.</param>
    /// <param name="waiting">Ends the caller's waiting, not the question to the issuer, which others may share.</param>
    ValueTask<KeyAnswer> FindAsync(string keyId, CancellationToken waiting);
}

/// <summary>A key, or why there is none.</summary>
/// <param name="Key">Null if there is none.</param>
/// <param name="Reachable">False if the issuer's keys could not be had.</param>
public readonly record struct KeyAnswer(SecurityKey? Key, bool Reachable);

/// <summary>An issuer whose tokens are taken.</summary>
/// <param name="Issuer">The exact text of the claim <c>iss</c>.</param>
/// <param name="Keys">Its keys.</param>
public sealed record TrustedIssuer(string Issuer, ISigningKeys Keys)
{
    /// <summary>Whom it may speak for: a token of another kind of caller is not taken from it.</summary>
    public CallerKinds Kinds { get; init; } = CallerKinds.Readers | CallerKinds.Producer | CallerKinds.Operator;
}
