using global::Orleans;
using global::Orleans.Concurrency;
using global::Orleans.Runtime;
using HealthGrains.Orleans.Placement;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Orleans.Routing;

/// <summary>The router of one shard: its one activation in the cluster tails the shard's log.</summary>
[Alias("healthgrains.router.v1")]
internal interface IShardRouterGrain : IGrainWithStringKey
{
    /// <summary>Makes it run, where its shard is, if it does not.</summary>
    Task KeepAsync();

    /// <summary>The same, for the silo that has the shard: one that runs elsewhere moves there.</summary>
    Task<bool> IsAtAsync(SiloAddress home);
}

/// <inheritdoc cref="IShardRouterGrain"/>
/// <remarks>
/// <para>Started by being activated. The silo that has the shard asks for it when it gets the shard and every
/// <see cref="OrleansLimits.KeepEvery"/>; when a silo dies, the one that takes over its shards does. A reminder asks too, should
/// nobody else.</para>
/// <para>Two activations for a moment, on either side of a partition: recipients remember what they took in, the checkpoint moves by
/// compare-and-swap, and a silo that the others have declared dead moves it no more. What two that both live could still do to a
/// recipient that was set aside is in the decision on it.</para>
/// </remarks>
[ShardPlacement]
[Reentrant]
[GrainType("router")]
[CollectionAgeLimit(AlwaysActive = true)]
internal sealed class ShardRouterGrain(SiloParts silo, ILogger<ShardRouterGrain> log) : Grain, IShardRouterGrain, IRemindable
{
    private const string Reminder = "keep";

    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private int _shard;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (!GrainKeys.TryReadShard(GrainContext.GrainId.Key.AsSpan(), out var shard))
            throw new Grains.InvariantException("The key of a router is its shard.");
        _shard = shard;
        silo.Residents.Enter(GrainContext, shard);
        await this.RegisterOrUpdateReminder(Reminder, OrleansLimits.RemindEvery, OrleansLimits.RemindEvery);

        // Off this activation's scheduler: its turns would wait for each other, and the engine's are awaited anyway.
        OrleansLog.RouterBegan(log, shard);
        _running = Task.Run(() => silo.Routing.RunAsync(shard, _stopping.Token), CancellationToken.None);
    }

    public Task KeepAsync() => Task.CompletedTask;

    public Task<bool> IsAtAsync(SiloAddress home)
    {
        var isHome = silo.Members.Here.Equals(home);

        // Whoever asks may know less than this silo does, or more: it moves only if it is not at home here, either.
        if (!isHome && !silo.Members.IsMine(_shard))
            Residents.Move(GrainContext);
        return Task.FromResult(isHome);
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask;

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        silo.Residents.Leave(GrainContext);
        var since = TimeProvider.System.GetTimestamp();
        await _stopping.CancelAsync();
        await _running.WaitAsync(cancellationToken);
        OrleansLog.RouterEnded(log, _shard, TimeProvider.System.GetElapsedTime(since));
        _stopping.Dispose();
    }
}
