using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;

using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Policies;
using HealthGrains.Grains;
using HealthGrains.Grains.Contents;
using HealthGrains.Grains.Duties;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;
using HealthGrains.Grains.Routing;
using HealthGrains.Grains.Turns;
using HealthGrains.Rpc;
using HealthGrains.Services;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>All services over loopback, on the in-memory store, with a router. An error in its log that the test did not
/// announce fails the test when the host is disposed.</summary>
internal sealed class ServiceHost : IAsyncDisposable
{
    private const string CallerHeader = "test-caller";

    private readonly WebApplication _app;
    private readonly KeptLog _log;
    private readonly Snapshots _snapshots;
    private readonly DutyWorker _duties;
    private readonly MovedClock _clock;
    private readonly ConcurrentDictionary<string, object> _callers;

    private ServiceHost(
        WebApplication app,
        KeptLog log,
        ServiceDependencies dependencies,
        MemoryJournalStore store,
        Router router,
        DutyWorker duties,
        MovedClock clock,
        Snapshots snapshots,
        ConcurrentDictionary<string, object> callers)
    {
        _app = app;
        _log = log;
        _snapshots = snapshots;
        _callers = callers;
        _duties = duties;
        _clock = clock;
        Dependencies = dependencies;
        Store = store;
        Router = router;
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Channel = new RpcChannel(new Uri(address), null);
    }

    public ServiceDependencies Dependencies { get; }

    public MemoryJournalStore Store { get; }

    public Router Router { get; }

    public RpcChannel Channel { get; }

    public bool ErrorsAnnounced { get; set; }

    public ConcurrentQueue<string> Lines => _log.Lines;

    public static async Task<ServiceHost> StartAsync(
        DomainPolicy? policy = null, Func<ServiceDependencies, ServiceDependencies>? change = null)
    {
        var log = new KeptLog();
        var time = new MovedClock();
        var medium = new MemoryJournalMedium();
        var store = new MemoryJournalStore(medium);
        var contents = new MemoryContentStore();
        var feed = new ChangeFeed(time);
        var snapshots = new Snapshots(store, GrainCatalog.SnapshotModels, NullLogger.Instance);
        policy ??= DomainPolicy.Default;
        var keys = new MemoryKeyedRows(medium);
        var (engine, router) = await EngineUnderTest.StartAsync(store, keys, feed, snapshots, policy, time);
        var duties = new DutyWorker(store, engine, feed, time, NullLogger<DutyWorker>.Instance, contents);
        duties.Start();

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(log);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureRpc(new IPEndPoint(IPAddress.Loopback, 0)));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        var app = builder.Build();

        var dependencies = new ServiceDependencies(
            engine,
            store,
            feed,
            policy,
            IdentityRules.Default,
            time,
            RandomNumberGenerator.GetBytes(32),
            app.Services.GetRequiredService<ILoggerFactory>(),
            new AboutServer("0.0.0-test", time.GetUtcNow(), "memory", "standalone"))
        {
            Contents = contents,
            Keys = keys,
            RouterProgress = () => [.. router.Status.Select((shard, i) => new RouterProgress(i, shard.Checkpoint, shard.MovedAt))],
            Instruments = new ServicesInstruments(new Meter("HealthGrains.EndToEnd.Tests")),
        };
        dependencies = change?.Invoke(dependencies) ?? dependencies;

        var callers = new ConcurrentDictionary<string, object>();
        var options = new RpcServerOptions
        {
            DrainTimeout = TimeSpan.FromSeconds(2),
            Authenticate = (call, _) =>
            {
                call.Caller = call.RequestHeaders.Get(CallerHeader) is { } name ? callers[name] : null;
                if (call.Caller is not null)
                    dependencies.Admission?.AtTheDoor(call);
                return ValueTask.CompletedTask;
            },
        };
        foreach (var service in HealthGrainsServices.Create(dependencies))
            options.Services.Add(service);
        app.MapRpc(options);
        await app.StartAsync();
        return new ServiceHost(app, log, dependencies, store, router, duties, time, snapshots, callers);
    }

    /// <summary>A client that calls as somebody.</summary>
    /// <param name="caller">A <c>Caller</c>, a <c>CallerSession</c>, or null for nobody.</param>
    public TestClient As(object? caller)
    {
        if (caller is null)
            return new TestClient(Channel, null);
        var name = _callers.Count.ToString(CultureInfo.InvariantCulture);
        _callers[name] = caller;
        return new TestClient(Channel, Headers(name));
    }

    /// <summary>Sets the clock forward, and has everybody who waits for a time look at it.</summary>
    public void Pass(TimeSpan time)
    {
        _clock.Forward(time);
        for (var shard = 0; shard < Store.Shards; shard++)
            Dependencies.Feed.Publish(GrainIds.AgendaOf(shard));
    }

    /// <summary>How many entries the patient's journal holds.</summary>
    public async Task<long> VersionOfAsync(PatientId patient) =>
        (await Store.ReadAsync(GrainIds.Of(patient), 0, CancellationToken.None)).Version;

    /// <summary>How many entries the whole store holds: after a refusal as many as before it.</summary>
    public async Task<long> EntriesAsync() => (await Store.ReadPositionsAsync(CancellationToken.None)).Sum();

    /// <summary>Entries of records alone: ledgers and inboxes are written by the routers, beside the calls.</summary>
    public async Task<long> PatientEntriesAsync()
    {
        var entries = 0L;
        for (var shard = 0; shard < Store.Shards; shard++)
        {
            entries += (await Store.ReadLogAsync(shard, 0, 1_000, CancellationToken.None))
                .Count(entry => entry.Journal.Kind == JournalKind.Patient);
        }

        return entries;
    }

    public async ValueTask DisposeAsync()
    {
        await Channel.DisposeAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await Router.DisposeAsync();
        await _duties.DisposeAsync();
        await Dependencies.Engine.DisposeAsync();
        await _snapshots.DisposeAsync();
        await Store.DisposeAsync();
        if (!ErrorsAnnounced)
            Assert.Empty(_log.Errors);
    }

    private static RpcMetadata Headers(string name)
    {
        var headers = new RpcMetadata();
        headers.Add(CallerHeader, name);
        return headers;
    }

    /// <summary>The system's clock and timers, but the clock may be set forward.</summary>
    private sealed class MovedClock : TimeProvider
    {
        private long _ticks;

        public void Forward(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _ticks));
    }

    /// <summary>Keeps every line, and errors apart.</summary>
    private sealed class KeptLog : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ConcurrentQueue<string> Errors { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var line = $"{eventId.Name}: {formatter(state, exception)} {exception}";
            Lines.Enqueue(line);
            if (logLevel >= LogLevel.Error)
                Errors.Enqueue(line);
        }
    }
}
