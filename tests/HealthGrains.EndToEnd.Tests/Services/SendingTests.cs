using System.Collections.Concurrent;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;
using HealthGrains.Rpc;
using HealthGrains.Services;
using HealthGrains.Services.Authentication;
using HealthGrains.Services.Calls;
using HealthGrains.Services.Inbox;
using HealthGrains.Services.PatientRecords;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>What leaves, and on which answer: the moments between a decision and a sending.</summary>
public sealed class SendingTests : IAsyncLifetime
{
    private readonly PatientId _patientId = People.Patient(1);
    private readonly Wire.Patient _patient = People.Patient(1).ToWire();
    private readonly Clock _clock = new();
    private ServiceHost _host = null!; // ! set before each test
    private TestClient _hospital = null!; // ! set before each test
    private TestClient _owner = null!; // ! set before each test
    private TestClient _doctor = null!; // ! set before each test

    public async Task InitializeAsync()
    {
        _host = await ServiceHost.StartAsync();
        _hospital = _host.As(People.HospitalSystem);
        _owner = _host.As(new Caller.Patient(_patientId));
        _doctor = _host.As(People.Doctor);
        await _owner.OpenRecordAsync(_patient);
        await _owner.AuthorizeAsync(_patient, People.DoctorId);
        await _doctor.FollowAsync(_patient);
        for (var i = 1; i <= 3; i++)
            await _hospital.SubmitAsync(People.Document(_patientId, $"{i}", $"text {i}"));
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_slow_reader_of_a_record_gets_nothing_on_an_old_answer()
    {
        var replies = new SlowReader<Wire.RecordChange>(RevokeAsync);
        var watching = new PatientRecordsService(Context()).WatchAsync(
            new Wire.WatchRequest { Patient = _patient }, replies, Call("PatientRecords/Watch"), CancellationToken.None);
        await Waiting.RefusedAsync(() => watching, RefusalCode.ConsentRequired);
        Assert.Equal([1L], replies.Taken.Select(change => change.Sequence));
    }

    [Fact]
    public async Task A_slow_reader_of_an_inbox_gets_tombstones_instead_of_old_news()
    {
        await using (var delivered = _doctor.WatchInbox(0))
        {
            for (var i = 1; i <= 3; i++)
                await delivered.NextAsync($"item {i}");
        }

        using var closing = new CancellationTokenSource();
        var replies = new SlowReader<Wire.InboxItem>(RevokeAsync) { After = (3, closing.Cancel) };
        var watching = new InboxService(Context()).WatchInboxAsync(
            new Wire.WatchInboxRequest(), replies, Call("Inbox/WatchInbox"), closing.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching.Within("the end"));
        Assert.Equal(
            ["AJOUT_DOCUMENT", "NOTIFICATION_WITHDRAWN", "NOTIFICATION_WITHDRAWN"], replies.Taken.Select(item => item.Code));
        Assert.Equal([1L, 2L, 3L], replies.Taken.Select(item => item.Sequence));
    }

    [Fact]
    public async Task A_professional_is_asked_about_for_each_item_and_a_patient_once_a_page()
    {
        Assert.Equal(["LocateRecord", "subscribe", "ChangesSince"], await AsksAsync(new Caller.Patient(_patientId)));
        Assert.Equal(["LocateRecord", "subscribe", "ChangesSince", "MayStillSee", "MayStillSee"], await AsksAsync(People.Doctor));
    }

    [Fact]
    public async Task A_document_withdrawn_between_two_items_is_not_shown_with_the_second()
    {
        using var closing = new CancellationTokenSource();
        var replies = new SlowReader<Wire.RecordChange>(
            () => _hospital.WithdrawAsync(People.Withdrawal(_patientId, "2"))) { After = (4, closing.Cancel) };
        var watching = new PatientRecordsService(Context()).WatchAsync(
            new Wire.WatchRequest { Patient = _patient }, replies, Call("PatientRecords/Watch"), closing.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching.Within("the end"));
        Assert.Equal([1L, 2L, 3L, 4L], replies.Taken.Select(change => change.Sequence));
        Assert.Equal([true, false, true, false], replies.Taken.Select(change => change.Document is not null));
    }

    private async Task<IReadOnlyCollection<string>> AsksAsync(Caller caller)
    {
        var order = new ConcurrentQueue<string>();
        using var closing = new CancellationTokenSource();
        var replies = new SlowReader<Wire.RecordChange>(() => Task.CompletedTask) { After = (3, closing.Cancel) };
        var watching = new PatientRecordsService(Context(order)).WatchAsync(
            new Wire.WatchRequest { Patient = _patient }, replies, Call("PatientRecords/Watch", caller), closing.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching.Within("the end"));
        Assert.Equal(3, replies.Taken.Count);
        return order;
    }

    [Fact]
    public async Task A_busy_record_ends_no_watch_that_is_open()
    {
        var busy = new BusyEngine(_host.Dependencies.Engine);
        using var closing = new CancellationTokenSource();
        var replies = new SlowReader<Wire.RecordChange>(() =>
        {
            busy.Busy = 3;
            return Task.CompletedTask;
        }) { After = (3, closing.Cancel) };
        var watching = new PatientRecordsService(new ServiceContext(_host.Dependencies with { Engine = busy })).WatchAsync(
            new Wire.WatchRequest { Patient = _patient }, replies, Call("PatientRecords/Watch"), closing.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching.Within("the end"));
        Assert.Equal([1L, 2L, 3L], replies.Taken.Select(change => change.Sequence));
        Assert.Equal(0, busy.Busy);

        busy.Busy = 1;
        var first = new PatientRecordsService(new ServiceContext(_host.Dependencies with { Engine = busy })).WatchAsync(
            new Wire.WatchRequest { Patient = _patient }, replies, Call("PatientRecords/Watch"), CancellationToken.None);
        await Assert.ThrowsAsync<EngineOverloadedException>(() => first.Within("the refusal of a new watch"));
    }

    [Fact]
    public async Task A_watch_subscribes_before_it_reads()
    {
        var order = new ConcurrentQueue<string>();
        using var closing = new CancellationTokenSource();
        var replies = new SlowReader<Wire.InboxItem>(() => Task.CompletedTask) { After = (1, closing.Cancel) };
        await using (var delivered = _doctor.WatchInbox(0))
            await delivered.NextAsync("the first item");
        var watching = new InboxService(Context(order)).WatchInboxAsync(
            new Wire.WatchInboxRequest(), replies, Call("Inbox/WatchInbox"), closing.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching.Within("the end"));
        Assert.Equal("subscribe", order.First());
        Assert.Equal(1, order.Count(what => what == "subscribe"));
    }

    [Fact]
    public async Task No_content_leaves_without_its_trace()
    {
        var request = new Wire.ReadContentRequest { Patient = _patient, UniqueId = "2.999.7^1" };
        _host.Store.Faults.FailNextAppend(JournalFault.DiskFull, turn => turn.Journal.Kind == JournalKind.Patient);
        await using (var refused = Content(request))
            Assert.Empty(await refused.EndsWithAsync(RefusalCode.Overloaded));

        var hold = _host.Store.Faults.HoldNextAppend(turn => turn.Journal.Kind == JournalKind.Patient);
        await using var held = Content(request);
        var first = held.NextAsync("the entry");
        await hold.Reached.Within("the trace to be written");
        Assert.False(first.IsCompleted);
        hold.Release();
        Assert.Equal(Wire.ContentChunk.PartOneofCase.Entry, (await first).PartCase);
    }

    private TestStream<Wire.ContentChunk> Content(Wire.ReadContentRequest request) => new(ct =>
        _doctor.Stream<Wire.ReadContentRequest, Wire.ContentChunk>("PatientRecords/ReadContent", request, ct));

    // The right is lost while the first item is being taken, however short that was.
    private Task RevokeAsync() => _owner.RevokeAsync(_patient, People.DoctorId);

    private static RpcCall Call(string method, Caller? caller = null) =>
        new($"/healthgrains.v1.{method}", new RpcMetadata()) { Caller = caller ?? People.Doctor };

    private ServiceContext Context(ConcurrentQueue<string>? order = null) => new(_host.Dependencies with
    {
        Time = _clock,
        Engine = order is null ? _host.Dependencies.Engine : new OrderedEngine(_host.Dependencies.Engine, order),
        Feed = order is null ? _host.Dependencies.Feed : new OrderedFeed(_host.Dependencies.Feed, order),
    });

    /// <summary>A clock that moves when a test says so.</summary>
    private sealed class Clock : TimeProvider
    {
        private long _ticks = System.GetUtcNow().UtcTicks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);

        public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    }

