using System.Globalization;
using System.Text.Json;
using HealthGrains.LoadTests.CommandLine;
using HealthGrains.LoadTests.Measuring;
using HealthGrains.LoadTests.Scenarios;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using Npgsql;

namespace HealthGrains.LoadTests.Targets;

/// <summary>Which store a server under test has.</summary>
internal enum Store
{
    PostgreSql,
    Sqlite,
}

/// <summary>Records that are made once and used by several lines.</summary>
/// <param name="Seed">Of the world in which these patients are.</param>
internal sealed record Prepared(ulong Seed, int Patients, int DocumentsEach);

/// <summary>The working directory of a table: one scratch cluster, one SQLite store, what was prepared in them and which lines are done.</summary>
/// <remarks>An interrupted table goes on where it was: what is prepared stays, and so do the lines. What was being prepared is made
/// again with other people.</remarks>
internal sealed class Bench : IDisposable
{
    /// <summary>Identities of each world.</summary>
    public const int PeopleMax = 2_000_000;

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true };
    private static readonly TimeSpan RoutedMax = TimeSpan.FromMinutes(10);

    private readonly string _program;
    private readonly State _state;
    private FileStream? _cluster;

    /// <param name="program">Path of <c>healthgrains.dll</c>.</param>
    /// <param name="work">On the disk that is of interest.</param>
    /// <param name="scale">Of numbers and durations; 1 for the targets.</param>
    public Bench(string program, string work, double scale, int runs, LiveLine live, TimeProvider time)
    {
        _program = program;
        Work = Path.GetFullPath(work);
        Scale = scale;
        Runs = runs;
        Live = live;
        Time = time;
        Directory.CreateDirectory(Path.Combine(Work, "lines"));
        _state = File.Exists(StateFile)
            ? JsonSerializer.Deserialize<State>(File.ReadAllText(StateFile), s_json)! // ! written below
            : new State { NextSeed = (ulong)time.GetUtcNow().ToUnixTimeSeconds() % 10_000_000 * 1_000, Scale = scale };
        if (_state.Scale != scale)
            throw new UsageException($"{Work} was prepared with --scale {_state.Scale.ToString(CultureInfo.InvariantCulture)}: use that, or another --work.");
    }

    public string Work { get; }

    public double Scale { get; }

    public int Runs { get; }

    public LiveLine Live { get; }

    public TimeProvider Time { get; }

    private string StateFile => Path.Combine(Work, "state.json");

    private string ClusterRoot => Path.Combine(Work, "postgresql", "postgresql");

    /// <summary>The database's first process; null before the first server on PostgreSQL.</summary>
    public int? Postmaster
    {
        get
        {
            var file = Path.Combine(ClusterRoot, "data", "postmaster.pid");
            return File.Exists(file) && int.TryParse(File.ReadLines(file).FirstOrDefault(), CultureInfo.InvariantCulture, out var id) ? id : null;
        }
    }

    public int Count(int full) => Math.Max(10, (int)Math.Round(full * Scale));

    public TimeSpan Length(double seconds) => TimeSpan.FromSeconds(Math.Max(1, seconds * Math.Min(1, Scale)));

    public string DataOf(Store store) => Path.Combine(Work, store == Store.PostgreSql ? "postgresql" : "sqlite");

    /// <summary>A connection to a database of the scratch cluster.</summary>
    public string Connection(string database = "postgres") => $"Host={ClusterRoot};Username=healthgrains;Database={database}";

    /// <summary>A seed that neither this nor another table in this directory has used.</summary>
    public ulong NextSeed()
    {
        _state.NextSeed++;
        Save();
        return _state.NextSeed;
    }

    public World WorldOf(Store store, ulong seed) => new(
        seed, PeopleMax, DevelopmentKey.FromPem(File.ReadAllText(Path.Combine(DataOf(store), "development-key.pem"))), null, "healthgrains", Time);

    /// <summary>A server on the store of this directory.</summary>
    public async Task<ServerProcess> StartAsync(Store store, CancellationToken cancellation)
    {
        string[] arguments = store == Store.PostgreSql
            ? ["--data", DataOf(store), "--store", "postgresql"]
            : ["--data", DataOf(store), "--store", "sqlite"];
        var server = await ServerProcess.StartAsync(_program, arguments, Time, cancellation);
        if (store == Store.PostgreSql)
            HoldCluster();
        return server;
    }

    /// <summary>A server with other arguments.</summary>
    public Task<ServerProcess> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellation) =>
        ServerProcess.StartAsync(_program, arguments, Time, cancellation);

    /// <summary>What the same machine takes at most, measured just before a run: empty calls, and rows of the database alone.</summary>
    public async Task<(double Calls, double Rows)> CeilingsAsync(RpcChannel channel, Store store, int contentBytes, CancellationToken cancellation)
    {
        await Ceilings.EmptyCallsAsync(channel, Length(1), cancellation);
        var calls = await Ceilings.EmptyCallsAsync(channel, Length(2), cancellation);
        var rows = store == Store.PostgreSql
            ? await RawRows.PostgreSqlAsync(Connection(), contentBytes, Length(2), cancellation)
            : Ceilings.SqliteRows(Path.Combine(Work, "ceiling"), contentBytes, Length(2));
        return (calls, rows);
    }

    /// <summary>Records with documents, by the real server through its bulk call; those of an earlier run if they are there.</summary>
    public async Task<Prepared> PrepareAsync(
        string name, Store store, int patients, int documentsEach, int contentBytes, CancellationToken cancellation)
    {
        var key = $"{name}-{store.ToString().ToLowerInvariant()}";
        if (_state.Prepared.TryGetValue(key, out var known))
            return known;
        await using var server = await StartAsync(store, cancellation);
        var prepared = new Prepared(NextSeed(), patients, documentsEach);
        using var world = WorldOf(store, prepared.Seed);
        await using var channel = new RpcChannel(server.Address, new RpcChannelOptions { Connections = 2 });
        var deposits = new Deposits(channel, world, NextSeed(), 0, patients, contentBytes);
        var begin = Time.GetTimestamp();
        var step = Math.Max(1, (long)patients * documentsEach / 10);
        Live.Say($"preparing {key}: {patients:N0} patients with {documentsEach:N0} documents of {contentBytes} bytes");
        await deposits.SubmitManyAsync(
            0, (long)patients * documentsEach, TimeSpan.MaxValue, deposits.InTurn,
            done =>
            {
                if (done % step == 0)
                    Live.Say(string.Create(CultureInfo.InvariantCulture, $"  {done:N0}, {done / Time.GetElapsedTime(begin).TotalSeconds:N0}/s"));
            },
            cancellation);
        var (_, wrong) = await deposits.CheckAsync(cancellation);
        if (wrong > 0)
            throw new RpcException(RpcStatusCode.DataLoss, $"{wrong} of the prepared documents are not where they were acknowledged");
        await server.RoutedAsync(RoutedMax, Time, cancellation);
        _state.Prepared[key] = prepared;
        Save();
        return prepared;
    }

    public async Task RunSqlAsync(string sql, CancellationToken cancellation)
    {
        await using var source = NpgsqlDataSource.Create(Connection());
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>The lines of a step that was done, or null.</summary>
    public IReadOnlyList<TargetLine>? Done(string step) =>
        File.Exists(LinesFile(step)) ? TargetTable.LinesFromJson(File.ReadAllText(LinesFile(step))) : null;

    public void Keep(string step, IReadOnlyList<TargetLine> lines) => File.WriteAllText(LinesFile(step), TargetTable.LinesToJson(lines));

    /// <summary>Stops the scratch cluster: the last server that leaves does.</summary>
    public async Task EndAsync()
    {
        if (_cluster is null)
            return;
        Dispose();
        await using var last = await ServerProcess.StartAsync(
            _program, ["--data", DataOf(Store.PostgreSql), "--store", "postgresql"], Time, CancellationToken.None);
    }

    public void Dispose()
    {
        _cluster?.Dispose();
        _cluster = null;
    }

    // The last of the hosts that share a scratch cluster stops it; this program is one of them, so it runs on between two servers.
    private void HoldCluster() => _cluster ??= new FileStream(
        Path.Combine(ClusterRoot, "in-use"), FileMode.Open, FileAccess.Read, FileShare.Read);

    private string LinesFile(string step) => Path.Combine(Work, "lines", step + ".json");

    private void Save() => File.WriteAllText(StateFile, JsonSerializer.Serialize(_state, s_json));

    private sealed class State
    {
        public ulong NextSeed { get; set; }

        public double Scale { get; init; }

        public Dictionary<string, Prepared> Prepared { get; init; } = new(StringComparer.Ordinal);
    }
}
