using HealthGrains.Campaigns.Shared;
using HealthGrains.Host.Databases;

namespace HealthGrains.Campaigns.Full;

/// <summary>A server whose data, or whose database's data, lie on a disk that is too small.</summary>
internal abstract class FullHost : IAsyncDisposable
{
    public abstract string Kind { get; }

    public abstract ServerProcess Server { get; }

    /// <summary>Where the server's own keys are.</summary>
    public abstract string Data { get; }

    public abstract SmallDisk Disk { get; }

    /// <summary>The refusals that are right while the disk is full.</summary>
    public abstract bool MayAnswer(string reason);

    /// <summary>There is room again: whoever watches over the database starts it, if it has ended.</summary>
    /// <returns>Whether it had.</returns>
    public virtual Task<bool> RecoverAsync() => Task.FromResult(false);

    public abstract ValueTask DisposeAsync();

    /// <summary>The embedded store, all of its files on the small disk.</summary>
    public static async Task<FullHost> EmbeddedAsync(
        IReadOnlyList<string> program, string directory, int mebibytes, CancellationToken cancellation)
    {
        var disk = SmallDisk.Create(Path.Combine(directory, "disk"), mebibytes);
        try
        {
            var data = Path.Combine(disk.Directory, "data");
            return new Embedded(disk, data, await ServerProcess.StartAsync(program, data, null, cancellation));
        }
        catch
        {
            disk.Dispose();
            throw;
        }
    }

    /// <summary>PostgreSQL, of whose cluster one folder is on the small disk.</summary>
    /// <param name="folder"><c>base</c> for the tables, <c>pg_wal</c> for the write-ahead log.</param>
    public static async Task<FullHost> DatabaseAsync(
        IReadOnlyList<string> program, string directory, string folder, int mebibytes, CancellationToken cancellation)
    {
        if (ScratchCluster.Programs() is null)
            throw new FaultUnavailableException("no PostgreSQL is installed here");
        var disk = SmallDisk.Create(Path.Combine(directory, "disk"), mebibytes);
        SharedWorld? world = null;
        try
        {
            // The user of the database passes through to its folders.
            LoopDisk.Run("chmod", "o+x", Path.GetDirectoryName(directory) ?? "/", directory);
            world = await SharedWorld.StartAsync(program, directory, 1, noFence: false, cancellation);
            await world.SqlAsync("ALTER SYSTEM SET max_wal_size = '64MB'");
            await world.Cluster.StopAsync();
            var (from, to) = (Path.Combine(world.Cluster.Data, folder), Path.Combine(disk.Directory, folder));

            var (exit, said) = await world.Cluster.RunAsync("/bin/sh", "-c", $"cp -a {from} {to} && rm -r {from} && ln -s {to} {from}");
            if (exit != 0)
                throw new InvalidOperationException($"The folder could not be moved: {said}");
            await world.Cluster.StartAsync();
            return new Database(disk, world, folder);
        }
        catch
        {
            if (world is not null)
                await world.DisposeAsync();
            disk.Dispose();
            throw;
        }
    }

    private sealed class Embedded(SmallDisk disk, string data, ServerProcess server) : FullHost
    {
        public override string Kind => "SQLite";

        public override ServerProcess Server => server;

        public override string Data => data;

        public override SmallDisk Disk => disk;

        public override bool MayAnswer(string reason) => reason == "OVERLOADED";

        public override async ValueTask DisposeAsync()
        {
            await server.DisposeAsync();
            disk.Dispose();
        }
    }

    private sealed class Database(SmallDisk disk, SharedWorld world, string folder) : FullHost
    {
        public override string Kind => $"PostgreSQL, {folder}";

        public override ServerProcess Server => world[0];

        public override string Data => world.Data;

        public override SmallDisk Disk => disk;

        // A database that cannot write its log ends itself: then it is away, not full.
        public override bool MayAnswer(string reason) => reason is "OVERLOADED" or "TEMPORARILY_UNAVAILABLE";

        public override async Task<bool> RecoverAsync()
        {
            var (exit, _) = await world.Cluster.RunAsync("pg_ctl", "status", "--silent", "--pgdata", world.Cluster.Data);
            if (exit == 0)
                return false;
            await world.Cluster.StartAsync();
            return true;
        }

        public override async ValueTask DisposeAsync()
        {
            disk.Free();
            await world.DisposeAsync();
            disk.Dispose();
        }
    }
}
