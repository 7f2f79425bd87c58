using global::Orleans.Runtime;

namespace HealthGrains.Orleans.Placement;

/// <summary>Who is in the cluster, as this silo sees it, and which shards are its own.</summary>
internal sealed class Members(ILocalSiloDetails here, IClusterMembershipService membership, GrainKeys keys)
{
    private volatile State _state = new([], []);

    public SiloAddress Here => here.SiloAddress;

    /// <summary>The silos that take grains.</summary>
    public IReadOnlyList<SiloAddress> Silos => _state.Silos;

    public bool IsMine(int shard) => _state.Owners is { Length: > 0 } owners && owners[shard].Equals(Here);

    public IEnumerable<int> MyShards() => Enumerable.Range(0, keys.Shards).Where(IsMine);

    /// <summary>Each change of who is in, until the token ends it; the first is the present state.</summary>
    public async IAsyncEnumerable<bool> ChangesAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stopping)
    {
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stopping))
        {
            SiloAddress[] silos = [.. snapshot.Members.Values
                .Where(member => member.Status == SiloStatus.Active).Select(member => member.SiloAddress).Order()];
            if (_state.Silos.AsSpan().SequenceEqual(silos))
                continue;
            _state = new State(silos, silos.Length == 0 ? [] : ShardMap.Assign(silos, keys.Shards));
            yield return true;
        }
    }

    private sealed record State(SiloAddress[] Silos, SiloAddress[] Owners);
}
