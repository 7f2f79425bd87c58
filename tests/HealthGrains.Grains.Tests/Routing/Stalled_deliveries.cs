using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Agendas;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;
using HealthGrains.Grains.Routing;
using HealthGrains.Grains.Senders;
using HealthGrains.Testing.Clocks;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthGrains.Grains.Tests.Routing;

/// <summary>A recipient that cannot be told: it holds up nobody else, is never given up, and is told everything in the end.</summary>
public sealed class Stalled_deliveries : IAsyncLifetime
{
    private static readonly PatientId One = Cast.Patient;
    private static readonly PatientId Two = PatientId.Parse("1.2.250.1.213.1.4.10^260058815400233");
    private static readonly PatientId[] Patients = [One, Two];
    private static readonly JournalId Stuck = GrainIds.InboxOf(Cast.IdOf(Cast.Gp));

    private readonly ManualTimeProvider _time = new();
    private readonly MemoryJournalMedium _medium = new(shards: 1);
    private RoutedProcess _process = null!; // ! made before each test

    public Task InitializeAsync()
    {
        _process = new RoutedProcess(_medium, _time);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _process.DisposeAsync();

    [Theory]
    [InlineData("STORE_AWAY")]
    [InlineData("DAMAGED")]
    [InlineData("OVERLOADED")]
    [InlineData("INTERNAL")]
    [InlineData("NO_ANSWER")]
    public async Task A_recipient_that_cannot_be_told_holds_up_nobody_else(string reason)
    {
        await TwoFollowersAsync(_process);
        var first = await _process.SubmitAsync(One, "first", number: 101);
        Fail(_process, reason);
        _process.Router.Start();
        await _process.RouteAsync(stalled: 1);
        await SubmitManyAsync(_process, 102, 20);
        await _process.RouteAsync(stalled: 1);

        Assert.Equal(21, (await _process.InboxAsync(Cast.Specialist)).Count);
        Assert.Equal(21, (await _process.LedgerAsync(Cast.HospitalSystem)).Submitted);
        var line = Assert.Single(await ListAsync(_process));
        Assert.Equal(
            (StallKind.Quarantined, Stuck.Value, reason, One, Cast.HospitalSystem.Structure),
            (line.Kind, line.Held!.Recipient, line.Held.Reason, line.Held.Patient, line.Held.Producer)); // ! a delivery
        Assert.Equal(first, line.Held.Document);

        // The checkpoint has moved on: what it left behind is in the agenda.
        await _process.PassUntilAsync(() => _process.Router.Status[0].Checkpoint > line.Held.Position, "moving the checkpoint");
        Mend(_process);
        await _process.RouteAsync();
        Assert.Empty(await ListAsync(_process));
        await EverybodyWasToldOnceAsync(_process);

        await _process.SubmitAsync(Two, "after", number: 200);
        await _process.RouteAsync();
        await EverybodyWasToldOnceAsync(_process);
        Assert.Equal(_process.Log.Count("DeliverySetAside"), _process.Log.Count("DeliveryResumed"));
    }

    [Fact]
    public async Task A_producer_that_cannot_be_told_is_told_everything_in_the_end()
    {
        await TwoFollowersAsync(_process);
        var ledger = GrainIds.SenderOf(Cast.HospitalSystem.Structure);
        _process.Engine.Always = grain => grain == ledger ? Away() : null;
        _process.Router.Start();
        await SubmitManyAsync(_process, 101, 9);
        await _process.PassUntilAsync(() => _process.Router.Stalled == 1, "setting aside");
        await _process.RouteAsync(stalled: 1);
        Assert.Equal(9, (await _process.InboxAsync(Cast.Gp)).Count);

        Mend(_process);
        await _process.RouteAsync();

        Assert.Equal(9, (await _process.LedgerAsync(Cast.HospitalSystem)).Submitted);
    }

    [Fact]
    public async Task Past_its_deadline_a_delivery_is_an_alarm_once_and_is_tried_on()
    {
        await TwoFollowersAsync(_process);
        await _process.SubmitAsync(One, "first", number: 101);
        Fail(_process, "STORE_AWAY");
        _process.Router.Start();
        await _process.PassUntilAsync(() => _process.Router.Stalled == 1, "setting aside");
        Assert.Equal(0, _process.Router.Overdue);

        _time.Advance(DomainPolicy.Default.DeliveryDeadline);
        await _process.PassUntilAsync(() => _process.Router.Overdue == 1, "becoming an alarm");
        var failed = _process.Engine.Failed;
        await _process.PassUntilAsync(() => _process.Engine.Failed > failed + 5, "being tried on");

        var line = Assert.Single(await ListAsync(_process));
        Assert.Equal(StallKind.NotTakenIn, line.Kind);
        var said = Assert.Single(_process.Log.Said, one => one.Event == "DeliveryOverdue").Message;
        Assert.Contains($"0-{line.Number}", said, StringComparison.Ordinal);
        Assert.DoesNotContain(One.Number, said, StringComparison.Ordinal);
        Assert.DoesNotContain(Cast.Gp.Id, said, StringComparison.Ordinal);

        // The same list in a process that comes later, and no second alarm for it.
        await _process.Router.StopAsync().Within("stopping");
        await using var other = new RoutedProcess(_medium, _time);
        Fail(other, "STORE_AWAY");
        other.Router.Start();
        await other.PassUntilAsync(() => other.Router.Overdue == 1 && other.Engine.Failed > 3, "finding the alarm");
        Assert.Equal(line.Number, Assert.Single(await ListAsync(other)).Number);
        Assert.Equal(0, other.Log.Count("DeliveryOverdue"));
        Mend(other);
        await other.RouteAsync();
        await EverybodyWasToldOnceAsync(other);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_at_any_step_while_one_is_set_aside_or_comes_back_loses_and_doubles_nothing(bool afterTheEffect)
    {
        var (steps, aside) = (0, 0);
        for (var diesAt = 1; ; diesAt++)
        {
            var medium = new MemoryJournalMedium(shards: 1);
            var time = new ManualTimeProvider();
            await using (var writer = new RoutedProcess(medium, time))
            {
                await TwoFollowersAsync(writer);
                await SubmitManyAsync(writer, 101, 6);
            }

            var mortality = new Mortality(diesAt, afterTheEffect);
            await using (var dying = new RoutedProcess(medium, time, mortality))
            {
                Fail(dying, "STORE_AWAY");
                dying.Router.Start();
                await dying.PassUntilAsync(
                    () => mortality.IsDead || (dying.Router.Stalled == 1 && IsAtTheEnd(dying)), "setting aside");
                aside += dying.Router.Stalled;
                Mend(dying);
                await dying.PassUntilAsync(
                    () => mortality.IsDead || (dying.Router.Stalled == 0 && IsAtTheEnd(dying)), "coming back");
            }

            await using var survivor = new RoutedProcess(medium, time);
            survivor.Router.Start();
            await survivor.RouteAsync();
            await EverybodyWasToldOnceAsync(survivor);
            Assert.Equal(6, (await survivor.LedgerAsync(Cast.HospitalSystem)).Submitted);
            Assert.Empty(await ListAsync(survivor));
            if (!mortality.IsDead)
                break;
            steps = diesAt;
        }

        Assert.InRange(steps, 8, 500);
        Assert.True(aside > 3, "It was hardly ever set aside before it died.");
    }

    [Fact]
    public async Task A_router_that_lost_the_shard_unknowingly_cannot_settle_what_its_successor_relies_on()
    {
        // The former router stands still in its lane, with the recipient set aside and everything before the checkpoint left out.
        await TwoFollowersAsync(_process);
        await _process.SubmitAsync(One, "first", number: 101);
        Fail(_process, "STORE_AWAY");
        _process.Router.Start();
        await _process.PassUntilAsync(() => _process.Router.Stalled == 1, "setting aside");

        await using var successor = new RoutedProcess(_medium, _time);
        Fail(successor, "STORE_AWAY");
        successor.Router.Start();
        await successor.PassUntilAsync(() => successor.Router.Stalled == 1, "taking over");
        await SubmitManyAsync(successor, 102, 10);
        await successor.PassUntilAsync(() => IsAtTheEnd(successor), "going on without it");

        Mend(_process);
        Mend(successor);
        await successor.PassUntilAsync(
            () => successor.Router.Stalled == 0 && _process.Router.Stalled == 0, "coming back");
        await successor.RouteAsync();
        await EverybodyWasToldOnceAsync(successor);
        Assert.Empty(await ListAsync(successor));
    }

    [Fact]
    public async Task A_router_that_is_passed_by_another_one_does_not_skip_whom_that_one_has_set_aside()
    {
        // Two routers without leases, as on either side of a partition: one stands still for a while, the other passes it.
        await TwoFollowersAsync(_process);
        await SubmitManyAsync(_process, 101, 2);
        await using var slow = new RoutedProcess(_medium, _time);
        slow.Router.Start();
        await slow.RouteAsync();
        var goesOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        slow.Store.Held = goesOn.Task;

        Fail(_process, "STORE_AWAY");
        _process.Router.Start();
        await SubmitManyAsync(_process, 103, 20);
        await _process.PassUntilAsync(() => _process.Router.Stalled > 0 && IsAtTheEnd(_process), "passing it");
        goesOn.SetResult();
        await slow.PassUntilAsync(() => slow.Store.CheckpointConflicts > 0, "noticing it");
        await SubmitManyAsync(_process, 130, 2);
        await slow.RouteAsync();

        Mend(_process);
        await _process.RouteAsync();
        await EverybodyWasToldOnceAsync(_process);
        Assert.Empty(await ListAsync(_process));
    }

    [Fact]
    public async Task A_line_of_a_router_that_was_further_is_not_settled_before_that_ones_checkpoint()
    {
        await TwoFollowersAsync(_process);
        var behind = _process.LastPosition(0);
        await SubmitManyAsync(_process, 101, 12);
        Fail(_process, "STORE_AWAY");
        _process.Router.Start();
        await _process.PassUntilAsync(() => _process.Router.Stalled == 1 && IsAtTheEnd(_process), "going on without it");
        await _process.Router.StopAsync().Within("stopping");
        Mend(_process);

        // One that read the checkpoint before that, takes the line over, settles it, and ends before its own loop has come anywhere.
        var handover = new Handover(_process.Engine, new UniqueIdKeys(new MemoryKeyedRows(_medium), _process.Store), static (_, _, _) => { });
        var services = new DeliveryServices(
            _process.Store, _process.Engine, handover, _time, NullLogger.Instance, new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]));
        await using (var deliveries = await ShardDeliveries.StartAsync(0, services, behind, default))
            await _process.PassUntilAsync(() => deliveries.Held == 0, "settling");

        Assert.Empty(await ListAsync(_process));
        await EverybodyWasToldOnceAsync(_process);
    }

