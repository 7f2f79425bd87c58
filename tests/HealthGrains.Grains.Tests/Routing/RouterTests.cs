using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;
using HealthGrains.Grains.Routing;
using HealthGrains.Testing.Clocks;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthGrains.Grains.Tests.Routing;

/// <summary>From the log to inboxes and ledgers: exactly once after any crash, in order, and never silently not.</summary>
public sealed class RouterTests : IAsyncLifetime
{
    private static readonly PatientId One = Cast.Patient;
    private static readonly PatientId Two = PatientId.Parse("1.2.250.1.213.1.4.10^260058815400233");
    private static readonly PatientId Three = PatientId.Parse("1.2.250.1.213.1.4.10^180127512345642");
    private static readonly PatientId[] Patients = [One, Two, Three];

    private readonly ManualTimeProvider _time = new();
    private readonly MemoryJournalMedium _medium = new(shards: 2);
    private RoutedProcess _process = null!; // ! made before each test

    public Task InitializeAsync()
    {
        _process = new RoutedProcess(_medium, _time);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _process.DisposeAsync();

    [Fact]
    public async Task What_happened_before_and_after_the_start_reaches_everybody_once_and_in_order()
    {
        await ASmallWorldAsync(_process);
        _process.Router.Start();
        await _process.SubmitAsync(One, "late");

        await _process.RouteAsync();

        await EverybodyWasToldOnceAsync(_process);
        Assert.Equal(8, (await _process.LedgerAsync(Cast.HospitalSystem)).Submitted);
        Assert.Equal(
            [ChangeCode.DocumentAdded, ChangeCode.DocumentModified, ChangeCode.DocumentWithdrawn],
            (await _process.InboxAsync(Cast.Gp)).Where(line => line.Patient == Two).Select(line => line.Code));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_at_any_step_before_or_after_its_effect_loses_and_doubles_nothing(bool afterTheEffect)
    {
        var steps = 0;
        for (var diesAt = 1; ; diesAt++)
        {
            var medium = new MemoryJournalMedium(shards: 2);
            var time = new ManualTimeProvider();
            await using (var writer = new RoutedProcess(medium, time))
                await ASmallWorldAsync(writer);

            var mortality = new Mortality(diesAt, afterTheEffect);
            await using (var dying = new RoutedProcess(medium, time, mortality))
            {
                dying.Router.Start();
                await dying.PassUntilAsync(
                    () => mortality.IsDead || AllCheckpointsAreAtTheEnd(dying), $"dying at step {diesAt}");
            }

            await using var survivor = new RoutedProcess(medium, time);
            survivor.Router.Start();
            await survivor.RouteAsync();
            await EverybodyWasToldOnceAsync(survivor);
            Assert.Equal(7, (await survivor.LedgerAsync(Cast.HospitalSystem)).Submitted);
            if (!mortality.IsDead)
                break;
            steps = diesAt;
        }

        Assert.InRange(steps, 8, 500); // It engaged: several appends and checkpoints were cut.
    }

    [Fact]
    public async Task Two_routers_on_one_store_deliver_once_and_their_checkpoints_meet()
    {
        await using var other = new RoutedProcess(_medium, _time);
        _process.Router.Start();
        other.Router.Start();
        await ASmallWorldAsync(_process);
        var more = 0;
        for (; more < 30 || (more < 600 && Conflicts() == 0); more++)
        {
            await other.SubmitAsync(Patients[more % 3], "more " + more, number: 1_000 + more);
            if (more % 5 == 4)
            {
                await _process.RouteAsync();
                await other.RouteAsync();
            }
        }

        await _process.RouteAsync();
        await other.RouteAsync();

        await EverybodyWasToldOnceAsync(_process);
        Assert.Equal(7 + more, (await _process.LedgerAsync(Cast.HospitalSystem)).Submitted);
        Assert.True(Conflicts() > 0, "They never met.");

        int Conflicts() => _process.Store.CheckpointConflicts + other.Store.CheckpointConflicts;
    }

    [Theory]
    [InlineData(JournalFault.Busy)]
    [InlineData(JournalFault.DiskFull)]
    [InlineData(JournalFault.Away)]
    [InlineData(JournalFault.UnknownWritten)]
    [InlineData(JournalFault.UnknownNotWritten)]
    public async Task A_delivery_whose_append_fails_is_tried_again_and_taken_in_once(JournalFault fault)
    {
        await ASmallWorldAsync(_process);
        for (var i = 0; i < 3; i++)
        {
            _process.Memory.Faults.FailNextAppend(fault, turn => turn.Journal.Kind == JournalKind.Inbox);
            _process.Memory.Faults.FailNextAppend(fault, turn => turn.Journal.Kind == JournalKind.Sender);
        }

        _process.Router.Start();
        await _process.RouteAsync();

        await EverybodyWasToldOnceAsync(_process);
        Assert.Equal(7, (await _process.LedgerAsync(Cast.HospitalSystem)).Submitted);
        Assert.Equal(6, _process.Memory.Faults.Met);
        Assert.True(_process.Log.Count("DeliveryHeldUp") >= 5);
    }

    [Fact]
    public async Task A_router_ends_although_its_store_refuses_everything()
    {
        await ASmallWorldAsync(_process);
        var keys = new RefusingKeys();
        await using var router = new Router(_process.Store, _process.Engine, keys, _time, NullLogger<Router>.Instance);
        router.Start();
        await keys.Asked.Task.Within("a claim that is refused");
        await router.StopAsync().Within("the end of a router whose store refuses");
    }

    [Fact]
    public async Task An_engine_that_is_full_or_ending_or_has_a_bug_holds_a_delivery_up_and_loses_none()
    {
        await ASmallWorldAsync(_process);
        _process.Engine.FailNext(JournalKind.Inbox, new EngineOverloadedException("full"));
        _process.Engine.FailNext(JournalKind.Sender, new EngineOverloadedException("full"));
        _process.Engine.FailNext(JournalKind.Inbox, new EngineDrainingException());
        _process.Engine.FailNext(JournalKind.Inbox, new InvalidOperationException("a bug about a patient"));
        _process.Engine.FailNext(JournalKind.Sender, new InvariantException("a bug"));

        _process.Router.Start();
        await _process.RouteAsync();

        await EverybodyWasToldOnceAsync(_process);
        Assert.Equal(5, _process.Engine.Failed);
        Assert.Equal(2, _process.Log.Count("ShardFailed"));
        Assert.DoesNotContain(_process.Log.Said, one => one.Message.Contains("about a patient", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_unique_id_under_two_patients_is_told_once_and_names_both_documents()
    {
        var first = await _process.SubmitAsync(One, "report");
        _process.Router.Start();
        await _process.RouteAsync();
        Assert.Equal(0, _process.Router.Alarms);

        var second = await _process.SubmitAsync(Two, "report");
        await _process.RouteAsync();

        Assert.Equal(1, _process.Router.Alarms);
        var said = Assert.Single(_process.Log.Said, one => one.Event == "MisroutingSuspected").Message;
        Assert.Contains(first.ToString(), said, StringComparison.Ordinal);
        Assert.Contains(second.ToString(), said, StringComparison.Ordinal);
        Assert.DoesNotContain(One.Number, said, StringComparison.Ordinal);
        var alarm = Assert.Single((await _process.LedgerAsync(Cast.HospitalSystem)).Alarms);
        Assert.Equal((One, first, Two, second), (alarm.FirstPatient, alarm.FirstDocument, alarm.SecondPatient, alarm.SecondDocument));
    }

    [Fact]
    public async Task A_ledger_is_that_of_the_organisation_that_acted()
    {
        await _process.SubmitAsync(One, "by the hospital");
        await _process.SubmitAsync(One, "by the clinic", Cast.ClinicSystem);
        await _process.SubmitAsync(One, "by a physician", Cast.Gp);
        await _process.SubmitAsync(One, "by a physician without a structure", Cast.Gp.In(default));
        _process.Router.Start();
        await _process.RouteAsync();

        Assert.Equal(1, (await _process.LedgerAsync(Cast.HospitalSystem)).Submitted);
        Assert.Equal(1, (await _process.LedgerAsync(Cast.ClinicSystem)).Submitted);
        Assert.Equal(1, (await _process.LedgerAsync(Cast.Gp)).Submitted);
    }

    [Fact]
    public async Task An_entry_that_nobody_can_read_stops_its_shard_there_and_no_other()
    {
        await _process.FollowAsync(One, Cast.Gp);
        var other = Patients.First(patient => ShardOf(patient) != ShardOf(One));
        await _process.FollowAsync(other, Cast.Gp);
        var before = await _process.SubmitAsync(One, "before");
        var tail = await _process.Memory.ReadAsync(GrainIds.Of(One), 0, default);
        var damaged = await _process.Memory.AppendAsync(
            new JournalTurn(GrainIds.Of(One), tail.Version, [new byte[] { 0x08, 0x01 }]), default);
        var elsewhere = await _process.SubmitAsync(other, "elsewhere");

        _process.Router.Start();
        await _process.RouteAsync(shard => shard != ShardOf(One));
        await _process.PassUntilAsync(() => _process.Log.Count("ShardHeldUp") >= 3, "being held up");

        Assert.Equal(damaged.FirstPosition - 1, _process.Router.Status[ShardOf(One)].Delivered);
        Assert.Equal(
            new[] { before, elsewhere }.ToHashSet(),
            (await _process.InboxAsync(Cast.Gp)).Select(line => line.Document).ToHashSet());
        await _process.SubmitAsync(other, "still going");
        await _process.RouteAsync(shard => shard != ShardOf(One));
        Assert.Equal(3, (await _process.InboxAsync(Cast.Gp)).Count);
    }

    [Fact]
    public async Task A_router_that_is_stopped_leaves_its_checkpoints_where_it_was()
    {
        await ASmallWorldAsync(_process);
        _process.Router.Start();
        await _process.RouteAsync();
        var delivered = _process.Router.Status;

        await _process.Router.StopAsync().Within("stopping");

        for (var shard = 0; shard < _medium.Shards; shard++)
        {
            var checkpoint = await _process.Memory.ReadCheckpointAsync(Router.CheckpointName, shard, default);
            Assert.True(checkpoint >= delivered[shard].Delivered, $"Shard {shard} is at {checkpoint}.");
        }
    }

    private static int ShardOf(PatientId patient) => GrainIds.Of(patient).ShardOf(2);

    private static bool AllCheckpointsAreAtTheEnd(RoutedProcess process) =>
        process.Router.Status.Select((shard, i) => shard.Checkpoint >= process.LastPosition(i)).All(done => done);

    // Seven documents of one sender for three patients, of whom two professionals follow two each.
    private static async Task ASmallWorldAsync(RoutedProcess process)
    {
        await process.FollowAsync(One, Cast.Gp, Cast.Specialist);
        await process.FollowAsync(Two, Cast.Gp);
        await process.FollowAsync(Three, Cast.Specialist);
        await process.SubmitAsync(One, "one a", number: 101);
        await process.SubmitAsync(Two, "two a", number: 102);
        await process.SubmitAsync(One, "one b", number: 103);
        await process.SubmitAsync(Three, "three a", number: 104);
        await process.SubmitAsync(Two, "two b", replaces: "two a", number: 105);
        await process.SubmitAsync(One, "one c", number: 106);
        await process.WithdrawAsync(Two, "two b");
        await process.SubmitAsync(Three, "three b", number: 107);
    }

    private static async Task EverybodyWasToldOnceAsync(RoutedProcess process)
    {
        var expected = await RoutedProcess.ToBeToldAsync(process.Memory, Patients);
        Assert.Equal(4, expected.Count);
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

    /// <summary>The rows of a store that has stopped itself: it refuses at once, and looks at no token.</summary>
    private sealed class RefusingKeys : IKeyedRows
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> AddAsync(
            string table, IReadOnlyList<KeyedRow> rows, CancellationToken shutdown) => throw Refused();

        public ValueTask<ReadOnlyMemory<byte>?> FindAsync(
            string table, ReadOnlyMemory<byte> key, CancellationToken cancellation) => throw Refused();

        private JournalUnavailableException Refused()
        {
            Asked.TrySetResult();
            return new JournalUnavailableException("The store has stopped itself.", JournalUnavailableReason.Away);
        }
    }
}
