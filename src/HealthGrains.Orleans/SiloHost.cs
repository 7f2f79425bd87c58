using System.Net;
using global::Orleans;
using global::Orleans.Configuration;
using global::Orleans.Hosting;
using global::Orleans.Providers;
using global::Orleans.Runtime;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Routing;
using HealthGrains.Orleans.Feed;
using HealthGrains.Orleans.Placement;
using HealthGrains.Orleans.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Orleans;

/// <summary>Puts one silo together: everything that Orleans is told, in one place.</summary>
internal static class SiloHost
{
    // The ADO.NET name of Npgsql.
    private const string Invariant = "Npgsql";

    private const string PubSubStore = "PubSubStore";

    /// <param name="options">Of this silo.</param>
    /// <param name="time">The clock of turns and routing.</param>
    /// <param name="loggers">Of the process.</param>
    /// <param name="engine">The cluster's engine, once it is there: routers ask through it.</param>
    public static IHost Build(
        OrleansEngineOptions options, TimeProvider time, ILoggerFactory loggers, Func<IGrainEngine> engine)
    {
        // The empty builder: no configuration files, no console lifetime, nothing that a process has once already.
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<ILoggerFactory>(new QuietLoggers(loggers));
        builder.Services.AddSingleton<IHostLifetime, LifetimeOfTheProcess>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = OrleansLimits.StopMax);
        AddParts(builder.Services, options, time, loggers, engine);
        builder.UseOrleans(silo => Configure(silo, options));
        return builder.Build();
    }

    private static void AddParts(
        IServiceCollection services, OrleansEngineOptions options, TimeProvider time, ILoggerFactory loggers,
        Func<IGrainEngine> engine)
    {
        services.AddSingleton(options.Commands);
        services.AddSingleton(options.Feed);
        services.AddSingleton(new GrainKeys(options.Store.Shards, options.Store.StoreId));
        services.AddSingleton(new Residents(options.Turns.ActivationsMax));
        services.AddSingleton<Members>();
        services.AddSingleton<FeedSender>();
        services.AddSingleton(provider => new RouterHost(
            options.Store, options.Keys, engine, provider.GetRequiredService<FeedSender>(), time, loggers.CreateLogger<Router>()));
        services.AddSingleton(provider => new SiloParts(
            new StandaloneEngine(options.Grains, time, loggers.CreateLogger<StandaloneEngine>(), options.Turns),
            provider.GetRequiredService<GrainKeys>(),
            provider.GetRequiredService<Residents>(),
            provider.GetRequiredService<RouterHost>(),
            provider.GetRequiredService<Members>()));
        services.AddSingleton(provider => new ShardKeeper(
            provider.GetRequiredService<SiloParts>(),
            provider.GetRequiredService<global::Orleans.IGrainFactory>(),
            provider.GetRequiredService<FeedSender>(),
            TimeProvider.System,
            loggers.CreateLogger<ShardKeeper>()));
    }

    private static void Configure(ISiloBuilder silo, OrleansEngineOptions options)
    {
        silo.Services.Configure<ClusterOptions>(cluster =>
        {
            cluster.ClusterId = options.Cluster;
            cluster.ServiceId = options.Cluster;
        });

        if (options.Name is { } name)
            silo.Services.Configure<SiloOptions>(named => named.SiloName = name);

        // Silos alone speak to silos: there is no gateway for clients of Orleans.
        silo.ConfigureEndpoints(
            options.Silo.Address, options.Silo.Port, gatewayPort: 0, listenOnAnyHostAddress: false);
        silo.Services.Configure<ClusterMembershipOptions>(members =>
        {
            members.ProbeTimeout = OrleansLimits.ProbeTimeout;
            members.NumMissedProbesLimit = OrleansLimits.MissedProbesMax;
            members.TableRefreshTimeout = OrleansLimits.MembersReadEvery;
            members.IAmAliveTablePublishTimeout = OrleansLimits.MembersReadEvery;
        });
        silo.Services.Configure<SiloMessagingOptions>(messaging =>
        {
            messaging.ResponseTimeout = OrleansLimits.AnswerMax;
        });
        silo.Services.Configure<GrainCollectionOptions>(
            collection => collection.CollectionAge = Grains.GrainLimits.IdleMax);

        silo.Services.AddPlacementDirector<ShardPlacement, ShardPlacementDirector>();
        silo.Services.AddPlacementDirector<SiloPlacement, SiloPlacementDirector>();
        silo.AddActivityPropagation();
        AddStreams(silo);
        if (options.Connection is { } connection)
            KeepInPostgreSql(silo, connection);
        else
            KeepInMemory(silo, options.Primary ?? options.Silo);
    }

    private static void AddStreams(ISiloBuilder silo) =>
        silo.AddMemoryStreams<DefaultMemoryMessageBodySerializer>(FeedSender.Provider, streams =>
        {
            streams.ConfigurePartitioning(OrleansLimits.FeedQueues);
            streams.ConfigurePullingAgent(agent => agent.Configure(
                pulling => pulling.GetQueueMsgsTimerPeriod = OrleansLimits.FeedPollEvery));
        });

    private static void KeepInPostgreSql(ISiloBuilder silo, string connection)
    {
        silo.UseAdoNetClustering(clustering =>
        {
            clustering.Invariant = Invariant;
            clustering.ConnectionString = connection;
        });
        silo.UseAdoNetReminderService(reminders =>
        {
            reminders.Invariant = Invariant;
            reminders.ConnectionString = connection;
        });
        silo.AddAdoNetGrainStorage(PubSubStore, storage =>
        {
            storage.Invariant = Invariant;
            storage.ConnectionString = connection;
        });
    }

    private static void KeepInMemory(ISiloBuilder silo, IPEndPoint primary)
    {
        silo.UseDevelopmentClustering(primary);
        silo.UseInMemoryReminderService();
        silo.AddMemoryGrainStorage(PubSubStore);
    }

    /// <summary>Signals belong to the command line: the host waits for none.</summary>
    private sealed class LifetimeOfTheProcess : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Passes on what is ours, and of Orleans what somebody has to know.</summary>
    private sealed class QuietLoggers(ILoggerFactory loggers) : ILoggerFactory
    {
        public ILogger CreateLogger(string categoryName) =>
            categoryName.StartsWith("HealthGrains", StringComparison.Ordinal)
                ? loggers.CreateLogger(categoryName)
                : new QuietLogger(loggers.CreateLogger(categoryName));

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose()
        {
            // The process's own.
        }
    }

    private sealed class QuietLogger(ILogger log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => log.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning && log.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                log.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