    [Fact]
    public async Task An_operator_who_tries_again_is_told_at_once_whether_it_arrived()
    {
        await TwoFollowersAsync(_process);
        await SubmitManyAsync(_process, 101, 8);
        Fail(_process, "STORE_AWAY");
        _process.Router.Start();
        await _process.PassUntilAsync(() => _process.Router.Stalled == 1, "setting aside");
        await _process.RouteAsync(stalled: 1);
        var redelivery = new Redelivery(_process.Store, _process.Engine, new MemoryKeyedRows(_medium), NullLogger.Instance);
        var held = Assert.Single(await ListAsync(_process)).Held!; // ! a delivery

        Assert.Equal("STORE_AWAY", await redelivery.TryAsync(0, held, default));
        Fail(_process, "INTERNAL");
        Assert.Equal("INTERNAL", await redelivery.TryAsync(0, held, default));
        Mend(_process);
        Assert.Null(await redelivery.TryAsync(0, held, default));
        Assert.Null(await redelivery.TryAsync(0, held, default));
        await EverybodyWasToldOnceAsync(_process);

        // The router notices at once when it is told, not after its pause.
        _process.Router.Wake(0, held.Recipient);
        var waited = _time.GetTimestamp();
        await _process.PassUntilAsync(() => _process.Router.Stalled == 0, "coming back");
        Assert.InRange(_time.GetElapsedTime(waited), TimeSpan.Zero, TimeSpan.FromSeconds(55));
        await EverybodyWasToldOnceAsync(_process);
    }

