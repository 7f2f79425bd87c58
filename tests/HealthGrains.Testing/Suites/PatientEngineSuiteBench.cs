using System.Collections.Concurrent;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Turns;
using HealthGrains.Testing.Clocks;
using Microsoft.Extensions.Logging;
using Xunit;

namespace HealthGrains.Testing.Suites;

/// <summary>What an engine of the suite is made from.</summary>
/// <param name="Grains">Makes the suite's grains.</param>
/// <param name="Time">Moved by the test alone.</param>
/// <param name="Logs">An error that the test did not announce fails the test.</param>
/// <param name="Maxima">The standalone engine's; another engine keeps to those that it has.</param>
public sealed record EngineSetup(
    IGrainFactory Grains, ManualTimeProvider Time, ILoggerFactory Logs, StandaloneEngineOptions Maxima);

/// <summary>One engine with what the suite may look at.</summary>
public sealed record BenchEngine(IGrainEngine Engine, WatchedStore Store, Snapshots Snapshots)
{
    /// <summary>Asks with a bounded wait.</summary>
    public Task<TurnResult<TallyAnswer>> AskAsync(JournalId grain, Command<Tally, TallyEvent, TallyAnswer> command) =>
        Begin(grain, command).Within("asking a grain", command.ToString());

    /// <summary>Asks, and leaves the waiting to the test.</summary>
    public Task<TurnResult<TallyAnswer>> Begin(
        JournalId grain, Command<Tally, TallyEvent, TallyAnswer> command, CancellationToken waiting = default) =>
        Engine.AskAsync(grain, command, waiting).AsTask();

    /// <summary>What the grain says that its state is.</summary>
    public async Task<string> LookAsync(JournalId grain) => (await AskAsync(grain, new Look())).Value.Text;
}

/// <summary>One store, one clock, one log, and any number of engines on them.</summary>
public sealed class EngineBench(Func<EngineSetup, ValueTask<IGrainEngine>> start) : IAsyncDisposable
{
    private readonly RecordingLogs _logs = new();
    private readonly List<BenchEngine> _engines = [];
    private readonly Dictionary<string, int> _announced = [];

    public ManualTimeProvider Time { get; } = new();

    public IJournalStore Journals { get; } = new MemoryJournalStore();

    public ChangeFeed Feed { get; } = new(TimeProvider.System);

    public TallyModel Model { get; } = new();

    public IReadOnlyList<LogLine> LogLines => _logs.Lines;

    public static JournalId Grain(string name) => new(JournalKind.Patient, $"2.25.1/{name.Replace(' ', '-')}");

    /// <summary>One more engine on the same store.</summary>
    /// <param name="maxima">Null for the usual ones.</param>
    /// <param name="storeIsShared">Whether its grains are told that there are others.</param>
    public async Task<BenchEngine> StartAsync(StandaloneEngineOptions? maxima = null, bool storeIsShared = false)
    {
        var models = new GrainModels.Builder().Add(JournalKind.Patient, Model).Build();
        var store = new WatchedStore(Journals);
        var snapshots = new Snapshots(Journals, models, _logs.CreateLogger("snapshots"));
        var services = new GrainServices(store, Feed, snapshots, DomainPolicy.Default, Time)
        {
            StoreIsShared = storeIsShared,
        };
        var setup = new EngineSetup(
            models.Factory(services), Time, _logs, maxima ?? StandaloneEngineOptions.Default);
        var engine = new BenchEngine(await start(setup), store, snapshots);
        _engines.Add(engine);
        return engine;
    }

    /// <summary>The test expects this error in the log, so many times.</summary>
    public void Announce(string eventName, int times = 1) => _announced[eventName] = times;

    /// <summary>The journal, folded from its first entry, without any engine.</summary>
    public async Task<Tally> FoldAsync(JournalId journal)
    {
        var tail = await Journals.ReadAsync(journal, afterVersion: 0, CancellationToken.None);
        var state = Model.Create();
        var shard = journal.ShardOf(Journals.Shards);
        foreach (var entry in tail.Entries)
            Model.Apply(state, Model.Decode(entry.Body), new EventStamp(entry.Version, shard, entry.Position));
        return state;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (engine, _, snapshots) in _engines)
        {
            await engine.DisposeAsync().Within("disposing an engine");
            await snapshots.DisposeAsync().Within("disposing the snapshots");
        }

        await Journals.DisposeAsync();
        Assert.All(_engines, engine => Assert.Equal(0, engine.Store.Overlaps));
        var errors = _logs.Lines.Where(line => line.Level >= LogLevel.Error).CountBy(line => line.EventName);
        Assert.Equal(_announced.OrderBy(one => one.Key), errors.OrderBy(one => one.Key));
    }
}

/// <summary>One line of the log, as a sink would get it.</summary>
public sealed record LogLine(LogLevel Level, string EventName, string Text);

/// <summary>Keeps what is logged.</summary>
internal sealed class RecordingLogs : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<LogLine> _lines = [];

    public IReadOnlyList<LogLine> Lines => [.. _lines];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue(new LogLine(logLevel, eventId.Name ?? "", formatter(state, exception) + exception));

    public void Dispose()
    {
    }
}
