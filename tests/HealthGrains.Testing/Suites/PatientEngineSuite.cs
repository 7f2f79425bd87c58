using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using HealthGrains.Testing.Clocks;
using Xunit;

namespace HealthGrains.Testing.Suites;

/// <summary>What every engine keeps: E1 to E5 of <see cref="IGrainEngine"/>, with G1 to G4 of the grains that it hosts.</summary>
/// <remarks>
/// <para>An engine enrols with a class that says how it is started. It is driven from outside: commands of the suite's own
/// aggregate, a store that holds and fails on command, and a clock that stands still.</para>
/// <para>Each test proves that what it is about took place: that calls did wait, that a conflict did happen, that the fault
/// was met. When the bench is disposed, no turns may have overlapped, and no error may be in the log that the test did not
/// announce.</para>
/// <para>Left out: the rules of patients (the domain's tests), the store's promises (the journal store suite), the feed's
/// (its own tests), and figures.</para>
/// </remarks>
public abstract partial class PatientEngineSuite
{
    /// <summary>Whether calls that their caller does not await keep their order too. E1 promises less, and where calls
    /// travel it is not so: there the suite waits for each call to have arrived before it makes the next.</summary>
    protected virtual bool KeepsOrderOfUnawaitedCalls => true;

    protected abstract ValueTask<IGrainEngine> StartAsync(EngineSetup setup);

    [SuiteFact]
    public async Task A_command_is_answered_from_the_state_that_it_led_to()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("answers");

        var first = await engine.AskAsync(grain, new Count("a", 1, 5));
        var second = await engine.AskAsync(grain, new Count("a", 2, 7));

        Assert.Equal(new TallyAnswer(1, 5, ""), first.Value);
        Assert.Equal(new TallyAnswer(2, 12, ""), second.Value);
        Assert.Equal((await bench.FoldAsync(grain)).Text, await engine.LookAsync(grain));
        Assert.Equal(1, engine.Store.Reads);
    }

    [SuiteFact]
    public async Task A_refusal_is_told_after_its_trace_is_durable()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("refuses");
        var hold = engine.Store.HoldNextAppend(grain);

        var knock = engine.Begin(grain, new KnockInVain("a"));
        await hold.ReachedAsync();
        Assert.False(knock.IsCompleted);
        hold.Release();

        var result = await knock.Within("being refused");
        Assert.Equal(RefusalCode.AccessDenied, result.Refusal?.Code);
        Assert.Equal(1, (await bench.FoldAsync(grain)).TurnedAway);
        Assert.Equal((await bench.FoldAsync(grain)).Text, await engine.LookAsync(grain));
    }

    [SuiteFact]
    public async Task Nothing_is_answered_before_it_is_durable()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("durable first");
        using var watcher = bench.Feed.Subscribe(grain);
        var hold = engine.Store.HoldNextAppend(grain);

        var count = engine.Begin(grain, new Count("a", 1, 5));
        await hold.ReachedAsync();
        Assert.False(count.IsCompleted);
        Assert.False(await watcher.WaitAsync(TimeSpan.Zero, CancellationToken.None));
        Assert.Empty((await bench.FoldAsync(grain)).Entries);

        hold.Release();
        Assert.Equal(1, (await count.Within("counting")).Value.Version);
        Assert.True(await watcher.WaitAsync(BoundedAwait.AtMost, CancellationToken.None));
    }

    [SuiteFact]
    public async Task Turns_of_one_grain_never_overlap_and_those_of_one_caller_keep_their_order()
    {
        const int Callers = 48;
        const int CallsEach = 100;
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("busy");
        var hold = engine.Store.HoldNextAppend(grain);

        var callers = Enumerable.Range(1, Callers).Select(caller => CallAsync($"caller {caller}")).ToArray();
        await hold.ReachedAsync();
        await BoundedAwait.UntilAsync(() => engine.Engine.Status.WaitingCalls, Callers - 1, "queueing a call of each caller");
        hold.Release();
        await Task.WhenAll(callers).Within("calling one grain from many callers");

        var journal = await bench.FoldAsync(grain);
        Assert.Equal(Callers * CallsEach, journal.Entries.Count);
        Assert.All(
            journal.Entries.GroupBy(entry => entry.Caller),
            entries => Assert.Equal(Enumerable.Range(1, CallsEach), entries.Select(entry => entry.Number)));
        Assert.Equal(0, engine.Store.Conflicts);
        Assert.Equal(journal.Text, await engine.LookAsync(grain));

        async Task CallAsync(string caller)
        {
            for (var number = 1; number <= CallsEach; number++)
            {
                var result = await engine.Engine.AskAsync(grain, new Count(caller, number, 1), CancellationToken.None);
                Assert.Equal(result.Value.Version, result.Value.Sum);
            }
        }
    }

    [SuiteFact]
    public async Task Calls_that_one_caller_does_not_await_are_each_run_once_in_order_where_the_engine_says_so()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("pipelined");
        var hold = engine.Store.HoldNextAppend(grain);

        var calls = Enumerable.Range(1, 40).Select(number => engine.Begin(grain, new Count("a", number, 1))).ToArray();
        await hold.ReachedAsync();
        await BoundedAwait.UntilAsync(() => engine.Engine.Status.WaitingCalls, 39, "queueing the others");
        hold.Release();
        await Task.WhenAll(calls).Within("calling without awaiting");

        var numbers = (await bench.FoldAsync(grain)).Entries.Select(entry => entry.Number);
        Assert.Equal(Enumerable.Range(1, 40), KeepsOrderOfUnawaitedCalls ? numbers : numbers.Order());
    }

    [SuiteFact]
    public async Task A_grain_that_waits_for_the_store_holds_up_no_other()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var held = EngineBench.Grain("held");
        var hold = engine.Store.HoldNextAppend(held);
        var first = engine.Begin(held, new Count("a", 1, 1));
        await hold.ReachedAsync();

        for (var other = 0; other < 200; other++)
            await engine.AskAsync(EngineBench.Grain($"other {other}"), new Count("b", 1, 1));

        Assert.False(first.IsCompleted);
        hold.Release();
        await first.Within("counting");
    }

    [SuiteFact]
    public async Task A_command_without_events_writes_and_publishes_nothing()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("looked at");
        using var watcher = bench.Feed.Subscribe(grain);

        Assert.Equal(0, (await engine.AskAsync(grain, new Look())).Value.Version);

        Assert.Equal(0, engine.Store.Appends);
        Assert.False(await watcher.WaitAsync(TimeSpan.Zero, CancellationToken.None));
    }

    private EngineBench Bench() => new(StartAsync);

    /// <summary>Calls that wait behind a held turn of the grain.</summary>
    private async Task<List<Task<TurnResult<TallyAnswer>>>> QueueAsync(
        BenchEngine engine, JournalId grain, params IEnumerable<TurnPriority> priorities)
    {
        var before = engine.Engine.Status.WaitingCalls;
        List<Task<TurnResult<TallyAnswer>>> calls = [];
        foreach (var priority in priorities)
        {
            calls.Add(engine.Begin(grain, new Count($"{priority}", calls.Count, 1, priority)));
            if (!KeepsOrderOfUnawaitedCalls)
                await ArrivedAsync(engine, before + calls.Count);
        }

        await BoundedAwait.UntilAsync(
            () => engine.Engine.Status.WaitingCalls, before + calls.Count, "queueing calls behind a held turn");
        return calls;
    }

    private static Task ArrivedAsync(BenchEngine engine, int waiting) => BoundedAwait.UntilAsync(
        () => engine.Engine.Status.WaitingCalls, waiting, "queueing a call behind a held turn");
}
