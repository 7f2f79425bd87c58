using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Agendas;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Grains.Duties;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Patients;
using HealthGrains.Grains.Tests.Routing;
using HealthGrains.Testing.Clocks;

namespace HealthGrains.Grains.Tests.Duties;

/// <summary>The work of time: T1 to T5 of <see cref="DutyWorker"/>.</summary>
public sealed class DutyWorkerTests
{
    private static readonly PatientId Hidden = Cast.Patient;
    private static readonly PatientId Closed = PatientId.Parse("1.2.250.1.213.1.4.10^260058815400233");
    private static readonly DomainPolicy Policy = DomainPolicy.Default with { InvisiblePatientMax = TimeSpan.FromDays(30) };

    private readonly MemoryJournalMedium _medium = new(shards: 2);
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task What_is_due_happens_with_nobody_looking()
    {
        await using var process = new RoutedProcess(_medium, _time, policy: Policy);
        process.Router.Start();
        process.Duties.Start();
        await ASmallWorldAsync(process);

        await process.PassUntilAsync(() => Count<ContentsErased>(Closed) == 1, "destroying");
        Assert.Equal(0, Count<VisibilityRestored>(Hidden));
        _time.Advance(TimeSpan.FromDays(30));
        await process.PassUntilAsync(() => Count<VisibilityRestored>(Hidden) == 1, "revealing");

        await EverythingHappenedOnceAsync(process);
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
            await using (var writer = new RoutedProcess(medium, time, policy: Policy))
                await ASmallWorldAsync(writer);
            time.Advance(TimeSpan.FromDays(31));

            var mortality = new Mortality(diesAt, afterTheEffect);
            await using (var dying = new RoutedProcess(medium, time, mortality, Policy))
            {
                dying.Router.Start();
                dying.Duties.Start();
                await dying.PassUntilAsync(() => mortality.IsDead || IsQuiet(medium), $"dying at step {diesAt}");
            }

            await using var survivor = new RoutedProcess(medium, time, policy: Policy);
            survivor.Router.Start();
            survivor.Duties.Start();
            await survivor.PassUntilAsync(() => IsQuiet(medium), $"surviving step {diesAt}");
            await EverythingHappenedOnceAsync(survivor);
            if (!mortality.IsDead)
                break;
            steps = diesAt;
        }

