using HealthGrains.Synthetic;

namespace HealthGrains.LoadTests.Scaling;

/// <summary>How unevenly shards and servers are loaded when patients fall on shards by hash and shards are dealt in turn.</summary>
/// <param name="BusiestShard">Its load as a multiple of the mean.</param>
/// <param name="BusiestServer">The same of servers.</param>
/// <param name="IdleServers">Servers that have no shard.</param>
internal sealed record LoadSpread(double BusiestShard, double BusiestServer, int IdleServers)
{
    /// <summary>Half of the patients bring a document a year, most others some, a few in a thousand one each day.</summary>
    public static LoadSpread Simulate(int shards, int servers, int patients, ulong seed)
    {
        var random = SplitMix64.For(seed, (ulong)shards, (ulong)servers);
        var load = new long[shards];
        for (var patient = 0; patient < patients; patient++)
        {
            var kind = random.Next(1000);
            var documents = kind < 500 ? 1 : kind < 900 ? random.Between(2, 10) : kind < 995 ? random.Between(11, 60) : random.Between(61, 365);
            load[random.Next(shards)] += documents;
        }

        var server = new long[servers];
        for (var shard = 0; shard < shards; shard++) server[shard % servers] += load[shard];
        var total = (double)load.Sum();
        return new LoadSpread(load.Max() / (total / shards), server.Max() / (total / servers), server.Count(l => l == 0));
    }
}
