using System.Collections.Concurrent;
using HealthGrains.Grains.Engine;
using HealthGrains.Testing.Clocks;
using Xunit;

namespace HealthGrains.Testing.Suites;

/// <summary>Letting grains go, and calling them back.</summary>
public abstract partial class PatientEngineSuite
{
    private static readonly StandaloneEngineOptions ShortLived = new() { IdleMax = TimeSpan.FromMinutes(1) };

    [SuiteFact]
    public async Task An_idle_grain_is_let_go_and_comes_back_from_its_journal()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync(ShortLived);
        var grain = EngineBench.Grain("idle");
        await engine.AskAsync(grain, new Count("a", 1, 5));
        await engine.AskAsync(grain, new KnockInVain("b"));
        var before = await engine.LookAsync(grain);
        await BoundedAwait.UntilAsync(() => engine.Engine.Status.Activations, 1, "activating a grain");

        bench.Time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(1, engine.Engine.Status.Activations);
        bench.Time.Advance(TimeSpan.FromSeconds(30));
        await BoundedAwait.UntilAsync(() => engine.Engine.Status.Activations, 0, "letting an idle grain go");

        Assert.Equal(1, engine.Store.Reads);
        Assert.Equal(before, await engine.LookAsync(grain));
        Assert.Equal(2, engine.Store.Reads);
    }

    [SuiteFact]
    public async Task A_grain_that_is_asked_now_and_then_stays()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync(ShortLived);
        var grain = EngineBench.Grain("in use");

        for (var minute = 0; minute < 20; minute++)
        {
            await engine.AskAsync(grain, new Look());
            bench.Time.Advance(TimeSpan.FromSeconds(45));
        }

        Assert.Equal(1, engine.Store.Reads);
    }

    [SuiteFact]
    public async Task A_grain_with_a_turn_under_way_is_never_let_go()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync(ShortLived);
        var grain = EngineBench.Grain("busy for long");
        var hold = engine.Store.HoldNextAppend(grain);
        var count = engine.Begin(grain, new Count("a", 1, 5));
        await hold.ReachedAsync();

        bench.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(1, engine.Engine.Status.Activations);
        var second = engine.Begin(grain, new Count("a", 2, 5));
        hold.Release();

        Assert.Equal(1, (await count.Within("counting")).Value.Version);
        Assert.Equal(2, (await second.Within("counting again")).Value.Version);
        Assert.Equal(1, engine.Store.Reads);
    }

    [SuiteFact]
    public async Task Calls_that_race_with_letting_go_are_neither_lost_nor_run_twice()
    {
        const int Callers = 8;
        const int Rounds = 400;
        await using var bench = Bench();
        var engine = await bench.StartAsync(ShortLived);
        var dice = new Random(1);
        var calls = new ConcurrentBag<Task>();

        for (var round = 1; round <= Rounds; round++)
        {
            Action[] acts =
            [
                () => bench.Time.Advance(TimeSpan.FromMinutes(2)),
                .. Enumerable.Range(0, Callers).Select(caller => (Action)(() => Call(caller, round))),
            ];
            dice.Shuffle(acts);
            await Task.WhenAll(acts.Select(Task.Run)).Within("calling while grains are let go", $"round {round}");
            await Task.WhenAll(calls).Within("being answered", $"round {round}");
            calls.Clear();
        }

        for (var grain = 0; grain < 2; grain++)
        {
            var journal = await bench.FoldAsync(EngineBench.Grain($"racing {grain}"));
            Assert.Equal(Callers / 2 * Rounds, journal.Entries.Count);
            Assert.Equal(journal.Entries.Count, journal.Entries.Distinct().Count());
        }

        Assert.Equal(0, engine.Store.Conflicts);

        // Where calls travel, the clock has moved each time before they arrive.
        var most = KeepsOrderOfUnawaitedCalls ? (2 * Rounds) - 1 : 2 * Rounds;
        Assert.True(
            engine.Store.Reads > 20 && engine.Store.Reads <= most,
            $"Grains were to be let go often, but not in each round; they were read {engine.Store.Reads} times.");

        void Call(int caller, int round) =>
            calls.Add(engine.Begin(EngineBench.Grain($"racing {caller % 2}"), new Count($"{caller}", round, 1)));
    }

    [SuiteFact]
    public async Task A_full_table_lets_the_grain_go_that_is_idle_the_longest()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync(new StandaloneEngineOptions { ActivationsMax = 4 });
        for (var grain = 1; grain <= 4; grain++)
            await LookAsync(grain);
        await LookAsync(1);
        await LookAsync(5);
        Assert.Equal(4, engine.Engine.Status.Activations);
        Assert.Equal(5, engine.Store.Reads);

        // The first was asked again, so it was the second's turn to go.
        await LookAsync(1);
        Assert.Equal(5, engine.Store.Reads);
        await LookAsync(2);
        Assert.Equal(6, engine.Store.Reads);
        Assert.Equal(4, engine.Engine.Status.Activations);

        async Task LookAsync(int grain)
        {
            bench.Time.Advance(TimeSpan.FromSeconds(1));
            await engine.AskAsync(EngineBench.Grain($"one of many {grain}"), new Look());
        }
    }

    [SuiteFact]
    public async Task A_table_full_of_busy_grains_refuses_a_further_one()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync(new StandaloneEngineOptions { ActivationsMax = 2 });
        var holds = Enumerable.Range(1, 2)
            .Select(grain => engine.Store.HoldNextAppend(EngineBench.Grain($"busy {grain}"))).ToArray();
        var busy = Enumerable.Range(1, 2)
            .Select(grain => engine.Begin(EngineBench.Grain($"busy {grain}"), new Count("a", 1, 1))).ToArray();
        await Task.WhenAll(holds.Select(hold => hold.ReachedAsync()));

        var further = engine.Begin(EngineBench.Grain("further"), new Count("a", 1, 1));
        await Assert.ThrowsAsync<EngineOverloadedException>(() => further.Within("being refused"));
        Assert.Equal(1, engine.Engine.Status.RefusedCalls);
        Assert.Equal(2, engine.Store.Appends);

        holds[0].Release();
        await busy[0].Within("counting");
        await engine.AskAsync(EngineBench.Grain("further"), new Count("a", 1, 1));
        holds[1].Release();
        await busy[1].Within("counting");
    }
}
