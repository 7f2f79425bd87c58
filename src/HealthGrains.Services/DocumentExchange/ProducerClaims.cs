using System.Globalization;
using Google.Protobuf.Collections;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;

namespace HealthGrains.Services.DocumentExchange;

/// <summary>What a producer believes to have submitted, and which of it was met in the ledger.</summary>
internal sealed class ProducerClaims
{
    private const int Sha256Bytes = 32;

    private readonly Dictionary<string, Sha256> _claims = new(StringComparer.Ordinal);
    private readonly HashSet<string> _met = new(StringComparer.Ordinal);

    private ProducerClaims()
    {
    }

    /// <returns>Null when nothing is claimed.</returns>
    /// <exception cref="RpcException">METADATA_INVALID: too many, one twice, or one that no document can have.</exception>
    public static ProducerClaims? Read(RepeatedField<Wire.ReconcileClaim> stated)
    {
        if (stated.Count == 0)
            return null;
        if (stated.Count > ServiceLimits.ClaimsMax)
            throw Invalid($"At most {ServiceLimits.ClaimsMax} documents can be claimed in one call.", "claims");
        var claims = new ProducerClaims();
        for (var i = 0; i < stated.Count; i++)
        {
            var field = string.Create(CultureInfo.InvariantCulture, $"claims[{i}].");
            if (!UniqueId.TryParse(stated[i].UniqueId, out var id))
                throw Invalid("Not a unique id.", field + "unique_id");
            if (stated[i].Sha256.Length != Sha256Bytes)
                throw Invalid("A SHA-256 has 32 bytes.", field + "sha256");
            if (!claims._claims.TryAdd(id.ToString(), new Sha256(stated[i].Sha256.Span)))
                throw Invalid("This document is claimed twice.", field + "unique_id");
        }

        return claims;
    }

    /// <summary>Compares a document of the ledger with the claim to it, which is met by that.</summary>
    public Wire.ReconcileLine.Types.Difference Meet(UniqueId id, Sha256 stored)
    {
        if (!_claims.TryGetValue(id.ToString(), out var claimed))
            return Wire.ReconcileLine.Types.Difference.NotClaimed;
        _met.Add(id.ToString());
        return claimed == stored ? Wire.ReconcileLine.Types.Difference.Same : Wire.ReconcileLine.Types.Difference.OtherBytes;
    }

    /// <summary>A document whose bytes nobody can compare any more.</summary>
    public void MeetUnseen(UniqueId id) => _met.Add(id.ToString());

    /// <summary>What was claimed and not met, with its claimed bytes.</summary>
    public IEnumerable<(UniqueId Id, Sha256 Claimed)> Unmet =>
        _claims.Where(claim => !_met.Contains(claim.Key)).Select(claim => (UniqueId.Parse(claim.Key), claim.Value));

    private static RpcException Invalid(string message, string field) =>
        RefusalStatus.Of(new Refusal(RefusalCode.MetadataInvalid, message, field));
}
