using global::Orleans.Placement;
using global::Orleans.Runtime;
using global::Orleans.Runtime.Placement;

namespace HealthGrains.Orleans.Placement;

/// <summary>A grain lives where its shard does.</summary>
[Serializable]
[global::Orleans.GenerateSerializer]
[global::Orleans.Immutable]
internal sealed class ShardPlacement : PlacementStrategy;

/// <inheritdoc cref="ShardPlacement"/>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ShardPlacementAttribute() : PlacementAttribute(new ShardPlacement());

/// <summary>Places by <see cref="ShardMap"/> among the silos that are not leaving.</summary>
internal sealed class ShardPlacementDirector(GrainKeys keys) : IPlacementDirector
{
    private volatile Assignment? _last;

    public Task<SiloAddress> OnAddActivation(
        PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        if (!GrainKeys.TryReadShard(target.GrainIdentity.Key.AsSpan(), out var shard) || shard >= keys.Shards)
            throw new Grains.InvariantException("The key of a placed grain begins with its shard.");
        var assignment = _last;
        if (assignment is null || !assignment.Silos.AsSpan().SequenceEqual(silos))
            _last = assignment = new Assignment([.. silos], ShardMap.Assign(silos, keys.Shards));
        return Task.FromResult(assignment.Owners[shard]);
    }

    private sealed record Assignment(SiloAddress[] Silos, SiloAddress[] Owners);
}