    [Fact]
    public async Task An_entry_that_nobody_can_read_is_in_the_list_and_after_the_deadline_an_alarm()
    {
        await TwoFollowersAsync(_process);
        var tail = await _process.Memory.ReadAsync(GrainIds.Of(One), 0, default);
        var damaged = await _process.Memory.AppendAsync(
            new JournalTurn(GrainIds.Of(One), tail.Version, [new byte[] { 0x08, 0x01 }]), default);
        _process.Router.Start();
        await _process.PassUntilAsync(() => _process.Router.Stalled == 1, "standing still");
        _time.Advance(DomainPolicy.Default.DeliveryDeadline);
        await _process.PassUntilAsync(() => _process.Router.Overdue == 1, "becoming an alarm");

        var line = Assert.Single(await ListAsync(_process));
        Assert.Equal(
            (StallKind.NotTakenIn, "", damaged.FirstPosition, HeldUp.UnreadableEntry),
            (line.Kind, line.Held!.Recipient, line.Held.Position, line.Held.Reason)); // ! a delivery
    }

    [Theory]
    [InlineData(JournalFault.UnknownWritten)]
    [InlineData(JournalFault.UnknownNotWritten)]
    public async Task A_misrouting_is_listed_and_logged_also_when_its_turn_had_no_known_outcome(JournalFault fault)
    {
        await TwoFollowersAsync(_process);
        var first = await _process.SubmitAsync(One, "the same", number: 101);
        _process.Router.Start();
        await _process.RouteAsync();
        _process.Memory.Faults.FailNextAppend(fault, turn => turn.Journal.Kind == JournalKind.Sender);
        _process.Memory.Faults.FailNextAppend(fault, turn => turn.Journal.Kind == JournalKind.Agenda);
        var second = await _process.SubmitAsync(Two, "the same", number: 102);
        await _process.RouteAsync();

        Assert.Equal(1, _process.Log.Count("MisroutingSuspected"));
        Assert.Equal(1, _process.Router.Alarms);

        // Where the clock of the test outruns the work, a recipient may have been set aside for a moment beside it.
        var line = Assert.Single(await ListAsync(_process), line => line.Kind == StallKind.MisroutingSuspected);
        Assert.Equal(
            (StallKind.MisroutingSuspected, One, first, Two, second),
            (line.Kind, line.Misrouting!.FirstPatient, line.Misrouting.FirstDocument, // ! a misrouting
                line.Misrouting.SecondPatient, line.Misrouting.SecondDocument));
        Assert.Equal(2, _process.Memory.Faults.Met);
    }

