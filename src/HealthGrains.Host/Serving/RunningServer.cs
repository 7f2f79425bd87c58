using System.Diagnostics.Metrics;
using System.Net;
using System.Reflection;
using System.Text;
using HealthGrains.Domain.Documents.Intake;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains;
using HealthGrains.Grains.Codec;
using HealthGrains.Grains.Contents;
using HealthGrains.Grains.Duties;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Routing;
using HealthGrains.Grains.Turns;
using HealthGrains.Host.CommandLine;
using HealthGrains.Host.Files;
using HealthGrains.Host.Metrics;
using HealthGrains.Rpc;
using HealthGrains.Services;
using HealthGrains.Services.Admission;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Host.Serving;

/// <summary>Puts the caller into a call, or throws.</summary>
internal delegate ValueTask RpcCheck(RpcCall call, CancellationToken waiting);

/// <summary>One server: store, engine, router, services and listeners, from start to drained end.</summary>
/// <remarks>
/// <para>Start: store, grains, router, listeners; who can connect is served.</para>
/// <para>End: health says NOT_SERVING, no new connections, GOAWAY; calls end; the router writes its checkpoints; the engine
/// lets the turns that have begun end; the store commits what waits and closes. Whatever was acknowledged is stored at any
/// moment: the order only makes the end quiet.</para>
/// </remarks>
internal sealed class RunningServer : IAsyncDisposable
{
    private readonly ServerSettings _settings;
    private readonly ILogger _log;
    private readonly Stack<Func<ValueTask>> _closing = new();
    private WebApplication? _app;
    private RpcServerOptions? _rpc;
    private int _stopped;

    private RunningServer(ServerSettings settings, ILogger log)
    {
        _settings = settings;
        _log = log;
    }

    /// <summary>Where gRPC is served; the port is the real one, also when 0 was asked for.</summary>
    public IPEndPoint Grpc { get; private set; } = null!;

    public IPEndPoint Web { get; private set; } = null!;

    /// <summary>Completes with one line if the store stops itself.</summary>
    public Task<string> StoreFailed { get; private set; } = null!;

    /// <summary>Starts a server.</summary>
    /// <exception cref="CliException">A setting, a port or the store cannot be used.</exception>
    /// <param name="wrapStore">For campaigns that plant a bug between grains and store; no setting leads here.</param>
    /// <param name="wrapEngine">The same between services and grains.</param>
    /// <param name="wrapAuthentication">For campaigns that plant a hole in the door; no setting leads here.</param>
    public static async Task<RunningServer> StartAsync(
        ServerSettings settings,
        TimeProvider time,
        ILoggerFactory loggers,
        DateTimeOffset startedAt,
        Func<IJournalStore, IJournalStore>? wrapStore = null,
        Func<IGrainEngine, IGrainEngine>? wrapEngine = null,
        Func<RpcCheck, RpcCheck>? wrapAuthentication = null)
    {
        var server = new RunningServer(settings, loggers.CreateLogger("HealthGrains.Host"));
        var isServing = false;
        try
        {
            await server.ComposeAsync(
                time, loggers, startedAt, wrapStore ?? (static store => store), wrapEngine ?? (static engine => engine),
                wrapAuthentication ?? (static check => check));
            isServing = true;
            return server;
        }
        catch (JournalException e)
        {
            throw new CliException(
                e is JournalDamagedException ? ExitCode.Conflict : ExitCode.Unavailable,
                e.Message,
                settings.PostgreSqlConnection is null ? $"healthgrains verify --data {settings.Data}" : "healthgrains verify --postgresql 'Host=…'",
                e);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new CliException(
                ExitCode.Unavailable, $"{settings.Grpc} or {settings.Web} is in use: another server runs, or --grpc and --web choose other ports.",
                "healthgrains status", e);
        }
        finally
        {
            if (!isServing) await server.DisposeAsync();
        }
    }

