using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using HealthGrains.Testing.Clocks;
using HealthGrains.Testing.Suites;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HealthGrains.Grains.Tests.Engine;

/// <summary>What the engine suite cannot see from outside: contexts, allocations and metrics.</summary>
public sealed class Inside_the_standalone_engine : IAsyncDisposable
{
    private static readonly JournalId Grain = EngineBench.Grain("bare");
    private static readonly AsyncLocal<string> Caller = new();

    private readonly BareGrains _grains = new();
    private readonly Meter _meter = new("Inside_the_standalone_engine");
    private readonly StandaloneEngine _engine;

    public Inside_the_standalone_engine() => _engine = new StandaloneEngine(
        _grains,
        new ManualTimeProvider(),
        NullLogger<StandaloneEngine>.Instance,
        new StandaloneEngineOptions { MailboxDepthMax = 1 },
        new GrainsInstruments(_meter));

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _meter.Dispose();
    }

    [Fact]
    public async Task A_turn_that_waited_runs_in_the_context_of_its_own_caller()
    {
        _grains.Hold = new SyncPoint("a turn");
        var first = AskAsAsync("first");
        await _grains.Hold.ReachedAsync();
        var second = AskAsAsync("second");
        Assert.Equal(1, _engine.Status.WaitingCalls);

        _grains.Hold.Release();
        await Task.WhenAll(first, second).Within("ending two turns");
        Assert.Equal(["first", "second"], _grains.Callers);

        async Task AskAsAsync(string caller)
        {
            Caller.Value = caller;
            await _engine.AskAsync(Grain, new Look(), CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_turn_that_need_not_wait_is_answered_on_the_spot_and_allocates_nothing()
    {
        const int Calls = 1_000;
        var look = new Look();
        using var source = new CancellationTokenSource();
        for (var warm = 0; warm < 100; warm++)
            await _engine.AskAsync(Grain, look, source.Token);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var onTheSpot = 0;
        for (var call = 0; call < Calls; call++)
            onTheSpot += _engine.AskAsync(Grain, look, source.Token).IsCompletedSuccessfully ? 1 : 0;

        Assert.Equal(Calls, onTheSpot);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Calls);
    }

    [Fact]
    public async Task Metrics_tell_what_was_refused_and_name_no_grain()
    {
        var seen = new ConcurrentQueue<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (ReferenceEquals(instrument.Meter, _meter))
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => seen.Enqueue(
            $"{instrument.Name} {value} {string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))}"));
        listener.Start();

        _grains.Hold = new SyncPoint("a turn");
        var running = _engine.AskAsync(Grain, new Look(), CancellationToken.None).AsTask();
        await _grains.Hold.ReachedAsync();
        var waiting = _engine.AskAsync(Grain, new Look(), CancellationToken.None).AsTask();
        await Assert.ThrowsAsync<EngineOverloadedException>(
            () => _engine.AskAsync(Grain, new Look(), CancellationToken.None).Within("being refused"));
        _grains.Hold.Release();
        await Task.WhenAll(running, waiting).Within("ending two turns");

        Assert.Contains("healthgrains.grains.calls_refused 1 priority=PatientRead limit=Mailbox", seen);
        Assert.Contains("healthgrains.grains.activations 1 kind=Patient", seen);
        Assert.Equal(2, seen.Count(line => line == "healthgrains.grains.turns 1 kind=Patient"));
        Assert.DoesNotContain(seen, line => line.Contains(Grain.Key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_call_for_no_grain_is_a_bug_of_the_caller() => await Assert.ThrowsAsync<ArgumentException>(
        async () => await _engine.AskAsync(default, new Look(), CancellationToken.None));

    /// <summary>A grain without a journal, so that nothing but the engine is measured.</summary>
    private sealed class BareGrains : IGrainFactory, IGrain<Tally, TallyEvent>
    {
        private readonly Tally _state = new();
        private readonly TurnContext _turn = new(DateTimeOffset.UnixEpoch, DomainPolicy.Default);

        public SyncPoint? Hold { get; set; }

        public ConcurrentQueue<string?> Callers { get; } = [];

        public JournalId Journal => Grain;

        public IGrain Create(JournalId journal) => this;

        public ValueTask<TurnResult<TAnswer>> TurnAsync<TAnswer>(
            Command<Tally, TallyEvent, TAnswer> command, CancellationToken shutdown) =>
            Hold is null ? default : HeldTurnAsync(command, Hold);

        private async ValueTask<TurnResult<TAnswer>> HeldTurnAsync<TAnswer>(
            Command<Tally, TallyEvent, TAnswer> command, SyncPoint hold)
        {
            Callers.Enqueue(Caller.Value);
            await hold.PassAsync();
            return new TurnResult<TAnswer>(command.Decide(_state, _turn).AnswerFrom(_state), null);
        }
    }
}
