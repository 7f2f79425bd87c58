using System.Collections.Concurrent;
using System.Globalization;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using HealthGrains.Testing.Clocks;
using Xunit;

namespace HealthGrains.Testing.Suites;

/// <summary>Runs with random faults, against what may have happened.</summary>
/// <remarks>The seed decides what is called and what goes wrong; threads decide the rest. Set <c>HG_SEED</c> to run one.</remarks>
public abstract partial class PatientEngineSuite
{
    /// <summary>What a caller was told of one call.</summary>
    private enum Told
    {
        Done,
        NotDone,
        Unknown,
    }

    [SuiteFact]
    public async Task Whatever_goes_wrong_the_journal_is_what_was_told()
    {
        var given = Environment.GetEnvironmentVariable("HG_SEED");
        int[] seeds = given is null
            ? [.. Enumerable.Range(1, 12), Random.Shared.Next(1_000, 1_000_000)]
            : [int.Parse(given, CultureInfo.InvariantCulture)];
        foreach (var seed in seeds)
            await CallInRoughWeatherAsync(seed);
    }

    private static void BeRough(WatchedStore store, Random dice)
    {
        store.Weather = _ => Roll() switch
        {
            < 5 => StoreFault.Busy,
            < 8 => StoreFault.UnknownWritten,
            < 11 => StoreFault.UnknownNotWritten,
            _ => StoreFault.None,
        };
        store.ReadWeather = () => Roll() < 3;

        int Roll()
        {
            lock (dice)
                return dice.Next(100);
        }
    }

    private async Task CallInRoughWeatherAsync(int seed)
    {
        const int Callers = 12;
        const int CallsEach = 60;
        const int Grains = 3;
        await using var bench = Bench();
        var maxima = new StandaloneEngineOptions { ActivationsMax = 2, MailboxDepthMax = 4, IdleMax = TimeSpan.FromMinutes(1) };
        BenchEngine[] engines = [await bench.StartAsync(maxima), await bench.StartAsync(maxima, storeIsShared: true)];
        foreach (var engine in engines)
            BeRough(engine.Store, new Random(seed + 1));
        var calls = new ConcurrentDictionary<(int Grain, string Caller, int Number), (Told Told, long Version)>();

        var all = Task.WhenAll(Enumerable.Range(0, Callers).Select(CallAsync));
        while (!all.IsCompleted)
        {
            bench.Time.Advance(TimeSpan.FromSeconds(7));
            await Task.Yield();
        }

        await all.Within("calling in rough weather", $"seed {seed}");
        foreach (var engine in engines)
            (engine.Store.Weather, engine.Store.ReadWeather) = (null, null);
        for (var grain = 0; grain < Grains; grain++)
            await JudgeAsync(grain);
        Assert.True(
            engines.All(engine => engine.Store is { FaultsMet: > 0, Conflicts: > 0 })
                && calls.Values.Select(call => call.Told).Distinct().Count() == 3,
            $"Seed {seed}: faults, conflicts and all three outcomes were to happen.");

        async Task CallAsync(int caller)
        {
            var dice = new Random((seed * 1_000) + caller);
            for (var number = 1; number <= CallsEach; number++)
            {
                var grain = dice.Next(Grains);
                using var source = new CancellationTokenSource();
                var call = engines[dice.Next(engines.Length)].Begin(
                    Named(grain), new Count($"{caller}", number, 1), source.Token);
                if (dice.Next(8) == 0)
                    await source.CancelAsync();
                calls[(grain, $"{caller}", number)] = await OutcomeAsync(call);
                if (dice.Next(4) == 0)
                    await Task.Yield();
            }
        }

        async Task JudgeAsync(int grain)
        {
            var journal = await bench.FoldAsync(Named(grain));
            var at = journal.Entries.Index().ToLookup(
                entry => (grain, entry.Item.Caller, entry.Item.Number), entry => entry.Index + 1L);
            foreach (var (call, (told, version)) in calls.Where(call => call.Key.Grain == grain))
            {
                var right = told switch
                {
                    Told.Done => at[call].SequenceEqual([version]),
                    Told.NotDone => !at[call].Any(),
                    _ => at[call].Count() <= 1,
                };
                Assert.True(
                    right,
                    $"Seed {seed}: {call} was told {told} at {version}, the journal has it at {string.Join(',', at[call])}.");
            }

            // Unknown ones may be overtaken by their caller's next call; those that were answered may not.
            var versions = calls.Where(call => call.Key.Grain == grain && call.Value.Told == Told.Done)
                .GroupBy(call => call.Key.Caller)
                .Select(callers => callers.OrderBy(call => call.Key.Number).Select(call => call.Value.Version).ToList());
            Assert.All(versions, caller => Assert.Equal(caller.Order(), caller));
            foreach (var engine in engines)
            {
                // An owner that has not written lately may be behind; its next write tells it.
                await engine.AskAsync(Named(grain), new KnockInVain("judge"));
                Assert.Equal((await bench.FoldAsync(Named(grain))).Text, await engine.LookAsync(Named(grain)));
            }
        }

        static JournalId Named(int grain) => EngineBench.Grain($"rough {grain}");
    }

    private static async Task<(Told Told, long Version)> OutcomeAsync(Task<TurnResult<TallyAnswer>> call)
    {
        try
        {
            return (Told.Done, (await call.Within("calling in rough weather")).Value.Version);
        }
        catch (Exception e) when (e is JournalUnavailableException or JournalConflictException or EngineOverloadedException)
        {
            return (Told.NotDone, 0);
        }
        catch (Exception e) when (e is JournalOutcomeUnknownException or OperationCanceledException)
        {
            return (Told.Unknown, 0);
        }
    }
}
