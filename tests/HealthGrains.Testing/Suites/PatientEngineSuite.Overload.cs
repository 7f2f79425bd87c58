using HealthGrains.Domain.Turns;
using HealthGrains.Grains;
using HealthGrains.Grains.Engine;
using HealthGrains.Testing.Clocks;
using Xunit;

namespace HealthGrains.Testing.Suites;

/// <summary>What is refused when there is too much, and in which order.</summary>
public abstract partial class PatientEngineSuite
{
    private static readonly TurnPriority[] LowestFirst = [.. Enum.GetValues<TurnPriority>().OrderDescending()];

    [SuiteFact]
    public async Task A_full_mailbox_refuses_at_once()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("full");
        var hold = engine.Store.HoldNextAppend(grain);
        var running = engine.Begin(grain, new Count("first", 0, 1));
        await hold.ReachedAsync();
        var waiting = await QueueAsync(
            engine, grain, Enumerable.Repeat(TurnPriority.Submit, GrainLimits.MailboxDepthMax));
        Assert.Equal(GrainLimits.MailboxDepthMax, engine.Engine.Status.WaitingCalls);

        var oneMore = engine.Begin(grain, new Count("one more", 1, 1));
        await Assert.ThrowsAsync<EngineOverloadedException>(() => oneMore.Within("being refused"));
        Assert.False(running.IsCompleted);