    /// <summary>Takes its first item slowly.</summary>
    private sealed class SlowReader<T>(Func<Task> whileFirst) : IRpcReplyStream<T>
    {
        public List<T> Taken { get; } = [];

        public (int Count, Action Act)? After { get; init; }

        public async ValueTask WriteAsync(T message, CancellationToken ct)
        {
            Taken.Add(message);
            if (Taken.Count == 1)
                await whileFirst();
            if (Taken.Count == After?.Count)
                After.Value.Act();
        }
    }

    private sealed class OrderedFeed(IChangeFeed feed, ConcurrentQueue<string> order) : IChangeFeed
    {
        public void Publish(JournalId journal) => feed.Publish(journal);

        public IChangeSubscription Subscribe(JournalId journal)
        {
            order.Enqueue("subscribe");
            return feed.Subscribe(journal);
        }
    }

    /// <summary>Turns so many asks away.</summary>
    private sealed class BusyEngine(IGrainEngine engine) : IGrainEngine
    {
        public int Busy { get; set; }

        public EngineStatus Status => engine.Status;

        public ValueTask<TurnResult<TAnswer>> AskAsync<TState, TEvent, TAnswer>(
            JournalId grain, Command<TState, TEvent, TAnswer> command, CancellationToken waiting)
            where TState : class
            where TEvent : class
        {
            if (Busy == 0)
                return engine.AskAsync(grain, command, waiting);
            Busy--;
            throw new EngineOverloadedException("busy");
        }

        public ValueTask DrainAsync(TimeSpan atMost) => engine.DrainAsync(atMost);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class OrderedEngine(IGrainEngine engine, ConcurrentQueue<string> order) : IGrainEngine
    {
        public EngineStatus Status => engine.Status;

        public ValueTask<TurnResult<TAnswer>> AskAsync<TState, TEvent, TAnswer>(
            JournalId grain, Command<TState, TEvent, TAnswer> command, CancellationToken waiting)
            where TState : class
            where TEvent : class
        {
            order.Enqueue(command.GetType().Name);
            return engine.AskAsync(grain, command, waiting);
        }

        public ValueTask DrainAsync(TimeSpan atMost) => engine.DrainAsync(atMost);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
