using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HealthGrains.Host.Databases;

namespace HealthGrains.Campaigns.Cluster;

/// <summary>One database and the silos on it, each a process of its own, which a supervisor starts again when it ends by itself.</summary>
internal sealed class ClusterWorld : IAsyncDisposable
{
    /// <summary>What all silos wrote, in the directory of the campaign.</summary>
    public const string LinesFile = "silos.log";

    private const int SiloPort = 11_111;

    // Who wrote what; and what a process wrote to a journal that another one had taken over, after the cluster had declared it
    // dead. A checkpoint never goes back, and no dead silo moves one that another silo moved last.
    private const string Audit = """
        CREATE TABLE audit_silo (mover text PRIMARY KEY, address text, port integer);
        CREATE TABLE audit_entry (journal text, version bigint, mover text, PRIMARY KEY (journal, version));
        CREATE TABLE audit_fenced (what text, shard integer, mover text, at timestamptz DEFAULT clock_timestamp());
        CREATE TABLE audit_dead (what text, shard integer, mover text, at timestamptz DEFAULT clock_timestamp());
        CREATE TABLE audit_move (shard integer, position bigint, mover text);
        CREATE FUNCTION audit_is_dead(me text) RETURNS boolean LANGUAGE sql STABLE AS $$
            SELECT coalesce((SELECT m.status = 6 FROM cluster_member m JOIN audit_silo s ON s.address = m.address AND s.port = m.port
                WHERE s.mover = split_part(me, '.', 1) ORDER BY m.generation DESC LIMIT 1), false)
        $$;
        CREATE FUNCTION audit_entry() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE me text := current_setting('application_name');
        BEGIN
            IF audit_is_dead(me) THEN
                INSERT INTO audit_dead SELECT 'entry', n.shard, me FROM written n;
                INSERT INTO audit_fenced SELECT 'entry', n.shard, me FROM written n
                    JOIN audit_entry e ON e.journal = n.journal AND e.version = n.version - 1 WHERE e.mover <> me;
            END IF;
            INSERT INTO audit_entry SELECT journal, version, me FROM written;
            RETURN NULL;
        END $$;
        CREATE FUNCTION audit_checkpoint() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE me text := current_setting('application_name');
        BEGIN
            IF TG_OP = 'UPDATE' AND NEW.position <= OLD.position THEN
                INSERT INTO audit_fenced VALUES ('a checkpoint that went back', NEW.shard, me);
            END IF;
            IF audit_is_dead(me) THEN
                INSERT INTO audit_dead VALUES ('checkpoint', NEW.shard, me);
                IF (SELECT m.mover FROM audit_move m WHERE m.shard = NEW.shard ORDER BY m.position DESC LIMIT 1) <> me THEN
                    INSERT INTO audit_fenced VALUES ('checkpoint', NEW.shard, me);
                END IF;
            END IF;
            INSERT INTO audit_move VALUES (NEW.shard, NEW.position, me);
            RETURN NULL;
        END $$;
        CREATE TRIGGER audit_entry AFTER INSERT ON entry REFERENCING NEW TABLE AS written
            FOR EACH STATEMENT EXECUTE FUNCTION audit_entry();
        CREATE TRIGGER audit_checkpoint AFTER INSERT OR UPDATE ON checkpoint FOR EACH ROW
            WHEN (NEW.name = 'router') EXECUTE FUNCTION audit_checkpoint();
        """;

    private readonly Lock _gate = new();
    private readonly ServerProcess?[] _servers;
    private readonly string[] _endpoints;
    private readonly int[] _runs;
    private readonly IReadOnlyList<string>[] _programs;
    private readonly TextWriter _lines;

    private ClusterWorld(
        ScratchCluster database, ClusterNetwork? network, IReadOnlyList<string> program, string directory, int silos)
    {
        Database = database;
        Network = network;
        Data = Path.Combine(directory, "data");
        _lines = TextWriter.Synchronized(new StreamWriter(Path.Combine(directory, LinesFile)));
        _servers = new ServerProcess?[silos];
        _runs = new int[silos];
        _programs = [.. Enumerable.Repeat(program, silos)];
        _endpoints = [.. Enumerable.Range(0, silos).Select(silo => network is null
            ? FreeEndpoint()
            : string.Create(CultureInfo.InvariantCulture, $"{ClusterNetwork.AddressOf(silo)}:{SiloPort}"))];
    }

    public ScratchCluster Database { get; }

    /// <summary>Null where wires cannot be cut.</summary>
    public ClusterNetwork? Network { get; }

    /// <summary>Of all silos: it holds the development key, and nothing else that matters.</summary>
    public string Data { get; }

    public int Silos => _servers.Length;

    /// <summary>Silos that ended by themselves and were started again.</summary>
    public int Revived { get; private set; }

    /// <summary>Where a silo answers, or null while its process does not run.</summary>
    public Uri? AddressOf(int silo)
    {
        lock (_gate)
            return _servers[silo]?.Address;
    }

