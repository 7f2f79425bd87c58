using HealthGrains.Domain.Turns;
using HealthGrains.Grains;
using HealthGrains.Grains.Journal;
using HealthGrains.Testing.Clocks;
using Microsoft.Extensions.Logging;
using Xunit;

namespace HealthGrains.Testing.Suites;

/// <summary>Stores that fail, grains with bugs, and two owners of one journal.</summary>
public abstract partial class PatientEngineSuite
{
    [SuiteFact]
    public async Task A_failed_append_changes_nothing_in_memory()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("failed append");
        await engine.AskAsync(grain, new Count("a", 1, 5));
        var before = await engine.LookAsync(grain);

        engine.Store.FailNextAppend(grain, StoreFault.Busy);
        await Assert.ThrowsAsync<JournalUnavailableException>(() => engine.AskAsync(grain, new Count("a", 2, 7)));

        Assert.Equal(1, engine.Store.FaultsMet);
        Assert.Equal(before, await engine.LookAsync(grain));

        // A store that turned a turn away is not asked to read the grain anew as well.
        Assert.Equal(1, engine.Store.Reads);
        Assert.Equal(2, (await engine.AskAsync(grain, new Count("a", 2, 7))).Value.Version);
    }

    [SuiteFact]
    public Task After_an_unknown_outcome_that_was_written_the_next_call_sees_it() =>
        RecoverFromUnknownAsync(StoreFault.UnknownWritten, entries: 2);

    [SuiteFact]
    public Task After_an_unknown_outcome_that_was_not_written_the_next_call_does_not_see_it() =>
        RecoverFromUnknownAsync(StoreFault.UnknownNotWritten, entries: 1);

    [SuiteFact]
    public async Task A_journal_that_cannot_be_read_fails_the_call_and_not_the_next()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("unreadable");
        engine.Store.FailNextRead(grain, new JournalUnavailableException("Away.", JournalUnavailableReason.Away));

        await Assert.ThrowsAsync<JournalUnavailableException>(() => engine.AskAsync(grain, new Count("a", 1, 1)));

        Assert.Equal(1, (await engine.AskAsync(grain, new Count("a", 1, 1))).Value.Version);
    }

    [SuiteFact]
    public async Task A_damaged_journal_is_served_to_nobody_and_told_in_the_log()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("damaged");
        await bench.Journals.AppendAsync(
            new JournalTurn(grain, 0, ["no event of a tally"u8.ToArray()]), CancellationToken.None);
        bench.Announce("JournalDamaged");

        await Assert.ThrowsAsync<JournalDamagedException>(() => engine.AskAsync(grain, new Look()));

        Assert.DoesNotContain(grain.Key, Assert.Single(bench.LogLines, IsError).Text, StringComparison.Ordinal);
    }

    [SuiteFact]
    public Task A_bug_in_a_rule_fails_that_call_alone_and_is_logged_once_without_data() => StumbleAsync(inAnswer: false);

    [SuiteFact]
    public Task A_bug_in_an_answer_fails_that_call_alone_and_its_events_stay() => StumbleAsync(inAnswer: true);

    [SuiteFact]
    public async Task A_command_for_another_aggregate_is_a_bug_and_does_nothing()
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("not a stranger");
        bench.Announce("TurnBug");

        var ask = engine.Engine.AskAsync(grain, new AskStranger(), CancellationToken.None).AsTask();

        await Assert.ThrowsAsync<InvariantException>(() => ask.Within("asking for a stranger"));
        await engine.AskAsync(grain, new Count("a", 1, 1));
    }

    [SuiteFact]
    public async Task A_turn_that_loses_the_race_is_decided_again_on_what_the_winner_wrote()
    {
        await using var bench = Bench();
        var one = await bench.StartAsync();
        var other = await bench.StartAsync();
        var grain = EngineBench.Grain("two owners");
        await one.AskAsync(grain, new Count("one", 1, 1));
        await other.AskAsync(grain, new Look());
        var hold = one.Store.HoldNextAppend(grain);
        var loser = one.Begin(grain, new Count("one", 2, 10));
        await hold.ReachedAsync();

        await other.AskAsync(grain, new Count("other", 1, 100));
        hold.Release();

        Assert.Equal(new TallyAnswer(3, 111, ""), (await loser.Within("deciding again")).Value);
        Assert.Equal(1, one.Store.Conflicts);
        Assert.Equal((await bench.FoldAsync(grain)).Text, await one.LookAsync(grain));
    }

    [SuiteFact]
    public async Task A_turn_that_loses_every_race_gives_up_with_a_conflict_and_wrote_nothing()
    {
        await using var bench = Bench();
        var one = await bench.StartAsync();
        var other = await bench.StartAsync();
        var grain = EngineBench.Grain("always second");
        var holds = Enumerable.Range(0, GrainLimits.TurnAttemptsMax)
            .Select(_ => one.Store.HoldNextAppend(grain)).ToArray();
        var loser = one.Begin(grain, new Count("one", 1, 1));

        foreach (var hold in holds)
        {
            await hold.ReachedAsync();
            await other.AskAsync(grain, new Count("other", 1, 1));
            hold.Release();
        }

        await Assert.ThrowsAsync<JournalConflictException>(() => loser.Within("losing every race"));
        Assert.Equal(GrainLimits.TurnAttemptsMax, one.Store.Conflicts);
        Assert.DoesNotContain((await bench.FoldAsync(grain)).Entries, entry => entry.Caller == "one");
        await one.AskAsync(grain, new Count("one", 1, 1));
    }

    [SuiteFact]
    public async Task Two_engines_on_one_store_lose_and_double_nothing()
    {
        const int CallersEach = 6;
        const int CallsEach = 60;
        await using var bench = Bench();
        BenchEngine[] engines = [await bench.StartAsync(), await bench.StartAsync()];
        var grain = EngineBench.Grain("shared");
        var versions = new List<long>();
        var conflictsTold = 0;

        // Awake in both, so that neither is done before the other begins.
        foreach (var engine in engines)
            await engine.LookAsync(grain);
        await Task.WhenAll(
            Enumerable.Range(0, engines.Length * CallersEach).Select(CallAsync)).Within("calling two engines");

        var journal = await bench.FoldAsync(grain);
        Assert.True(engines.All(engine => engine.Store.Conflicts > 0), "Both engines were to lose races.");
        Assert.Equal(versions.Count, versions.Distinct().Count());
        Assert.Equal(engines.Length * CallersEach * CallsEach, versions.Count + conflictsTold);

        // What was acknowledged is there, once; what was told to have lost is not.
        Assert.Equal(versions.Count, journal.Entries.Count);
        Assert.Equal(journal.Entries.Count, journal.Entries.Distinct().Count());
        Assert.All(
            journal.Entries.GroupBy(entry => entry.Caller),
            entries => Assert.Equal(entries.Select(entry => entry.Number).Order(), entries.Select(entry => entry.Number)));

        async Task CallAsync(int caller)
        {
            var engine = engines[caller % engines.Length];
            for (var number = 1; number <= CallsEach; number++)
            {
                try
                {
                    var result = await engine.Engine.AskAsync(
                        grain, new Count($"{caller}", number, 1), CancellationToken.None);
                    lock (versions)
                        versions.Add(result.Value.Version);
                }
                catch (JournalConflictException)
                {
                    Interlocked.Increment(ref conflictsTold);
                }
            }
        }
    }

    [SuiteFact]
    public async Task Where_the_store_is_shared_no_answer_is_older_than_what_another_engine_acknowledged()
    {
        await using var bench = Bench();
        var one = await bench.StartAsync(storeIsShared: true);
        var other = await bench.StartAsync(storeIsShared: true);
        var grain = EngineBench.Grain("read elsewhere");
        await other.LookAsync(grain);

        for (var number = 1; number <= 20; number++)
        {
            await one.AskAsync(grain, new Count("one", number, 1));
            Assert.Equal((await bench.FoldAsync(grain)).Text, await other.LookAsync(grain));
        }

        // It read what it did not know, and nothing twice; being up to date, it then wrote without a conflict.
        Assert.Equal(20, other.Store.EntriesRead);
        Assert.Equal(21, (await other.AskAsync(grain, new Count("other", 1, 1))).Value.Version);
        Assert.Equal(0, other.Store.Conflicts);

        other.Store.FailNextRead(grain, new JournalUnavailableException("Away.", JournalUnavailableReason.Away));
        await Assert.ThrowsAsync<JournalUnavailableException>(() => other.LookAsync(grain));
        Assert.Equal((await bench.FoldAsync(grain)).Text, await other.LookAsync(grain));
    }

    [SuiteFact]
    public async Task A_snapshot_and_its_tail_recover_what_the_whole_journal_tells()
    {
        await using var bench = Bench();
        var writer = await bench.StartAsync();
        var grain = EngineBench.Grain("with a snapshot");
        for (var number = 1; number <= 150; number++)
        {
            await writer.AskAsync(grain, number % 10 == 0
                ? new KnockInVain("b")
                : new Count("a", number, number));
        }

        await writer.Snapshots.DrainAsync(CancellationToken.None).AsTask().Within("taking snapshots");
        for (var number = 151; number <= 160; number++)
            await writer.AskAsync(grain, new Count("a", number, number));

        var reader = await bench.StartAsync();
        Assert.Equal((await bench.FoldAsync(grain)).Text, await reader.LookAsync(grain));
        Assert.Equal(1, reader.Store.SnapshotsRead);
        Assert.InRange(reader.Store.EntriesRead, 10, 159);
        Assert.Equal(161, (await reader.AskAsync(grain, new Count("c", 1, 1))).Value.Version);
    }

    [SuiteFact]
    public async Task A_snapshot_of_an_unknown_format_is_passed_over()
    {
        await using var bench = Bench();
        var writer = await bench.StartAsync();
        var grain = EngineBench.Grain("with a snapshot of the future");
        for (var number = 1; number <= 20; number++)
            await writer.AskAsync(grain, new Count("a", number, number));
        await bench.Journals.WriteSnapshotAsync(
            grain, new JournalSnapshot(15, TallyModel.ForeignSnapshot), CancellationToken.None);

        var reader = await bench.StartAsync();
        Assert.Equal((await bench.FoldAsync(grain)).Text, await reader.LookAsync(grain));
        Assert.Equal(1, reader.Store.SnapshotsRead);
        Assert.Equal(2, reader.Store.Reads);
        Assert.Equal(21, (await reader.AskAsync(grain, new Count("a", 21, 1))).Value.Version);
    }

    private async Task RecoverFromUnknownAsync(StoreFault fault, int entries)
    {
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("unknown outcome");
        await engine.AskAsync(grain, new Count("a", 1, 5));

        engine.Store.FailNextAppend(grain, fault);
        await Assert.ThrowsAsync<JournalOutcomeUnknownException>(() => engine.AskAsync(grain, new Count("a", 2, 7)));

        Assert.Equal(1, engine.Store.FaultsMet);
        var journal = await bench.FoldAsync(grain);
        Assert.Equal(entries, journal.Entries.Count);
        Assert.Equal(journal.Text, await engine.LookAsync(grain));
        Assert.Equal(2, engine.Store.Reads);
        Assert.Equal(entries + 1, (await engine.AskAsync(grain, new Count("a", 3, 1))).Value.Version);
    }

    private async Task StumbleAsync(bool inAnswer)
    {
        const string Secret = "a name and a diagnosis";
        await using var bench = Bench();
        var engine = await bench.StartAsync();
        var grain = EngineBench.Grain("stumbling");
        using var watcher = bench.Feed.Subscribe(grain);
        bench.Announce("TurnBug");
        var hold = engine.Store.HoldNextAppend(grain);
        var before = engine.Begin(grain, new Count("before", 1, 1));
        await hold.ReachedAsync();
        var stumbling = engine.Begin(grain, new Stumble(Secret, inAnswer));
        await ArrivedAsync(engine, 1);
        var behind = engine.Begin(grain, new Count("behind", 1, 1));
        await BoundedAwait.UntilAsync(() => engine.Engine.Status.WaitingCalls, 2, "queueing two calls");

        hold.Release();
        await before.Within("counting before the bug");
        await Assert.ThrowsAsync<InvalidOperationException>(() => stumbling.Within("stumbling"));
        await behind.Within("counting behind the bug");

        Assert.Equal(
            inAnswer ? ["before", "stumble", "behind"] : ["before", "behind"],
            (await bench.FoldAsync(grain)).Entries.Select(entry => entry.Caller));
        Assert.Equal((await bench.FoldAsync(grain)).Text, await engine.LookAsync(grain));
        Assert.True(engine.Store.Reads > 1, "The grain was to recover after the bug.");
        var line = Assert.Single(bench.LogLines, IsError).Text;
        Assert.DoesNotContain(Secret, line, StringComparison.Ordinal);
        Assert.DoesNotContain(grain.Key, line, StringComparison.Ordinal);
        Assert.Contains("Patient#", line, StringComparison.Ordinal);
    }

    private static bool IsError(LogLine line) => line.Level >= LogLevel.Error;
}
