using System.Collections.Concurrent;
using global::Orleans;
using global::Orleans.Core.Internal;
using global::Orleans.Runtime;
using HealthGrains.Grains;

namespace HealthGrains.Orleans.Placement;

/// <summary>The grains that are active on this silo.</summary>
/// <remarks>A grain stays where it was placed. When another silo gets its shard it moves there, as a migration and not by ending
/// here: the directory then never lacks it. Without an entry, a silo that remembers its old place would send its next call here, and
/// the call would make it here again, for as long as anybody calls. And no more than <see cref="GrainLimits.ActivationsMax"/> stay: who came first goes first.</remarks>
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
            {
                first.Deactivate(new DeactivationReason(
                    DeactivationReasonCode.ApplicationRequested, "Another grain needs its place."));
            }
        }
    }

    public void Leave(IGrainContext grain) => _shardOf.TryRemove(grain, out _);

    /// <summary>Moves the grains of shards that are not this silo's any more; one whose new silo cannot take it yet stays until
    /// the next time.</summary>
    public void MoveStrangers(Predicate<int> isMine)
    {
        foreach (var (grain, shard) in _shardOf)
        {
            if (!isMine(shard))
                Move(grain);
        }
    }

    /// <summary>Moves one grain to the silo of its shard, once it is idle.</summary>
    public static void Move(IGrainContext grain)
    {
        Invariant.Hold(grain is IGrainManagementExtension, "Every activation can be moved.");
        _ = ((IGrainManagementExtension)grain).MigrateOnIdle().AsTask();
    }
}
