using System.Collections.Concurrent;
using System.Diagnostics;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Senders;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Duties;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;
using HealthGrains.Grains.Patients;
using HealthGrains.Grains.Routing;
using HealthGrains.Grains.Turns;
using HealthGrains.Testing.Clocks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthGrains.Grains.Tests.Routing;

/// <summary>One process on a medium that outlives it: a real engine, a real router, a store that may fail it.</summary>
internal sealed class RoutedProcess : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(150);

    // Real time; only a test that fails waits this long.
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(60);

    private readonly ManualTimeProvider _time;
    private int _documents;

    /// <param name="medium">What outlives it.</param>
    /// <param name="time">Of its timers.</param>
    /// <param name="mortality">When it dies.</param>
    /// <param name="policy">The parameters of its rules.</param>
    /// <param name="clock">Of its turns; null for <paramref name="time"/>.</param>
    public RoutedProcess(
        MemoryJournalMedium medium,
        ManualTimeProvider time,
        Mortality? mortality = null,
        DomainPolicy? policy = null,
        TimeProvider? clock = null)
    {
        _time = time;
        Medium = medium;
        Memory = new MemoryJournalStore(medium, time);
        Store = new MortalStore(Memory, mortality ?? Mortality.Never);
        Feed = new ChangeFeed(time);
        var services = new GrainServices(Store, Feed, Snapshots.None, policy ?? DomainPolicy.Default, clock ?? time)
        {
            StoreIsShared = true,
        };
        Engine = new FailingEngine(new StandaloneEngine(
            GrainCatalog.Models.Factory(services), time, NullLogger<StandaloneEngine>.Instance));
        Router = new Router(Store, Engine, new MemoryKeyedRows(medium), time, Log, Feed);
        Duties = new DutyWorker(Store, Engine, Feed, clock ?? time, NullLogger<DutyWorker>.Instance);
    }

    public ChangeFeed Feed { get; }

    public DutyWorker Duties { get; }

    public MemoryJournalMedium Medium { get; }

    public MemoryJournalStore Memory { get; }

    public MortalStore Store { get; }

    public FailingEngine Engine { get; }

    public Router Router { get; }

    public Heard Log { get; } = new();

    public async Task<T> AskAsync<T>(PatientId patient, PatientCommand<T> command) =>
        (await Engine.AskAsync(GrainIds.Of(patient), command, default).Within("asking a record")).Value;

    /// <summary>Opens a record that these professionals may read and follow.</summary>
    public async Task FollowAsync(PatientId patient, params Actor[] professionals)
    {
        await AskAsync(patient, new OpenRecord());
        foreach (var professional in professionals)
        {
            await AskAsync(patient, new AuthorizeProfessional(HolderKind.Professional, professional.Id, null, null, ""));
            await AskAsync(patient, new FollowPatient(professional));
        }
    }

    public async Task<DocumentId> SubmitAsync(
        PatientId patient, string name, Actor? by = null, string? replaces = null, int number = 0)
    {
        var content = TestRecord.ContentOf(name);
        var metadata = new DocumentMetadata
        {
            UniqueId = TestRecord.Unique(name),
            Title = name,
            TypeCode = "11502-2",
            MimeType = "text/xml",
            CreatedAt = _time.GetUtcNow(),
            Authors = [TestRecord.AuthorOf(Cast.HospitalDoctor)],
            Confidentiality = ConfidentialityLabels.None,
        };
        var id = DocumentId.Of(new Guid(number == 0 ? ++_documents : number, 5, 5, [5, 5, 5, 5, 5, 5, 5, 5]));
        var receipt = await AskAsync(patient, new SubmitDocument(id, metadata, content, by ?? Cast.HospitalSystem)
        {
            ClassCode = "10",
            Replaces = replaces is null ? null : TestRecord.Unique(replaces),
        });
        return receipt.DocumentId ?? id;
    }

    public async Task WithdrawAsync(PatientId patient, string name) =>
        await AskAsync(patient, new WithdrawDocument(TestRecord.Unique(name), null, "", Cast.HospitalSystem));

    /// <summary>What the professional's inbox holds, in its order, and that its sequences are dense.</summary>
    public async Task<IReadOnlyList<Delivery>> InboxAsync(Actor professional)
    {
        var grain = GrainIds.InboxOf(Cast.IdOf(professional));
        var page = (await Engine.AskAsync(grain, new ReadInbox(0, 10_000), default).Within("reading an inbox")).Value;
        Assert.Equal(Enumerable.Range(1, page.Lines.Count).Select(n => (long)n), page.Lines.Select(line => line.Sequence));
        return [.. page.Lines.Select(line => line.Delivery)];
    }

    public async Task<LedgerView> LedgerAsync(Actor sender)
    {
        var grain = GrainIds.SenderOf(sender.Structure);
        return (await Engine.AskAsync(grain, new GetLedger(), default).Within("reading a ledger")).Value;
    }

    /// <summary>Lets time pass until the router has delivered everything in these shards.</summary>
    /// <param name="shards">Null for all.</param>
    /// <param name="stalled">How many recipients stay set aside: time passes quickly here, and others may be set aside for a moment.
    /// </param>
    public async Task RouteAsync(Func<int, bool>? shards = null, int stalled = 0) =>
        await PassUntilAsync(
            () => Enumerable.Range(0, Store.Shards).All(shard =>
                shards?.Invoke(shard) == false || Router.Status[shard].Delivered >= LastPosition(shard))
                && (shards is not null || Router.Stalled == stalled),
            "routing");

    public async Task PassUntilAsync(Func<bool> condition, string phase)
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(started) > AtMost)
                throw new TimeoutException($"While {phase}: delivered {string.Join(", ", Router.Status)}, after {AtMost}.");
            _time.Advance(Tick);

            // What the passing of time has started gets a chance to run before more of it passes.
            do
                await Task.Yield();
            while (ThreadPool.PendingWorkItemCount > 0 && Stopwatch.GetElapsedTime(started) <= AtMost);
        }
    }

    /// <summary>The end of a process as an operator wants it, or of one that is dead.</summary>
    public async ValueTask DisposeAsync()
    {
        await Router.DisposeAsync().AsTask().Within("stopping the router");
        await Duties.DisposeAsync().AsTask().Within("stopping the work of time");
        await Engine.DisposeAsync();
    }

    /// <summary>What each professional is to be told according to the records themselves, by patient and in order.</summary>
    public static async Task<ILookup<(string Professional, PatientId Patient), (DocumentId, ChangeCode)>> ToBeToldAsync(
        IJournalStore store, params PatientId[] patients)
    {
        var told = new List<(string Professional, PatientId Patient, DocumentId Document, ChangeCode Code)>();
        foreach (var patient in patients)
        {
            foreach (var entry in (await store.ReadAsync(GrainIds.Of(patient), 0, default)).Entries)
            {
                switch (PatientModel.Instance.Decode(entry.Body))
                {
                    case DocumentSubmitted submitted:
                        told.AddRange(submitted.Recipients.Select(id =>
                            (id.ToString(), patient, submitted.DocumentId, submitted.RecipientsCode)));
                        break;
                    case DocumentWithdrawn withdrawn:
                        told.AddRange(withdrawn.Recipients.Select(id =>
                            (id.ToString(), patient, withdrawn.DocumentId, ChangeCode.DocumentWithdrawn)));
                        break;
                }
            }
        }

        return told.ToLookup(one => (one.Professional, one.Patient), one => (one.Document, one.Code));
    }

    public long LastPosition(int shard)
    {
        lock (Medium.Gate)
            return Medium.Logs[shard].Count;
    }
}

/// <summary>What the router logged.</summary>
internal sealed class Heard : ILogger<Router>
{
    private readonly ConcurrentQueue<(string Event, string Message)> _said = new();

    public IReadOnlyList<(string Event, string Message)> Said => [.. _said];

    public int Count(string name) => Said.Count(one => one.Event == name);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _said.Enqueue((eventId.Name ?? "", formatter(state, exception)));
}
