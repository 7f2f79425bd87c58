using System.Net;
using HealthGrains.Grains;
using HealthGrains.Grains.Journal;
using HealthGrains.Orleans.Placement;
using Orleans.Runtime;
using Xunit;

namespace HealthGrains.Orleans.Tests.Placement;

/// <summary>M1 and M2 of the map, and keys that name nobody.</summary>
public sealed class Shard_map
{
    [Theory]
    [InlineData(1, 16)]
    [InlineData(2, 16)]
    [InlineData(3, 16)]
    [InlineData(5, 16)]
    [InlineData(20, 16)]
    [InlineData(7, 256)]
    public void Each_silo_has_as_many_shards_as_any_other_or_one_less(int silos, int shards)
    {
        var counts = Silos(silos).ToDictionary(silo => silo, _ => 0);
        foreach (var owner in ShardMap.Assign(counts.Keys, shards))
            counts[owner]++;
        Assert.Equal(shards, counts.Values.Sum());
        Assert.InRange(counts.Values.Max() - counts.Values.Min(), 0, 1);
    }

    [Fact]
    public void The_order_in_which_silos_are_known_does_not_matter() =>
        Assert.Equal(ShardMap.Assign(Silos(5), 64), ShardMap.Assign([.. Silos(5).Reverse()], 64));

    [Fact]
    public void A_silo_that_starts_again_at_its_address_gets_its_shards_again()
    {
        var before = ShardMap.Assign(Silos(3), 64).Select(owner => owner.Endpoint);
        var after = ShardMap.Assign([.. Silos(2), SiloAddress.New(Silos(3)[2].Endpoint, 99)], 64).Select(owner => owner.Endpoint);
        Assert.Equal(before, after);
    }

    [Fact]
    public void A_silo_that_goes_moves_few_shards_besides_its_own()
    {
        var moved = 0;
        var before = ShardMap.Assign(Silos(5), 100);
        for (var gone = 0; gone < 5; gone++)
        {
            SiloAddress[] left = [.. Silos(5).Where((_, index) => index != gone)];
            var after = ShardMap.Assign(left, 100);
            moved += before.Zip(after).Count(pair => left.Contains(pair.First) && !pair.First.Equals(pair.Second));
        }

        // With a plain remainder four in five of the others' 80 shards would move.
        Assert.InRange(moved / 5.0, 0, 40);
    }

    [Fact]
    public void A_key_tells_the_shard_and_no_patient()
    {
        var keys = new GrainKeys(16, Guid.Parse("11111111-2222-3333-4444-555555555555"));
        var journal = new JournalId(JournalKind.Patient, "1.2.250.1.213.1.4.10^279035121518989");
        var key = keys.Of(journal);
        Assert.Matches("^[0-9a-f]{2}-[0-9a-f]{32}$", key);
        Assert.DoesNotContain("279035121518989", key, StringComparison.Ordinal);
        Assert.True(GrainKeys.TryReadShard(System.Text.Encoding.ASCII.GetBytes(key), out var shard));
        Assert.Equal(journal.ShardOf(16), shard);
        Assert.Equal(key, keys.Of(journal));
        Assert.NotEqual(key, new GrainKeys(16, Guid.Empty).Of(journal));
        Assert.True(GrainKeys.TryReadShard("ff"u8, out shard));
        Assert.Equal(255, shard);
    }

    private static SiloAddress[] Silos(int count) =>
        [.. Enumerable.Range(1, count).Select(n => SiloAddress.New(new IPEndPoint(IPAddress.Parse($"10.0.0.{n}"), 11111), n))];
}