    /// <summary>Ends gracefully; see the remarks of the type.</summary>
    /// <param name="drain">How long calls under way may take; null as the settings say.</param>
    public async Task StopAsync(TimeSpan? drain = null)
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0) return;
        if (drain is { } atMost && _rpc is { } rpc) rpc.DrainTimeout = atMost;
        _log.Stops((drain ?? _settings.DrainTimeout).TotalSeconds);
        await CloseAsync();
        _log.Stopped();
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 0) await CloseAsync();
    }

    private async Task CloseAsync()
    {
        // The last opened closes first.
        while (_closing.TryPop(out var close)) await close();
    }

    private async Task ComposeAsync(
        TimeProvider time,
        ILoggerFactory loggers,
        DateTimeOffset startedAt,
        Func<IJournalStore, IJournalStore> wrapStore,
        Func<IGrainEngine, IGrainEngine> wrapEngine,
        Func<RpcCheck, RpcCheck> wrapAuthentication)
    {
        EngineChoice.Check(_settings);
        StoreChoice.Check(_settings);
        if (MatrixFile.Open(_settings, time, _log) is { } matrix)
            _closing.Push(matrix.DisposeAsync);
        var data = DataDirectory.Open(_settings.Data);
        var opened = await StoreChoice.OpenAsync(_settings with { Data = data.FullPath }, time);
        if (opened.Scratch is { } scratch)
        {
            _log.ScratchClusterServes(scratch.Root);
            _closing.Push(scratch.DisposeAsync);
        }

        opened = opened with { Store = wrapStore(opened.Store) };
        _closing.Push(opened.Store.DisposeAsync);
        StoreFailed = opened.Failed;

        var depositors = DelegatedDepositors.None;
        if (_settings.DepositorsPath is { } depositorsPath)
        {
            _closing.Push(DataFile.Open(
                "Depositors:File", depositorsPath, HostLimits.DepositorsBytesMax,
                bytes => Volatile.Write(ref depositors, DelegatedDepositors.Read(Encoding.UTF8.GetString(bytes), _settings.Identities)),
                time, _log).DisposeAsync);
        }

        bool DepositsFor(StructureId system, StructureId structure) => Volatile.Read(ref depositors).Allows(system, structure);
        var clients = ClientCertificates.Open(_settings.Tls, time, _log);
        if (clients is not null) _closing.Push(clients.DisposeAsync);
        var authentication = ServerAuthentication.Open(_settings, data, time, loggers, _log, rules => rules with
        {
            MayActFor = _settings.DepositorsPath is not null || _settings.IsProduction ? DepositsFor : null,
            CertificateHolds = clients is null ? null : clients.StillHolds,
            ProducersNeedCertificate = _settings.ProducersNeedCertificate && clients is not null,
        });
        _closing.Push(() =>
        {
            authentication.Dispose();
            return ValueTask.CompletedTask;
        });

        var feed = new ChangeFeed(time);
        var snapshots = new Snapshots(opened.Store, GrainCatalog.SnapshotModels, loggers.CreateLogger<Snapshots>());
        _closing.Push(snapshots.DisposeAsync);
        var grains = new GrainServices(opened.Store, feed, snapshots, _settings.Policy, time) { StoreIsShared = opened.IsShared };
        var (engine, router) = await EngineChoice.StartAsync(_settings, grains, opened, feed, wrapEngine, time, loggers);
        _closing.Push(() => EndAsync(engine));
        _closing.Push(router.DisposeAsync);
        var collector = new ContentCollector(opened.Contents, engine, time, loggers.CreateLogger<ContentCollector>());
        collector.Start();
        _closing.Push(collector.DisposeAsync);

        var duties = new DutyWorker(opened.Store, engine, feed, time, loggers.CreateLogger<DutyWorker>(), opened.Contents);
        duties.Start();
        _closing.Push(duties.DisposeAsync);

        var version = typeof(RunningServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
        var instruments = new ServicesInstruments(new Meter(ServicesInstruments.MeterName));
        var admission = new AdmissionDesk(
            _settings.Admission, time, () => engine.Status.ExpectedWait, loggers.CreateLogger("HealthGrains.Services"), instruments);
        var services = HealthGrainsServices.Create(new ServiceDependencies(
            engine, opened.Store, feed, _settings.Policy, _settings.Identities, time, data.PageTokenKey(), loggers,
            new AboutServer(version, startedAt, _settings.Store, _settings.Engine))
        {
            Contents = opened.Contents,
            Keys = opened.Keys,
            DescribeEvent = (kind, body) =>
            {
                var summary = EntrySummary.Of(kind, body);
                return (summary.EventType, summary.At);
            },
            WakeDelivery = router.Wake,
            Admission = admission,
            DepositsFor = DepositsFor,
            Instruments = instruments,
            RouterProgress = () => [.. router.Status.Select((s, shard) => new RouterProgress(shard, s.Checkpoint, s.MovedAt))],
        });

        var metrics = new PrometheusMetrics(time);
        _closing.Push(() =>
        {
            metrics.Dispose();
            return ValueTask.CompletedTask;
        });
        var authenticate = wrapAuthentication(authentication.Rpc.AuthenticateAsync);
        var rpc = new RpcServerOptions
        {
            Authenticate = async (call, waiting) =>
            {
                await authenticate(call, waiting);
                admission.AtTheDoor(call);
            },
            MapException = RefusalStatus.Of,
            Reflection = _settings.Reflection,
            TimeProvider = time,
            DrainTimeout = _settings.DrainTimeout,
        };
        foreach (var service in services) rpc.Services.Add(service);

        _rpc = rpc;
        _app = Listeners(rpc, loggers, clients);
        _closing.Push(() => StopListeningAsync(_app));
        bool Ready() => IsReady(opened, authentication, rpc);
        var serving = new ServingInstruments(opened.Store, engine, router, Ready, time);
        _closing.Push(() =>
        {
            serving.Dispose();
            return ValueTask.CompletedTask;
        });
        WebEndpoints.Map(_app, metrics, serving.RefreshAsync, Ready);
        await _app.StartAsync();
        TakeEndpoints(_app);
    }

    private bool IsReady(OpenedStore store, ServerAuthentication authentication, RpcServerOptions rpc) =>
        !store.Failed.IsCompleted && rpc.Health.Get("") == ServingStatus.Serving && authentication.IsReady;

    private WebApplication Listeners(RpcServerOptions rpc, ILoggerFactory loggers, ClientCertificates? clients)
    {
        if (_settings.Tls is null && !IPAddress.IsLoopback(_settings.Grpc.Address)) _log.PlaintextBeyondLoopback(_settings.Grpc.ToString());
        var transport = new RpcTransportOptions
        {
            Tls = _settings.Tls?.Rules(clients),
            ConnectionsPerAddressMax = _settings.ConnectionsPerAddress,
            TimeProvider = rpc.TimeProvider,
        };

        // The empty builder: no configuration files, no console lifetime, no telemetry of its own; starting takes a tenth.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, LifetimeOfTheProcess>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = _settings.DrainTimeout + TimeSpan.FromSeconds(5));
        builder.WebHost.UseKestrelCore();
        if (transport.Tls is not null) builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // A proxy that ends TLS, as HAProxy or Envoy, may go on saying :scheme https on plaintext; nothing here looks at it.
            kestrel.AllowAlternateSchemes = transport.Tls is null;
            kestrel.ConfigureRpc(_settings.Grpc, transport);
            kestrel.Listen(_settings.Web, listen => listen.Protocols = HttpProtocols.Http1);
        });
        var app = builder.Build();
        app.MapRpc(rpc);
        return app;
    }

    private void TakeEndpoints(WebApplication app)
    {
        // In the order of the Listen calls.
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Select(address => new Uri(address)).ToList();
        Grpc = new IPEndPoint(_settings.Grpc.Address, addresses[0].Port);
        Web = new IPEndPoint(_settings.Web.Address, addresses[1].Port);
    }

    private static async ValueTask StopListeningAsync(WebApplication app)
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }

    private async ValueTask EndAsync(IGrainEngine engine)
    {
        await engine.DrainAsync(_settings.DrainTimeout);
        await engine.DisposeAsync();
    }

    /// <summary>Signals belong to the command line: the host waits for none.</summary>
    private sealed class LifetimeOfTheProcess : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