        Assert.InRange(steps, 8, 500); // It engaged: the agenda's and the records' appends and the deletion were cut.
    }

    [Fact]
    public async Task Two_processes_do_everything_once()
    {
        await using var one = new RoutedProcess(_medium, _time, policy: Policy);
        await using var two = new RoutedProcess(_medium, _time, policy: Policy);
        await ASmallWorldAsync(one);
        for (var i = 0; i < 30; i++)
            await SubmitAsync(i % 2 == 0 ? one : two, Hidden, "more " + i, 100 + i, ConfidentialityLabels.HiddenFromPatient);
        _time.Advance(TimeSpan.FromDays(31));

        foreach (var process in new[] { one, two })
        {
            process.Router.Start();
            process.Duties.Start();
        }

        await one.PassUntilAsync(() => IsQuiet(_medium), "both working");
        await EverythingHappenedOnceAsync(one, reveals: 31);
    }

    [Fact]
    public async Task A_clock_that_jumps_loses_and_doubles_nothing()
    {
        var clock = new JumpingClock(_time);
        await using var process = new RoutedProcess(_medium, _time, policy: Policy, clock: clock);
        process.Router.Start();
        process.Duties.Start();
        await ASmallWorldAsync(process);
        await process.PassUntilAsync(() => Count<ContentsErased>(Closed) == 1, "destroying");

        // Back: nothing happens meanwhile. Forward: noticed at the next look, although no timer was set for it.
        clock.Jump(TimeSpan.FromDays(-10));
        _time.Advance(DutyLimits.PollEvery * 3);
        Assert.Equal(0, Count<VisibilityRestored>(Hidden));
        clock.Jump(TimeSpan.FromDays(41));
        await process.PassUntilAsync(() => Count<VisibilityRestored>(Hidden) == 1, "noticing the jump");
        clock.Jump(TimeSpan.FromDays(-41));
        clock.Jump(TimeSpan.FromDays(41));
        _time.Advance(DutyLimits.PollEvery * 3);

        await process.PassUntilAsync(() => IsQuiet(_medium), "settling");
        await EverythingHappenedOnceAsync(process);
    }

    [Fact]
    public async Task A_record_that_cannot_be_asked_holds_up_nobody_else()
    {
        await using var process = new RoutedProcess(_medium, _time, policy: Policy);
        await ASmallWorldAsync(process);
        _time.Advance(TimeSpan.FromDays(31));
        process.Memory.Faults.FailNextAppend(JournalFault.Busy, turn => turn.Journal == GrainIds.Of(Closed));
        process.Memory.Faults.FailNextAppend(JournalFault.UnknownWritten, turn => turn.Journal == GrainIds.Of(Hidden));
        process.Router.Start();
        process.Duties.Start();

        await process.PassUntilAsync(() => IsQuiet(_medium), "trying again");

        Assert.Equal(2, process.Memory.Faults.Met);
        await EverythingHappenedOnceAsync(process);
    }

    [Fact]
    public void An_agenda_takes_a_page_in_once_and_settles_once()
    {
        var state = new AgendaState();
        var turn = new Domain.Turns.TurnContext(_time.GetUtcNow(), Policy);
        AgendaItem[] items = [new(5, turn.Now, Hidden), new(7, turn.Now.AddDays(1), Closed)];

        Play(new TakeIntoAgenda(7, items), 1);
        Play(new TakeIntoAgenda(7, items), 0);
        Play(new TakeIntoAgenda(9, [.. items, new AgendaItem(9, turn.Now, Closed)]), 1);
        Assert.Equal(3, state.Count);
        Assert.Equal([5L, 9L], state.DueAt(turn.Now, null, 10).Select(item => item.Position));
        Assert.Equal([9L], state.DueAt(turn.Now, items[0], 10).Select(item => item.Position));
        Play(new SettleAgenda([5, 9, 11]), 1);
        Play(new SettleAgenda([5, 9]), 0);
        Assert.Equal(turn.Now.AddDays(1), state.Next);

        void Play<T>(AgendaCommand<T> command, int events)
        {
            var decision = command.Decide(state, turn);
            Assert.Equal(events, decision.Events.Count);
            foreach (var change in decision.Events)
                state.Apply(change, default);
        }
    }

    // One document that waits for an announcement, and a record whose person wants it gone.
    private static async Task ASmallWorldAsync(RoutedProcess process)
    {
        await process.AskAsync(Hidden, new OpenRecord());
        await SubmitAsync(process, Hidden, "hidden", 1, ConfidentialityLabels.HiddenFromPatient);
        await process.AskAsync(Closed, new OpenRecord());
        await SubmitAsync(process, Closed, "gone", 2, ConfidentialityLabels.None);
        await SubmitAsync(process, Closed, "gone too", 3, ConfidentialityLabels.None);
        await process.AskAsync(Closed, new CloseRecord("", true));
    }

    private static async Task SubmitAsync(
        RoutedProcess process, PatientId patient, string name, int number, ConfidentialityLabels labels)
    {
        var metadata = new DocumentMetadata
        {
            UniqueId = TestRecord.Unique(name),
            Title = name,
            TypeCode = "11502-2",
            MimeType = "text/xml",
            CreatedAt = DateTimeOffset.UnixEpoch,
            Authors = [TestRecord.AuthorOf(Cast.HospitalDoctor)],
            Confidentiality = labels,
        };
        var id = DocumentId.Of(new Guid(number, 6, 6, [6, 6, 6, 6, 6, 6, 6, 6]));
        await process.AskAsync(patient, new SubmitDocument(id, metadata, TestRecord.ContentOf(name), Cast.HospitalSystem)
        {
            ClassCode = "10",
        });
    }

    private async Task EverythingHappenedOnceAsync(RoutedProcess process, int reveals = 1)
    {
        Assert.Equal(reveals, Count<VisibilityRestored>(Hidden, process.Medium));
        Assert.Equal(1, Count<RecordDestroyed>(Closed, process.Medium));
        Assert.Equal(1, Count<ContentsErased>(Closed, process.Medium));
        lock (process.Medium.Gate)
        {
            Assert.DoesNotContain(process.Medium.Contents.Keys, key => key.Journal == GrainIds.Of(Closed));
            Assert.Equal(reveals, process.Medium.Contents.Keys.Count(key => key.Journal == GrainIds.Of(Hidden)));
        }

        var told = await process.AskAsync(Hidden, new Domain.Routing.ChangesSince(0, 200, Actor.Patient));
        Assert.Equal(reveals, told.Changes.Count);
    }

    private int Count<T>(PatientId patient, MemoryJournalMedium? medium = null)
        where T : PatientEvent
    {
        medium ??= _medium;
        lock (medium.Gate)
        {
            return medium.Journals.TryGetValue(GrainIds.Of(patient), out var entries)
                ? entries.Count(entry => PatientModel.Instance.Decode(entry.Body) is T)
                : 0;
        }
    }

    // Everything that is due is done, and every agenda knows it: what is left lies in years to come.
    private static bool IsQuiet(MemoryJournalMedium medium)
    {
        lock (medium.Gate)
        {
            var duties = medium.Journals.Where(journal => journal.Key.Kind == JournalKind.Patient)
                .Sum(journal => journal.Value.Count(entry => PatientModel.Instance.Decode(entry.Body) is DutyScheduled));
            var agendas = medium.Journals.Where(journal => journal.Key.Kind == JournalKind.Agenda)
                .SelectMany(journal => journal.Value.Select(entry => Agendas.AgendaModel.Instance.Decode(entry.Body))).ToList();
            var taken = agendas.OfType<AgendaTaken>().Sum(page => page.Items.Count);
            var done = agendas.OfType<AgendaDone>().Sum(page => page.Positions.Count);

            // All but the destruction of the traces, which is written by the destruction itself.
            return taken == duties && duties >= 3 && done == duties - 1;
        }
    }

    /// <summary>A wall clock that is set, beside timers that go on.</summary>
    private sealed class JumpingClock(ManualTimeProvider time) : TimeProvider
    {
        private TimeSpan _ahead;

        public override long TimestampFrequency => time.TimestampFrequency;

        public void Jump(TimeSpan by) => _ahead += by;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + _ahead;

        public override long GetTimestamp() => time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            time.CreateTimer(callback, state, dueTime, period);
    }
}
