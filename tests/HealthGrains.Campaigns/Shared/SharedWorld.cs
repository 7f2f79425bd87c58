using System.Globalization;
using HealthGrains.Host.Databases;

namespace HealthGrains.Campaigns.Shared;

/// <summary>One database and the hosts on it, each a process of its own with a name that the database sees.</summary>
internal sealed class SharedWorld : IAsyncDisposable
{
    // Whoever moves a checkpoint must be who holds the shard, and no checkpoint goes back.
    private const string Audit = """
        CREATE TABLE audit_move (shard integer, before bigint, after bigint, mover text, holder text);
        CREATE FUNCTION audit_move() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO audit_move SELECT NEW.shard, CASE TG_OP WHEN 'UPDATE' THEN OLD.position ELSE 0 END, NEW.position,
                current_setting('application_name'),
                (SELECT p.name FROM lease l JOIN process p ON p.owner = l.owner WHERE l.shard = NEW.shard);
            RETURN NULL;
        END $$;
        CREATE TRIGGER audit_move AFTER INSERT OR UPDATE ON checkpoint FOR EACH ROW
            WHEN (NEW.name = 'router') EXECUTE FUNCTION audit_move();
        """;

    // A planted bug: a checkpoint moves whoever asks, wherever it stands.
    private const string NoFence = """
        CREATE OR REPLACE FUNCTION move_checkpoint(
            in_name text, in_shard integer, in_from bigint, in_to bigint, in_seal bigint, me uuid, in_epoch bigint)
        RETURNS integer LANGUAGE sql AS $$
            INSERT INTO checkpoint VALUES (in_name, in_shard, in_to, in_seal)
            ON CONFLICT (name, shard) DO UPDATE SET position = excluded.position, seal = excluded.seal;
            SELECT 0;
        $$;
        """;

    private readonly IReadOnlyList<string> _program;
    private readonly ServerProcess?[] _hosts;

    private SharedWorld(ScratchCluster cluster, IReadOnlyList<string> program, string data, int hosts)
    {
        Cluster = cluster;
        Data = data;
        _program = program;
        _hosts = new ServerProcess?[hosts];
    }

    public ScratchCluster Cluster { get; }

    /// <summary>Of all hosts: it holds the development key, and nothing else that matters.</summary>
    public string Data { get; }

    public int Hosts => _hosts.Length;

    public ServerProcess this[int host] => _hosts[host] ?? throw new InvalidOperationException($"Host {host} does not run.");

    public static string NameOf(int host) => string.Create(CultureInfo.InvariantCulture, $"host-{host}");

    public static async Task<SharedWorld> StartAsync(
        IReadOnlyList<string> program, string directory, int hosts, bool noFence, CancellationToken cancellation)
    {
        var cluster = await ScratchCluster.StartAsync(Path.Combine(directory, "pg"));
        var world = new SharedWorld(cluster, program, Path.Combine(directory, "data"), hosts);
        var isWhole = false;
        try
        {
            for (var host = 0; host < hosts; host++)
                await world.StartHostAsync(host, cancellation);
            await world.SqlAsync(Audit);
            if (noFence)
                await world.SqlAsync(NoFence);
            isWhole = true;
            return world;
        }
        finally
        {
            if (!isWhole)
                await world.DisposeAsync();
        }
    }

    public async Task<TimeSpan> StartHostAsync(int host, CancellationToken cancellation)
    {
        string[] store = ["--store", "postgresql", "--postgresql", $"{Cluster.Connection};Application Name={NameOf(host)}"];
        var started = await ServerProcess.StartAsync([.. _program, .. store], Data, null, cancellation);
        _hosts[host] = started;
        return started.StartedIn;
    }

    /// <summary>Runs SQL; one line a row, columns by <c>|</c>.</summary>
    public async Task<string> SqlAsync(string sql)
    {
        var (exit, said) = await Cluster.RunAsync(
            "psql", "--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1", "-h", Cluster.Sockets, "-U", ScratchCluster.User,
            "-d", ScratchCluster.Database, "-c", sql);
        return exit == 0 ? said.Trim() : throw new InvalidOperationException($"The database refused: {said}");
    }

    public async Task<long> CountAsync(string sql) => long.Parse(await SqlAsync(sql), CultureInfo.InvariantCulture);

    /// <summary>Shards whose routing nobody alive has in hand.</summary>
    public Task<long> OrphansAsync() => CountAsync(
        "SELECT (SELECT count(*) FROM shard) - count(*) FROM lease l JOIN process p ON p.owner = l.owner WHERE l.expires > clock_timestamp()");

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            if (host is not null)
                await host.DisposeAsync();
        }

        await Cluster.DisposeAsync();
    }
}
