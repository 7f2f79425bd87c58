using HealthGrains.Domain.Turns;
using HealthGrains.Grains;
using HealthGrains.Grains.Engine;
using HealthGrains.Testing.Clocks;
using Xunit;

namespace HealthGrains.Testing.Suites;

/// <summary>What is refused at the door because the turns that run take too long.</summary>
public abstract partial class PatientEngineSuite
{
    [SuiteFact]
    public async Task When_turns_take_too_long_all_are_refused_but_revocations_and_emergencies()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        List<SyncPoint> holds = [];
        List<Task> running = [];
        for (var i = 0; i < GrainLimits.TurnsRunningBusy; i++)
        {
            var grain = EngineBench.Grain($"slow {i}");
            holds.Add(engine.Store.HoldNextAppend(grain));
            running.Add(engine.Begin(grain, new Count("a", 1, 1)));
            await holds[^1].ReachedAsync();
        }

        // Nothing is known of an engine that has just become busy.
        Assert.Equal(TimeSpan.Zero, engine.Engine.Status.ExpectedWait);
        await engine.AskAsync(EngineBench.Grain("early"), new Look(TurnPriority.Replay));

        for (var look = 0; look < 4; look++)
            bench.Time.Advance(GrainLimits.AdmissionWaitMax / 4);
        Assert.True(engine.Engine.Status.ExpectedWait > GrainLimits.AdmissionWaitMax * 4, engine.Engine.Status.ExpectedWait.ToString());
        foreach (var priority in LowestFirst)
        {
            var asked = engine.Begin(EngineBench.Grain("other"), new Look(priority));
            if (priority is TurnPriority.Revocation or TurnPriority.EmergencyRead)
                await asked.Within("a call that is never refused for the wait");
            else
                await Assert.ThrowsAsync<EngineOverloadedException>(() => asked.Within("being refused"));
        }

        holds.ForEach(hold => hold.Release());
        await Task.WhenAll(running).Within("ending the slow turns");
        await engine.AskAsync(EngineBench.Grain("other"), new Look(TurnPriority.Replay));
        Assert.Equal(TimeSpan.Zero, engine.Engine.Status.ExpectedWait);
    }

    [SuiteFact]
    public async Task A_slow_record_with_a_full_mailbox_is_no_wait_of_the_others()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("slow");
        var hold = engine.Store.HoldNextAppend(grain);
        var running = engine.Begin(grain, new Count("first", 0, 1));
        await hold.ReachedAsync();
        var waiting = await QueueAsync(engine, grain, Enumerable.Repeat(TurnPriority.PatientRead, GrainLimits.MailboxDepthHigh));
        for (var look = 0; look < 8; look++)
            bench.Time.Advance(GrainLimits.AdmissionWaitMax / 4);

        Assert.Equal(TimeSpan.Zero, engine.Engine.Status.ExpectedWait);
        await engine.AskAsync(EngineBench.Grain("other"), new Look(TurnPriority.Replay));
        hold.Release();
        await Task.WhenAll([running, .. waiting]).Within("emptying the mailbox");
    }
}
