using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Engine;
using HealthGrains.Testing.Clocks;
using Xunit;

namespace HealthGrains.Testing.Suites;

/// <summary>Callers who give up, and engines that end.</summary>
public abstract partial class PatientEngineSuite
{
    [SuiteFact]
    public async Task A_call_given_up_in_the_mailbox_is_dropped_without_running()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("given up while waiting");
        var hold = engine.Store.HoldNextAppend(grain);
        var running = engine.Begin(grain, new Count("first", 0, 1));
        await hold.ReachedAsync();
        using var caller = new CancellationTokenSource();
        var givenUp = engine.Begin(grain, new Count("given up", 1, 1), caller.Token);
        await ArrivedAsync(engine, 1);
        var behind = engine.Begin(grain, new Count("behind", 1, 1));
        await BoundedAwait.UntilAsync(() => engine.Engine.Status.WaitingCalls, 2, "queueing two calls");

        await caller.CancelAsync();
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => givenUp.Within("giving up"));
        Assert.Equal(caller.Token, cancelled.CancellationToken);
        Assert.Equal(1, engine.Engine.Status.WaitingCalls);
        Assert.False(running.IsCompleted);

        hold.Release();
        await Task.WhenAll(running, behind).Within("emptying the mailbox");
        Assert.Equal(["first", "behind"], (await bench.FoldAsync(grain)).Entries.Select(entry => entry.Caller));
    }

    [SuiteFact]
    public async Task A_call_given_up_within_its_turn_commits_all_the_same()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("given up while running");

        // The first begins at once, the second comes out of the mailbox.
        var firstHold = engine.Store.HoldNextAppend(grain);
        var secondHold = engine.Store.HoldNextAppend(grain);
        using var caller = new CancellationTokenSource();
        var first = engine.Begin(grain, new Count("a", 1, 1), caller.Token);
        await firstHold.ReachedAsync();
        using var other = new CancellationTokenSource();
        var second = engine.Begin(grain, new Count("b", 1, 1), other.Token);

        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Within("giving up"));
        firstHold.Release();
        await secondHold.ReachedAsync();
        await other.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.Within("giving up"));
        secondHold.Release();

        await engine.AskAsync(grain, new Count("c", 1, 1));
        Assert.Equal(["a", "b", "c"], (await bench.FoldAsync(grain)).Entries.Select(entry => entry.Caller));
        Assert.Equal((await bench.FoldAsync(grain)).Text, await engine.LookAsync(grain));
    }

    [SuiteFact]
    public async Task A_call_of_a_caller_who_has_given_up_already_does_nothing()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();

        var call = engine.Begin(EngineBench.Grain("too late"), new Count("a", 1, 1), new CancellationToken(true));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.Within("giving up before calling"));
        Assert.Equal(0, engine.Store.Reads);
        Assert.Equal(default, engine.Engine.Status);
    }

    [SuiteFact]
    public async Task Callers_who_give_up_in_thousands_leave_nothing_behind()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("fickle");
        var givenUp = 0;
        var answered = 0;

        await Task.WhenAll(Enumerable.Range(0, 32).Select(CallAsync)).Within("calling and giving up");

        await engine.AskAsync(grain, new Look());
        Assert.Equal(0, engine.Engine.Status.WaitingCalls);
        var journal = await bench.FoldAsync(grain);
        Assert.InRange(journal.Entries.Count, answered, answered + givenUp);
        Assert.Equal(journal.Entries.Count, journal.Entries.Distinct().Count());
        Assert.True(givenUp > 0 && answered > 0, $"{givenUp} were to give up, {answered} to be answered.");

        async Task CallAsync(int caller)
        {
            for (var number = 0; number < 100; number++)
            {
                using var source = new CancellationTokenSource();
                var call = engine.Begin(grain, new Count($"{caller}", number, 1), source.Token);
                if ((caller + number) % 2 == 0)
                    await source.CancelAsync();
                try
                {
                    await call;
                    Interlocked.Increment(ref answered);
                }
                catch (OperationCanceledException)
                {
                    Interlocked.Increment(ref givenUp);
                }
            }
        }
    }

    [SuiteFact]
    public async Task Draining_ends_the_turns_that_have_begun_and_refuses_the_others()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("drained");
        var hold = engine.Store.HoldNextAppend(grain);
        var running = engine.Begin(grain, new Count("running", 1, 1));
        await hold.ReachedAsync();
        var waiting = await QueueAsync(engine, grain, Enumerable.Repeat(TurnPriority.Submit, 10));

        var drain = engine.Engine.DrainAsync(TimeSpan.FromHours(1)).AsTask();
        foreach (var call in waiting)
            await Assert.ThrowsAsync<EngineDrainingException>(() => call.Within("being refused"));
        var late = engine.Begin(EngineBench.Grain("too late"), new Count("late", 1, 1));
        await Assert.ThrowsAsync<EngineDrainingException>(() => late.Within("being refused"));
        Assert.False(drain.IsCompleted);

        hold.Release();
        await drain.Within("draining");
        Assert.Equal(1, (await running.Within("ending the turn")).Value.Version);
        Assert.Equal(["running"], (await bench.FoldAsync(grain)).Entries.Select(entry => entry.Caller));
    }

    [SuiteFact]
    public async Task Draining_under_fire_loses_nothing_that_was_acknowledged()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var acknowledged = new int[8];
        var callers = Enumerable.Range(0, 8).Select(CallAsync).ToArray();
        await BoundedAwait.UntilAsync(() => engine.Store.Appends > 200, true, "calling");

        await engine.Engine.DrainAsync(TimeSpan.FromHours(1)).Within("draining");
        var atDrain = engine.Store.Appends;
        await Task.WhenAll(callers).Within("being refused");

        Assert.Equal(atDrain, engine.Store.Appends);
        for (var caller = 0; caller < 8; caller++)
            Assert.Equal(acknowledged[caller], (await bench.FoldAsync(EngineBench.Grain($"{caller}"))).Entries.Count);

        async Task CallAsync(int caller)
        {
            try
            {
                while (true)
                {
                    await engine.Engine.AskAsync(
                        EngineBench.Grain($"{caller}"), new Count("a", acknowledged[caller], 1), CancellationToken.None);
                    acknowledged[caller]++;
                }
            }
            catch (EngineDrainingException)
            {
            }
        }
    }

    [SuiteFact]
    public async Task Draining_returns_in_time_although_a_turn_is_running()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("stuck");
        var hold = engine.Store.HoldNextAppend(grain);
        var running = engine.Begin(grain, new Count("a", 1, 1));
        await hold.ReachedAsync();

        var drain = engine.Engine.DrainAsync(TimeSpan.FromSeconds(5)).AsTask();
        bench.Time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(drain.IsCompleted);
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        await drain.Within("draining in vain");

        Assert.False(running.IsCompleted);
        hold.Release();
        Assert.Equal(1, (await running.Within("ending the turn")).Value.Version);
    }

    [SuiteFact]
    public async Task Disposing_ends_the_waiting_for_the_store()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("stuck for ever");
        var hold = engine.Store.HoldNextAppend(grain);
        var running = engine.Begin(grain, new Count("a", 1, 1));
        await hold.ReachedAsync();

        await engine.Engine.DisposeAsync().Within("disposing");

        await Assert.ThrowsAsync<EngineDrainingException>(() => running.Within("ending the turn"));
        Assert.Empty((await bench.FoldAsync(grain)).Entries);
    }
}
