using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Tests.Routing;
using HealthGrains.Testing.Clocks;

namespace HealthGrains.Grains.Tests.Aliases;

/// <summary>An alias under crashes, and beside another process that does not know of it yet.</summary>
public sealed class Moving_a_record
{
    private static readonly PatientId Alias = Cast.Patient;
    private static readonly PatientId Home = PatientId.Parse("1.2.250.1.213.1.4.10^260058815400233");
    private static readonly MoveRecord Move = new(Home, Cast.Insurance);

    private readonly MemoryJournalMedium _medium = new(shards: 2);
    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_leaves_all_of_it_or_nothing_and_asking_again_finishes_it(bool afterTheEffect)
    {
        for (var diesAt = 1; ; diesAt++)
        {
            var medium = new MemoryJournalMedium(shards: 2);
            var mortality = new Mortality(diesAt, afterTheEffect);
            var acknowledged = false;
            await using (var dying = new RoutedProcess(medium, _time, mortality))
            {
                try
                {
                    acknowledged = await dying.AskAsync(Alias, Move) == MoveOutcome.Moved;
                }
                catch (JournalUnavailableException)
                {
                    Assert.True(mortality.IsDead);
                }
            }

            await using var survivor = new RoutedProcess(medium, _time);
            var found = (await survivor.AskAsync(Alias, new LocateRecord())).MovedTo;
            Assert.True(found is null || found == Home);
            if (acknowledged)
                Assert.Equal(Home, found);
            Assert.Equal(
                found is null ? MoveOutcome.Moved : MoveOutcome.AlreadyThere, await survivor.AskAsync(Alias, Move));
            Assert.Equal(1, (await survivor.Memory.ReadAsync(GrainIds.Of(Alias), 0, default)).Version);
            if (acknowledged)
            {
                Assert.True(diesAt > 1); // It engaged: at least the append was cut.
                break;
            }
        }
    }

    [Fact]
    public async Task A_process_that_holds_the_blank_record_in_memory_neither_writes_to_it_nor_answers_from_it()
    {
        await using var one = new RoutedProcess(_medium, _time);
        await using var two = new RoutedProcess(_medium, _time);
        await using var three = new RoutedProcess(_medium, _time);
        foreach (var behind in new[] { two, three })
            Assert.Null((await behind.AskAsync(Alias, new LocateRecord())).MovedTo);
        Assert.Equal(MoveOutcome.Moved, await one.AskAsync(Alias, Move));

        // One command that would write, and one that would only answer.
        var opened = await two.Engine.AskAsync(GrainIds.Of(Alias), new OpenRecord(), default);
        Assert.Equal(Home, opened.Refusal?.MovedTo);
        Assert.Equal(Home, (await three.Engine.AskAsync(GrainIds.Of(Alias), new GetRecord(Actor.Patient), default)).Refusal?.MovedTo);
        Assert.Equal(1, (await one.Memory.ReadAsync(GrainIds.Of(Alias), 0, default)).Version);
    }

    [Fact]
    public async Task Of_a_move_and_a_first_word_in_two_processes_one_is_first()
    {
        for (var round = 0; round < 100; round++)
        {
            var medium = new MemoryJournalMedium(shards: 2);
            await using var one = new RoutedProcess(medium, _time);
            await using var two = new RoutedProcess(medium, _time);
            var moving = Task.Run(() => one.AskAsync(Alias, Move));
            var opening = Task.Run(async () => await two.Engine.AskAsync(GrainIds.Of(Alias), new OpenRecord(), default));
            await Task.WhenAll(moving, opening);
            var hasMoved = await moving == MoveOutcome.Moved;
            Assert.Equal(hasMoved ? Home : null, (await opening).Refusal?.MovedTo);
            Assert.Equal(1, (await one.Memory.ReadAsync(GrainIds.Of(Alias), 0, default)).Version);
        }
    }
}