    public ServerProcess this[int silo]
    {
        get
        {
            lock (_gate)
                return _servers[silo] ?? throw new InvalidOperationException($"Silo {silo} does not run.");
        }
    }

    public static async Task<ClusterWorld> StartAsync(
        IReadOnlyList<string> program, string directory, int silos, CancellationToken cancellation)
    {
        var network = ClusterNetwork.TryCreate(silos);
        var database = await ScratchCluster.StartAsync(Path.Combine(directory, "pg"));
        var world = new ClusterWorld(database, network, program, directory, silos);
        var isWhole = false;
        try
        {
            for (var silo = 0; silo < silos; silo++)
                await world.StartSiloAsync(silo, cancellation);
            await world.SqlAsync(Audit);
            for (var silo = 0; silo < silos; silo++)
            {
                var endpoint = IPEndPoint.Parse(world._endpoints[silo]);
                await world.SqlAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"INSERT INTO audit_silo VALUES ('silo-{silo}', '{endpoint.Address}', {endpoint.Port})"));
            }

            isWhole = true;
            return world;
        }
        finally
        {
            if (!isWhole)
                await world.DisposeAsync();
        }
    }

    /// <summary>Starts a silo at its address, as another generation of itself.</summary>
    public async Task StartSiloAsync(int silo, CancellationToken cancellation)
    {
        var application = string.Create(CultureInfo.InvariantCulture, $"silo-{silo}.{++_runs[silo]}");
        string[] arguments =
        [
            "--store", "postgresql", "--postgresql", $"{Database.Connection};Application Name={application}",
            "--engine", "orleans", "--cluster", "campaign", "--silo", _endpoints[silo],
        ];
        var inside = Network is null ? [] : ClusterNetwork.Inside(silo);
        var started = await ServerProcess.StartAsync(
            [.. inside, .. _programs[silo], .. arguments], Data, null, cancellation,
            onLine: line => _lines.WriteLine($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {application} {line}"),
            listen: Network is null ? "127.0.0.1" : ClusterNetwork.AddressOf(silo));
        lock (_gate)
            _servers[silo] = started;
    }

    /// <summary>The program that a silo is started with from now on.</summary>
    public void Replace(int silo, IReadOnlyList<string> program) => _programs[silo] = program;

    public IReadOnlyList<string> ProgramOf(int silo) => _programs[silo];

    /// <summary>kill -9; who asks for its address meanwhile is told that it has none.</summary>
    public async Task KillAsync(int silo)
    {
        var server = Leave(silo);
        await server.KillAsync();
        await server.DisposeAsync();
    }

    /// <summary>SIGTERM.</summary>
    public async Task StopAsync(int silo)
    {
        var server = Leave(silo);
        var exit = await server.StopAsync();
        await server.DisposeAsync();
        if (exit != 0)
            throw new InvalidOperationException($"After SIGTERM silo {silo} ended with {exit}.");
    }

    /// <summary>Waits for a silo that the others took for dead: it must end by itself, and is started again; or it is still in,
    /// and stays.</summary>
    /// <param name="silo">From 0.</param>
    /// <param name="atMost">For its end, once it is known to be dead.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>A broken promise, or null.</returns>
    public async Task<string?> ReviveAsync(int silo, TimeSpan atMost, CancellationToken cancellation)
    {
        if (await CountAsync(IsDead(silo)) == 0)
            return null;
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (!this[silo].HasExited)
        {
            if (since.Elapsed > atMost)
                return $"silo {silo} is dead to the others and did not end within {atMost}";
            await Task.Delay(50, cancellation);
        }

        await Leave(silo).DisposeAsync();
        Revived++;
        await StartSiloAsync(silo, cancellation);
        return null;
    }

    /// <summary>Whether the newest generation of a silo is dead to the others: 1 or 0.</summary>
    public static string IsDead(int silo) => string.Create(
        CultureInfo.InvariantCulture, $"SELECT CASE WHEN audit_is_dead('silo-{silo}.0') THEN 1 ELSE 0 END");

    /// <summary>Runs SQL; one line a row, columns by <c>|</c>.</summary>
    public async Task<string> SqlAsync(string sql)
    {
        var (exit, said) = await Database.RunAsync(
            "psql", "--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1", "-h", Database.Sockets, "-U", ScratchCluster.User,
            "-d", ScratchCluster.Database, "-c", sql);
        return exit == 0 ? said.Trim() : throw new InvalidOperationException($"The database refused: {said}");
    }

    public async Task<long> CountAsync(string sql) => long.Parse(await SqlAsync(sql), CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            if (server is not null)
                await server.DisposeAsync();
        }

        await Database.DisposeAsync();
        Network?.Dispose();
        await _lines.DisposeAsync();
    }

    private ServerProcess Leave(int silo)
    {
        lock (_gate)
        {
            var server = _servers[silo] ?? throw new InvalidOperationException($"Silo {silo} does not run.");
            _servers[silo] = null;
            return server;
        }
    }

    private static string FreeEndpoint()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket.LocalEndPoint!.ToString()!; // ! it is bound
    }
}
