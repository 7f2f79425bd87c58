using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Routing;

/// <summary>The right to route one shard, for a while.</summary>
/// <param name="Shard">From 0.</param>
/// <param name="Epoch">From 1; grows each time that the shard changes hands, so that an earlier holder can be told apart.</param>
public readonly record struct ShardLease(int Shard, long Epoch);

/// <summary>How the processes on one store share its shards among their routers.</summary>
/// <remarks>
/// <para>L1. At any time at most one process holds the newest epoch of a shard. A holder that does not renew within
/// <see cref="RoutingLimits.LeaseTerm"/> of the store's clock loses its shards to those that do.</para>
/// <para>L2. A checkpoint moves only under the newest epoch: an earlier holder that wakes up moves none.</para>
/// <para>L3. What an earlier holder still delivers does no harm: recipients remember positions.</para>
/// <para>The processes share evenly: who holds more than its part gives the rest back when it renews.</para>
/// </remarks>
public interface IShardLeases
{
    /// <summary>Renews what this process holds, gives back what is more than its part, and takes what nobody holds.</summary>
    /// <returns>Everything that it holds now.</returns>
    /// <exception cref="JournalException">Not known: what was held may be lost.</exception>
    ValueTask<IReadOnlyList<ShardLease>> RenewAsync(CancellationToken cancellation);

    /// <summary>Moves a checkpoint of a shard that is held.</summary>
    /// <exception cref="LeaseLostException">Somebody else holds the shard by now; nothing was written.</exception>
    /// <exception cref="JournalConflictException">It was not at <see cref="CheckpointMove.Expected"/>.</exception>
    ValueTask MoveCheckpointAsync(ShardLease lease, CheckpointMove move, CancellationToken shutdown);

    /// <summary>Gives everything back, so that others need not wait for the term.</summary>
    ValueTask ReleaseAsync(CancellationToken cancellation);
}

/// <summary>Another process routes the shard.</summary>
public sealed class LeaseLostException() : Exception("Another process routes this shard.");
