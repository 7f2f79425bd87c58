using System.Diagnostics;

namespace HealthGrains.Campaigns.Shared;

/// <summary>What a fault showed while it lasted.</summary>
/// <param name="Seconds">Until the shards had routers again, or the database answered.</param>
/// <param name="Broken">A promise that was broken meanwhile, or null.</param>
internal sealed record Struck(double Seconds, string? Broken = null);

/// <summary>A fault of a world of hosts and a database. It ends what it began before it returns, also when it fails.</summary>
internal abstract record SharedFault(string Name)
{
    public static readonly SharedFault[] OfHosts = [new KillHost(), new FreezeHost(TimeSpan.FromSeconds(20))];

    public static readonly SharedFault[] OfOneHost = [new KillHost()];

    public static SharedFault[] OfDatabase(TimeSpan freeze) =>
        [new RestartDatabase(), new KillDatabase(), new EndSessions(), new StandbyGone(), new FreezeDatabase(freeze)];

    /// <param name="world">What it strikes.</param>
    /// <param name="host">The host, where it strikes one.</param>
    /// <param name="ledger">Answers that come while nobody may answer.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public abstract Task<Struck> StrikeAsync(SharedWorld world, int host, Ledger ledger, CancellationToken cancellation);

    /// <summary>Seconds until a count is 0, asked ten times a second.</summary>
    protected static async Task<double> UntilAsync(Func<Task<bool>> isThere, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        while (!await isThere())
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(60))
                throw new InvalidOperationException("What was waited for did not come within 60 s.");
            await Task.Delay(100, cancellation);
        }

        return clock.Elapsed.TotalSeconds;
    }

    protected static Task<double> TakenOverAsync(SharedWorld world, int host, CancellationToken cancellation) => UntilAsync(
        async () => await world.OrphansAsync() == 0 && await world.CountAsync(
            "SELECT count(*) FROM lease l JOIN process p ON p.owner = l.owner "
            + $"WHERE p.name = '{SharedWorld.NameOf(host)}'") == 0,
        cancellation);

    /// <summary>All processes of the cluster, the first one first.</summary>
    public static IReadOnlyList<int> ProcessesOf(SharedWorld world)
    {
        var postmaster = world.Cluster.Postmaster;
        var children = Process.GetProcessesByName("postgres").Select(process => process.Id).Where(id => ParentOf(id) == postmaster);
        return [postmaster, .. children];
    }

    private static int ParentOf(int process)
    {
        try
        {
            // The name stands in brackets and may hold blanks; state and parent follow it.
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}

/// <summary>kill -9 of one host; the others route its shards.</summary>
internal sealed record KillHost() : SharedFault("kill -9 of a host")
{
    public override async Task<Struck> StrikeAsync(SharedWorld world, int host, Ledger ledger, CancellationToken cancellation)
    {
        await world[host].KillAsync();
        var seconds = world.Hosts == 1 ? 0 : await TakenOverAsync(world, host, cancellation);
        await world.StartHostAsync(host, cancellation);
        return new Struck(seconds);
    }
}

/// <summary>A host is stopped for longer than its leases, and wakes up believing that it still holds them.</summary>
internal sealed record FreezeHost(TimeSpan For) : SharedFault("zombie host")
{
    public override async Task<Struck> StrikeAsync(SharedWorld world, int host, Ledger ledger, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        world[host].Signal(Posix.Stop);
        try
        {
            var seconds = await TakenOverAsync(world, host, cancellation);
            if (For - clock.Elapsed is { Ticks: > 0 } rest)
                await Task.Delay(rest, cancellation);
            return new Struck(seconds);
        }
        finally
        {
            world[host].Signal(Posix.Continue);
        }
    }
}

/// <summary>An orderly restart of the database.</summary>
internal sealed record RestartDatabase() : SharedFault("restart of the database")
{
    public override async Task<Struck> StrikeAsync(SharedWorld world, int host, Ledger ledger, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        await world.Cluster.StopAsync();
        await world.Cluster.StartAsync();
        return new Struck(clock.Elapsed.TotalSeconds);
    }
}

/// <summary>kill -9 of all processes of the database, and crash recovery.</summary>
internal sealed record KillDatabase() : SharedFault("kill -9 of the database")
{
    public override async Task<Struck> StrikeAsync(SharedWorld world, int host, Ledger ledger, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var all = ProcessesOf(world);
        foreach (var process in all)
            Posix.TrySignal(process, Posix.Kill);
        await UntilAsync(() => Task.FromResult(!all.Any(process => Directory.Exists($"/proc/{process}"))), cancellation);
        await world.Cluster.StartAsync();
        return new Struck(clock.Elapsed.TotalSeconds);
    }
}

/// <summary>Every session of ours is ended by an administrator.</summary>
internal sealed record EndSessions() : SharedFault("end of all sessions")
{
    public override async Task<Struck> StrikeAsync(SharedWorld world, int host, Ledger ledger, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        for (var again = 0; again < 5; again++)
            await world.SqlAsync("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'host-%'");
        return new Struck(clock.Elapsed.TotalSeconds);
    }
}

/// <summary>The synchronous standby is gone: commits wait, and some are cancelled by an administrator. The server says of those that
/// they succeeded; nobody may be told so.</summary>
internal sealed record StandbyGone() : SharedFault("standby gone, commits cancelled")
{
    private static readonly TimeSpan OnTheirWay = TimeSpan.FromMilliseconds(500);

    public override async Task<Struck> StrikeAsync(SharedWorld world, int host, Ledger ledger, CancellationToken cancellation)
    {
        await SetAsync(world, "gone");
        try
        {
            await UntilAsync(async () => await WaitingAsync(world) > 0, cancellation);
            await Task.Delay(OnTheirWay, cancellation);
            var from = Stopwatch.GetTimestamp();
            for (var again = 0; again < 4; again++)
            {
                await world.SqlAsync("SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
                await Task.Delay(OnTheirWay, cancellation);
            }

            var until = Stopwatch.GetTimestamp();
            var acknowledged = ledger.Documents.Count(document =>
                document.Answer is { AlreadyKnown: false } && document.AnsweredAt > from && document.AnsweredAt < until);
            return new Struck(0, acknowledged == 0 ? null : $"{acknowledged} were acknowledged although no standby had them");
        }
        finally
        {
            await SetAsync(world, "");
        }
    }

    private static Task<long> WaitingAsync(SharedWorld world) =>
        world.CountAsync("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");

    private static async Task SetAsync(SharedWorld world, string name)
    {
        await world.SqlAsync($"ALTER SYSTEM SET synchronous_standby_names = '{name}'");
        await world.SqlAsync("SELECT pg_reload_conf()");
    }
}

/// <summary>The database stands still, its connections open: nothing is refused, nothing is answered.</summary>
internal sealed record FreezeDatabase(TimeSpan For) : SharedFault("frozen database")
{
    public override async Task<Struck> StrikeAsync(SharedWorld world, int host, Ledger ledger, CancellationToken cancellation)
    {
        var all = ProcessesOf(world);
        foreach (var process in all)
            Posix.TrySignal(process, Posix.Stop);
        try
        {
            await Task.Delay(For, cancellation);
        }
        finally
        {
            foreach (var process in all)
                Posix.TrySignal(process, Posix.Continue);
        }

        return new Struck(For.TotalSeconds);
    }
}