        hold.Release();
        await Task.WhenAll(waiting).Within("emptying the mailbox");
        Assert.Equal(GrainLimits.MailboxDepthMax + 1, (await bench.FoldAsync(grain)).Entries.Count);
        Assert.Equal(new EngineStatus(1, 0, 1), engine.Engine.Status);
    }

    [SuiteFact]
    public async Task In_a_full_mailbox_a_higher_priority_takes_the_place_of_the_lowest_and_youngest()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync(new StandaloneEngineOptions { MailboxDepthMax = 4 });
        var grain = EngineBench.Grain("full of replays");
        var hold = engine.Store.HoldNextAppend(grain);
        var running = engine.Begin(grain, new Count("first", 0, 1));
        await hold.ReachedAsync();
        var waiting = await QueueAsync(
            engine, grain, TurnPriority.Replay, TurnPriority.Submit, TurnPriority.Replay, TurnPriority.Submit);

        var emergency = engine.Begin(grain, new Count("emergency", 1, 1, TurnPriority.EmergencyRead));
        await Assert.ThrowsAsync<EngineOverloadedException>(() => waiting[2].Within("being displaced"));
        Assert.Equal(4, engine.Engine.Status.WaitingCalls);

        hold.Release();
        await Task.WhenAll([running, emergency, waiting[0], waiting[1], waiting[3]]).Within("emptying the mailbox");
        Assert.Equal(
            ["first 0", "emergency 1", "Submit 1", "Submit 3", "Replay 0"],
            (await bench.FoldAsync(grain)).Entries.Select(entry => $"{entry.Caller} {entry.Number}"));
    }

    [SuiteFact]
    public async Task Each_priority_meets_its_own_limit_of_calls_under_way()
    {
        const int CallsMax = 32;
        await using var bench = Bench();
        var engine = await bench.StartAsync(new StandaloneEngineOptions { CallsMax = CallsMax });
        List<SyncPoint> holds = [];
        List<Task> running = [];

        foreach (var priority in LowestFirst)
        {
            while (running.Count < GrainLimits.CallsMaxFor(priority, CallsMax))
                await HoldOneAsync(priority);
            var refused = engine.Begin(EngineBench.Grain("refused"), new Look(priority));
            await Assert.ThrowsAsync<EngineOverloadedException>(() => refused.Within("being refused"));
        }

        Assert.Equal(CallsMax, running.Count);
        Assert.Equal(LowestFirst.Length, engine.Engine.Status.RefusedCalls);
        holds.ForEach(hold => hold.Release());
        await Task.WhenAll(running).Within("ending the calls under way");
        await engine.AskAsync(EngineBench.Grain("refused"), new Look(TurnPriority.Replay));

        async Task HoldOneAsync(TurnPriority priority)
        {
            var grain = EngineBench.Grain($"running {running.Count}");
            holds.Add(engine.Store.HoldNextAppend(grain));
            running.Add(engine.Begin(grain, new Count("a", 1, 1, priority)));
            await holds[^1].ReachedAsync();
        }
    }

    [SuiteFact]
    public async Task Late_calls_are_shed_from_the_lowest_priority_until_the_load_is_high_no_more()
    {
        // High is more than 8 under way: one turn and eleven that wait are, one and seven are not.
        await using var bench = Bench();
        var engine = await bench.StartAsync(
            new StandaloneEngineOptions { CallsMax = 8 * GrainLimits.CallsHighDivisor });
        var grain = EngineBench.Grain("slow");
        var hold = engine.Store.HoldNextAppend(grain);
        var running = engine.Begin(grain, new Count("first", 0, 1));
        await hold.ReachedAsync();
        var emergencies = await QueueAsync(engine, grain, Enumerable.Repeat(TurnPriority.EmergencyRead, 4));
        var submits = await QueueAsync(engine, grain, Enumerable.Repeat(TurnPriority.Submit, 4));
        var replays = await QueueAsync(engine, grain, Enumerable.Repeat(TurnPriority.Replay, 3));

        bench.Time.Advance(GrainLimits.AdmissionWaitMax);

        foreach (var shed in (List<Task>)[.. replays, submits[0]])
            await Assert.ThrowsAsync<EngineOverloadedException>(() => shed.Within("being shed"));
        Assert.Equal(7, engine.Engine.Status.WaitingCalls);
        bench.Time.Advance(GrainLimits.AdmissionWaitMax);
        Assert.Equal(7, engine.Engine.Status.WaitingCalls);

        hold.Release();
        await Task.WhenAll([running, .. emergencies, .. submits.Skip(1)]).Within("emptying the mailbox");
        Assert.Equal(8, (await bench.FoldAsync(grain)).Entries.Count);
    }

    [SuiteFact]
    public async Task Young_calls_are_not_shed()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync(
            new StandaloneEngineOptions { CallsMax = GrainLimits.CallsHighDivisor });
        var grain = EngineBench.Grain("young");
        var hold = engine.Store.HoldNextAppend(grain);
        var running = engine.Begin(grain, new Count("first", 0, 1));
        await hold.ReachedAsync();
        var waiting = await QueueAsync(engine, grain, TurnPriority.Replay);

        bench.Time.Advance(GrainLimits.AdmissionWaitMax / 2);
        Assert.Equal(1, engine.Engine.Status.WaitingCalls);

        hold.Release();
        await Task.WhenAll([running, .. waiting]).Within("emptying the mailbox");
    }

    [SuiteFact]
    public async Task Waiting_long_is_no_reason_to_shed_while_the_load_is_low()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("patient");
        var hold = engine.Store.HoldNextAppend(grain);
        var running = engine.Begin(grain, new Count("first", 0, 1));
        await hold.ReachedAsync();
        var waiting = await QueueAsync(engine, grain, Enumerable.Repeat(TurnPriority.Replay, GrainLimits.MailboxDepthHigh));

        bench.Time.Advance(GrainLimits.AdmissionWaitMax * 10);

        Assert.Equal(GrainLimits.MailboxDepthHigh, engine.Engine.Status.WaitingCalls);
        hold.Release();
        await Task.WhenAll([running, .. waiting]).Within("emptying the mailbox");
    }

    [SuiteFact]
    public async Task Late_calls_of_a_grain_with_a_deep_mailbox_are_shed()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("deep");
        var hold = engine.Store.HoldNextAppend(grain);
        var running = engine.Begin(grain, new Count("first", 0, 1));
        await hold.ReachedAsync();
        const int tooMany = 8;
        var reads = await QueueAsync(
            engine, grain, Enumerable.Repeat(TurnPriority.PatientRead, GrainLimits.MailboxDepthHigh / 2));
        var replays = await QueueAsync(
            engine, grain, Enumerable.Repeat(TurnPriority.Replay, (GrainLimits.MailboxDepthHigh / 2) + tooMany));

        bench.Time.Advance(GrainLimits.AdmissionWaitMax);

        Assert.Equal(GrainLimits.MailboxDepthHigh, engine.Engine.Status.WaitingCalls);
        Assert.Equal(tooMany, engine.Engine.Status.RefusedCalls);
        hold.Release();
        await Task.WhenAll([running, .. reads]).Within("serving the reads");
        await Task.WhenAll(replays.Skip(tooMany)).Within("serving the replays that stayed");
        Assert.All(replays.Take(tooMany), shed => Assert.True(shed.IsFaulted));
    }
}
