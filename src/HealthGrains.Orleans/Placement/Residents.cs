using System.Collections.Concurrent;
using global::Orleans;
using global::Orleans.Runtime;
using HealthGrains.Grains;

namespace HealthGrains.Orleans.Placement;

/// <summary>The grains that are active on this silo.</summary>
/// <remarks>A grain stays where it was placed. When another silo gets its shard it is let go here, and its next call makes it
/// there. And no more than <see cref="GrainLimits.ActivationsMax"/> stay: who came first goes first.</remarks>
internal sealed class Residents(int max)
{
    private readonly ConcurrentDictionary<IGrainContext, int> _shardOf = new();
    private readonly ConcurrentQueue<IGrainContext> _arrivals = new();

    public int Count => _shardOf.Count;

    public void Enter(IGrainContext grain, int shard)
    {
        _shardOf[grain] = shard;
        _arrivals.Enqueue(grain);
        while (_arrivals.Count > max && _arrivals.TryDequeue(out var first))
        {
            if (_shardOf.ContainsKey(first))
                LetGo(first, "Another grain needs its place.");
        }
    }

    public void Leave(IGrainContext grain) => _shardOf.TryRemove(grain, out _);

    /// <summary>Lets go the grains of shards that are not this silo's any more.</summary>
    public void LetGoStrangers(Predicate<int> isMine)
    {
        foreach (var (grain, shard) in _shardOf)
        {
            if (!isMine(shard))
                LetGo(grain, "Its shard is another silo's.");
        }
    }

    private static void LetGo(IGrainContext grain, string why) =>
        grain.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, why));
}
