using System.Diagnostics;

namespace HealthGrains.Campaigns.Cluster;

/// <summary>A fault of a cluster. It ends what it began before it returns, and leaves every silo running.</summary>
internal abstract record ClusterFault(string Name)
{
    /// <summary>How long a silo that is dead to the others may go on before it ends by itself.</summary>
    protected static readonly TimeSpan EndMax = TimeSpan.FromSeconds(20);

    /// <summary>How long the others may take to declare a silo dead.</summary>
    private static readonly TimeSpan NoticedMax = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    /// <summary>By the names that the verb takes.</summary>
    /// <param name="upgrade">The other build, for <c>upgrade</c>; null where there is none.</param>
    public static IReadOnlyDictionary<string, ClusterFault> All(IReadOnlyList<string>? upgrade)
    {
        var all = new Dictionary<string, ClusterFault>(StringComparer.Ordinal)
        {
            ["kill"] = new KillSilo(),
            ["freeze"] = new FreezeSilo(Long),
            ["partition"] = new CutOff("partition", Long, Hears: false, Speaks: false),
            ["mute"] = new CutOff("one-way partition: not heard by the others", Long, Hears: true, Speaks: false),
            ["deaf"] = new CutOff("one-way partition: does not hear the others", Long, Hears: false, Speaks: true),
            ["rolling"] = new RollingRestart(),
        };
        if (upgrade is not null)
            all.Add("upgrade", new RollingUpgrade(upgrade));
        return all;
    }

    /// <summary>Whether it needs wires that can be cut.</summary>
    public virtual bool NeedsNetwork => false;

    /// <param name="world">What it strikes.</param>
    /// <param name="silo">The silo, where it strikes one.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>Seconds until the others declared the silo dead, 0 if they did not; and a broken promise, or null.</returns>
    public abstract Task<(double Seconds, string? Broken)> StrikeAsync(ClusterWorld world, int silo, CancellationToken cancellation);

    /// <summary>Seconds until the others declared it dead; or null if they did not within the time.</summary>
    protected static async Task<double?> DeadAsync(ClusterWorld world, int silo, TimeSpan? atMost, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        while (await world.CountAsync(ClusterWorld.IsDead(silo)) == 0)
        {
            if (clock.Elapsed > (atMost ?? NoticedMax))
                return null;
            await Task.Delay(100, cancellation);
        }

        return clock.Elapsed.TotalSeconds;
    }
}

/// <summary>kill -9; the silo comes back when the others have buried it.</summary>
internal sealed record KillSilo() : ClusterFault("kill -9 of a silo")
{
    public override async Task<(double Seconds, string? Broken)> StrikeAsync(
        ClusterWorld world, int silo, CancellationToken cancellation)
    {
        await world.KillAsync(silo);
        var seconds = await DeadAsync(world, silo, null, cancellation);
        await world.StartSiloAsync(silo, cancellation);
        return (seconds ?? 0, seconds is null ? "the others did not notice that a silo was killed" : null);
    }
}

/// <summary>A silo stands still, its connections open, and wakes up believing that it still has its grains.</summary>
internal sealed record FreezeSilo(TimeSpan For) : ClusterFault("SIGSTOP of a silo for 20 s")
{
    public override async Task<(double Seconds, string? Broken)> StrikeAsync(
        ClusterWorld world, int silo, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        double? seconds;
        world[silo].Signal(Posix.Stop);
        try
        {
            seconds = await DeadAsync(world, silo, For, cancellation);
            if (For - clock.Elapsed is { Ticks: > 0 } rest)
                await Task.Delay(rest, cancellation);
        }
        finally
        {
            world[silo].Signal(Posix.Continue);
        }

        var broken = await world.ReviveAsync(silo, EndMax, cancellation);
        return (seconds ?? 0, seconds is null ? "the others did not notice that a silo stood still" : broken);
    }
}

/// <summary>A silo's packets vanish, to the others, from them, or both; it still reaches the database, and its clients reach it.</summary>
internal sealed record CutOff(string Which, TimeSpan For, bool Hears, bool Speaks) : ClusterFault(Which)
{
    public override bool NeedsNetwork => true;

    public override async Task<(double Seconds, string? Broken)> StrikeAsync(
        ClusterWorld world, int silo, CancellationToken cancellation)
    {
        var network = world.Network ?? throw new FaultUnavailableException("there is no network whose wires can be cut");
        var clock = Stopwatch.StartNew();
        double? seconds = null;
        try
        {
            foreach (var other in Enumerable.Range(0, world.Silos).Where(other => other != silo))
            {
                if (!Speaks)
                    network.Cut(silo, other);
                if (!Hears)
                    network.Cut(other, silo);
            }

            // Either side may be the one that is declared dead: who speaks to the table first.
            while (clock.Elapsed < For)
            {
                var dead = 0L;
                for (var each = 0; each < world.Silos; each++)
                    dead += await world.CountAsync(ClusterWorld.IsDead(each));
                if (dead > 0)
                    seconds ??= clock.Elapsed.TotalSeconds;
                await Task.Delay(100, cancellation);
            }
        }
        finally
        {
            network.Heal();
        }

        string? broken = null;
        for (var each = 0; each < world.Silos; each++)
            broken = await world.ReviveAsync(each, EndMax, cancellation) ?? broken;
        return (seconds ?? 0, broken);
    }
}

/// <summary>Each silo in turn is stopped and started again, while the others serve.</summary>
internal sealed record RollingRestart() : ClusterFault("rolling restart")
{
    public override async Task<(double Seconds, string? Broken)> StrikeAsync(
        ClusterWorld world, int silo, CancellationToken cancellation)
    {
        for (var each = 0; each < world.Silos; each++)
        {
            await world.StopAsync(each);
            await world.StartSiloAsync(each, cancellation);
        }

        return (0, null);
    }
}

/// <summary>The silos go from one build to the other one by one, or back; in the middle, while both are in, one is killed.</summary>
internal sealed record RollingUpgrade(IReadOnlyList<string> Other) : ClusterFault("rolling upgrade, kill -9 in the middle")
{
    private IReadOnlyList<string> _next = Other;

    public override async Task<(double Seconds, string? Broken)> StrikeAsync(
        ClusterWorld world, int silo, CancellationToken cancellation)
    {
        var before = world.ProgramOf(0);
        double seconds = 0;
        for (var each = 0; each < world.Silos; each++)
        {
            world.Replace(each, _next);
            await world.StopAsync(each);
            await world.StartSiloAsync(each, cancellation);
            if (each > 0)
                continue;

            // One silo speaks the new version, the others the old one: any of them may die now.
            await world.KillAsync(silo);
            seconds = await DeadAsync(world, silo, null, cancellation) ?? 0;
            await world.StartSiloAsync(silo, cancellation);
        }

        _next = before;
        return (seconds, null);
    }
}