    [Fact]
    public void A_shard_stands_still_rather_than_forget_one_more()
    {
        var state = new AgendaState();
        var turn = new Domain.Turns.TurnContext(_time.GetUtcNow(), DomainPolicy.Default);
        var owner = new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]);
        for (var version = 1; version <= StalledBook.HeldMax; version++)
        {
            foreach (var change in Aside(version).Decide(state, turn).Events)
                state.Apply(change, new Domain.Turns.EventStamp(version, 0, version));
        }

        Assert.Equal(StalledBook.HeldMax, state.Stalled.Held);
        var full = Aside(StalledBook.HeldMax + 1).Decide(state, turn);
        Assert.Empty(full.Events);
        Assert.Null(full.AnswerFrom(state).Ticket);
        Assert.NotNull(Aside(1).Decide(state, turn).AnswerFrom(state).Ticket);

        SetDeliveryAside Aside(int number) => new(
            owner, new HeldDelivery($"inbox/{number}", number, turn.Now, null, null, default, "STORE_AWAY"), 1);
    }

    private static bool IsAtTheEnd(RoutedProcess process) => process.Router.Status[0].Checkpoint >= process.LastPosition(0);

    private static JournalUnavailableException Away() => new("The database does not answer.", JournalUnavailableReason.Away);

    private static void Fail(RoutedProcess process, string reason)
    {
        if (reason == HeldUp.NoAnswer)
        {
            process.Engine.Silent = grain => grain == Stuck;
            return;
        }

        Exception failure = reason switch
        {
            "DAMAGED" => new JournalDamagedException(new JournalDamage(Stuck, 0, 1, 1, "planted")),
            "OVERLOADED" => new EngineOverloadedException("planted"),
            "INTERNAL" => new InvalidOperationException("planted"),
            _ => Away(),
        };
        process.Engine.Always = grain => grain == Stuck ? failure : null;
    }

    private static void Mend(RoutedProcess process)
    {
        process.Engine.Always = static _ => null;
        process.Engine.Silent = static _ => false;
    }

    private static async Task TwoFollowersAsync(RoutedProcess process)
    {
        await process.FollowAsync(One, Cast.Gp, Cast.Specialist);
        await process.FollowAsync(Two, Cast.Gp, Cast.Specialist);
    }

    private static async Task SubmitManyAsync(RoutedProcess process, int from, int count)
    {
        for (var i = 0; i < count; i++)
            await process.SubmitAsync(Patients[i % 2], "document " + (from + i), number: from + i);
    }

    private static async Task<IReadOnlyList<StalledDelivery>> ListAsync(RoutedProcess process) =>
        (await process.Engine.AskAsync(
            GrainIds.AgendaOf(0), new ListStalled(null, DateTimeOffset.MinValue, 0, 100), default).Within("asking the agenda"))
            .Value.Lines;

    private static async Task EverybodyWasToldOnceAsync(RoutedProcess process)
    {
        var expected = await RoutedProcess.ToBeToldAsync(process.Memory, Patients);
        Assert.NotEmpty(expected);
        foreach (var professional in new[] { Cast.Gp, Cast.Specialist })
        {
            var inbox = await process.InboxAsync(professional);
            foreach (var patient in Patients)
            {
                Assert.Equal(
                    expected[(professional.Id, patient)],
                    inbox.Where(line => line.Patient == patient).Select(line => (line.Document, line.Code)));
            }
        }
    }
}
