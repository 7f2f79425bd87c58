using global::Orleans.Runtime;

namespace HealthGrains.Orleans.Placement;

/// <summary>Which silo has which shard: the same on every silo that knows the same members.</summary>
/// <remarks>
/// <para>A commit locks the rows of the shards that it writes to. Where all grains of a shard live on one silo, no other
/// silo's commits wait for them.</para>
/// <para>M1. Each silo has as many shards as any other, or one less.</para>
/// <para>M2. The choice is by weights of the pair of shard and address (rendezvous hashing), with a bound for M1: a silo that
/// comes or goes moves few shards besides its own, and one that starts again at its address gets the same ones.</para>
/// <para>M3. It is a hint for speed. Two silos that know different members place grains differently for a moment; what keeps
/// the journals right then is the version check of the store.</para>
/// </remarks>
internal static class ShardMap
{
    /// <param name="silos">In any order; at least one.</param>
    /// <param name="shards">From 1.</param>
    /// <returns>Index = shard.</returns>
    public static SiloAddress[] Assign(IReadOnlyCollection<SiloAddress> silos, int shards)
    {
        var room = silos.ToDictionary(silo => silo, _ => 0);
        var most = (shards + silos.Count - 1) / silos.Count;

        // So many silos may have that many; the others have one less.
        var full = shards - ((most - 1) * silos.Count);
        var owners = new SiloAddress[shards];
        for (var shard = 0; shard < shards; shard++)
        {
            var owner = silos
                .Where(silo => room[silo] < most - 1 || (room[silo] == most - 1 && full > 0))
                .MaxBy(silo => Weight(silo, shard));
            Grains.Invariant.Hold(owner is not null, "There is room for every shard.");
            if (++room[owner] == most)
                full--;
            owners[shard] = owner;
        }

        return owners;
    }

    // FNV-1a over the address without its generation, mixed with the shard. The text breaks a tie that cannot be.
    private static (ulong Weight, string Text) Weight(SiloAddress silo, int shard)
    {
        var text = silo.Endpoint.ToString();
        var hash = 14695981039346656037UL;
        foreach (var character in text)
            hash = (hash ^ character) * 1099511628211UL;
        hash = (hash ^ (uint)(shard + 1)) * 0x9E3779B97F4A7C15UL;
        hash ^= hash >> 29;
        hash *= 0xBF58476D1CE4E5B9UL;
        hash ^= hash >> 32;
        return (hash, text);
    }
}
