using System.Text;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Agendas;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Senders;
using HealthGrains.Domain.Tests.Properties;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using HealthGrains.Orleans.Calls;
using Xunit;
using Xunit.Abstractions;

namespace HealthGrains.Orleans.Tests.Calls;

/// <summary>Commands and answers that crossed silos are what was sent.</summary>
public sealed class Commands_on_the_wire(ITestOutputHelper output)
{
    private static readonly CommandCatalog Catalog = ProductCommands.Catalog;
    private static readonly JournalId Grain = GrainIds.SenderOf(StructureId.Parse("1990000002"));

    /// <summary>Random sequences: a record asked with what came over the wire lives as one that was asked directly.</summary>
    [Fact]
    public void A_record_asked_over_the_wire_lives_like_one_that_was_asked_directly()
    {
        var crossed = new HashSet<string>(StringComparer.Ordinal);
        Seeds.ForEach(output, 200, seed =>
        {
            var dice = new Dice(seed);
            var (near, far) = (new RealRecord(), new RealRecord());
            far.Record.OnTheWay = command => Cross(command, crossed);
            far.Record.OnTheWayBack = (command, result) => CrossBack(command.GetType().Name, result);
            for (var i = 0; i < 60; i++)
            {
                var move = dice.Move();
                Assert.Equal(near.Play(move), far.Play(move));
            }

            // What no move asks.
            far.Record.Ask(new SetNotificationPreferences(
                new Dictionary<NotificationCategory, bool> { [Enum.GetValues<NotificationCategory>()[^1]] = true }));
            far.Record.Ask(new SetNotificationPreferences(
                new Dictionary<NotificationCategory, bool> { [Enum.GetValues<NotificationCategory>()[^1]] = false }));
            far.Record.Ask(new AddDelegate("carer-1", "A Carer", DelegationKind.Caregiving, null, null, Actor.Patient));
            Back(nameof(GetConsents), far.Record, new GetConsents(IncludeEnded: true));
            foreach (var move in new SetEmergencyAccess?[] { null, new SetEmergencyAccess(true, null, false) })
            {
                var explain = new ExplainAccess(Actor.Patient, null, null, Entrance.Normal, new TriedChange { Emergency = move });
                Back(nameof(ExplainAccess), far.Record, explain);
            }

            near.Record.Ask(new AddDelegate("carer-1", "A Carer", DelegationKind.Caregiving, null, null, Actor.Patient));
            near.Record.Ask(new SetNotificationPreferences(
                new Dictionary<NotificationCategory, bool> { [Enum.GetValues<NotificationCategory>()[^1]] = true }));
            near.Record.Ask(new SetNotificationPreferences(
                new Dictionary<NotificationCategory, bool> { [Enum.GetValues<NotificationCategory>()[^1]] = false }));
            Assert.Equal(
                Answers.ToEverybody(near.Record.State, near.Record.Now), Answers.ToEverybody(far.Record.State, far.Record.Now));
        });
        Assert.True(crossed.Count > 12, $"Only {string.Join(", ", crossed)} crossed.");
    }

    [Fact]
    public void The_documents_bytes_travel_apart_and_come_back_whole()
    {
        var submit = new TestRecord().Submission("one") with { Traits = new("NOM", "PRENOM", "F", "19800101") };
        var wire = Catalog.Encode(Message<PatientState, PatientEvent, SubmissionReceipt>(submit));

        Assert.Equal(submit.Content.Bytes.ToArray(), wire.Content);
        Assert.True(wire.Body.Length < 2_000, $"The body holds {wire.Body.Length} bytes.");
        Assert.DoesNotContain(Convert.ToBase64String(submit.Content.Bytes.Span)[..12], Encoding.UTF8.GetString(wire.Body), StringComparison.Ordinal);
        var back = (SubmitDocument)((CommandCall<PatientState, PatientEvent, SubmissionReceipt>)Catalog.Decode(wire).Call).Command;
        Assert.Equal(submit.Content.Bytes.ToArray(), back.Content.Bytes.ToArray());
        Assert.Equal(submit.Content.Size, back.Content.Size);
        Assert.Equal(submit.Traits, back.Traits);
    }

    [Fact]
    public void What_a_newer_silo_adds_is_passed_over_and_what_an_older_one_does_not_know_is_null_or_zero()
    {
        var wire = Catalog.Encode(Message<InboxState, InboxEvent, InboxPage>(new ReadInbox(7, 20)));
        wire.Body = """{"After":7,"Max":20,"ANewProperty":{"Deep":[1,2]}}"""u8.ToArray();
        var call = (CommandCall<InboxState, InboxEvent, InboxPage>)Catalog.Decode(wire).Call;
        Assert.Equal(new ReadInbox(7, 20), call.Command);

        var list = Catalog.Encode(Message<PatientState, PatientEvent, AccessPage>(
            new ListAccesses(null, null, null, 5)));
        list.Body = """{"PageSize":5}"""u8.ToArray();
        var asked = (CommandCall<PatientState, PatientEvent, AccessPage>)Catalog.Decode(list).Call;
        Assert.True(asked.Command is ListAccesses { PageSize: 5, From: null, Before: null, Only: null });
    }

    [Fact]
    public void Deliveries_alarms_and_agendas_cross()
    {
        var at = new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.FromHours(1)).AddTicks(7);
        var patient = PatientId.Parse("1.2.250.1.213.1.4.10^279035121518989");
        var document = DocumentId.Of(new Guid(1, 7, 7, [1, 2, 3, 4, 5, 6, 7, 8]));
        Same<InboxState, InboxEvent, long>(new DeliverToInbox(
            3, 70, [new Delivery(69, at, ChangeCode.DocumentAdded, patient, document)]));
        Same<LedgerState, LedgerEvent, IReadOnlyList<MisroutingSuspected>>(new RecordSubmissions(
            3, 70, [new LedgerLine(69, at, LedgerLineKind.Submitted, UniqueId.Parse("2.999.1^1"), patient, document, 4)],
            [new KnownDocument(patient, document), null]));
        Same<AgendaState, AgendaEvent, int>(new TakeIntoAgenda(70, [new AgendaItem(69, at, patient)]));
        Same<AgendaState, AgendaEvent, AgendaPage>(new WhatIsDue(new AgendaItem(69, at, patient), 20));
        Same<PatientState, PatientEvent, DutiesPerformed>(new PerformDuties());
        var held = new HeldDelivery("inbox/899700218896", 69, at, document, patient, default, "STORE_AWAY");
        Same<AgendaState, AgendaEvent, SetAside>(new SetDeliveryAside(new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]), held, 7));
        Same<AgendaState, AgendaEvent, AsideNote>(new NoteDelivery(new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]), 5, held, 8));
        Same<AgendaState, AgendaEvent, IReadOnlyList<AsideTicket>>(new ClaimStalled(new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11])));
        Same<AgendaState, AgendaEvent, bool>(new ResumeDelivery(new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]), 5));
        Same<AgendaState, AgendaEvent, bool>(new SettleMisrouting(5));
        Same<AgendaState, AgendaEvent, StalledPage>(new ListStalled(StallKind.Quarantined, at, 5, 50));
        Same<AgendaState, AgendaEvent, FoundStalled>(new FindStalled(5));
        Same<PatientState, PatientEvent, bool>(new IsApproved(document));

        var alarm = new MisroutingSuspected(at, UniqueId.Parse("2.999.1^1"), patient, document, patient, document);
        var answer = new CallAnswer<IReadOnlyList<MisroutingSuspected>>(nameof(RecordSubmissions), new([alarm], null));
        var back = Catalog.Decode(Catalog.Encode(answer, nameof(RecordSubmissions)));
        Assert.Equal([alarm], back.Read<IReadOnlyList<MisroutingSuspected>>().Value);
    }

    [Fact]
    public void A_refusal_crosses_with_its_details()
    {
        var refusal = new Refusal(RefusalCode.StaleVersion, "Another version is in force.", "entry_version").With("head", "7") with
        {
            MovedTo = PatientId.Parse("1.2.250.1.213.1.4.10^260058815400233"),
        };
        var answer = new CallAnswer<long>(nameof(AcknowledgeInbox), new TurnResult<long>(default, refusal));

        var back = Catalog.Decode(Catalog.Encode(answer, nameof(AcknowledgeInbox))).Read<long>();

        Assert.Equal(refusal, back.Refusal);
    }

    [Fact]
    public void Every_failure_of_the_ports_comes_out_as_the_same_and_no_other_tells_what_it_was_about()
    {
        Exception[] known =
        [
            new EngineOverloadedException("Too many."), new EngineDrainingException(), new JournalConflictException("Stale."),
            new JournalUnavailableException("Full.", JournalUnavailableReason.DiskFull),
            new JournalOutcomeUnknownException("Who knows."), new InvariantException("It cannot be."),
            new JournalDamagedException(new JournalDamage(Grain, 3, 70, 7, "It does not fit.")),
        ];
        foreach (var failure in known)
        {
            var back = WireFailure.Decode(WireFailure.Encode(failure));
            Assert.IsType(failure.GetType(), back);
            Assert.Equal(failure.Message, back.Message);
        }

        var full = (JournalUnavailableException)WireFailure.Decode(WireFailure.Encode(known[3]));
        Assert.Equal(JournalUnavailableReason.DiskFull, full.Reason);
        var damaged = (JournalDamagedException)WireFailure.Decode(WireFailure.Encode(known[6]));
        Assert.Equal(new JournalDamage(null, 3, 70, 7, "It does not fit."), damaged.Damage);
        var bug = WireFailure.Decode(WireFailure.Encode(new ArgumentException("a name and a diagnosis")));
        Assert.IsType<TurnFailedElsewhereException>(bug);
        Assert.DoesNotContain("diagnosis", bug.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_logged_of_a_call_names_nobody()
    {
        var message = Message<InboxState, InboxEvent, InboxPage>(new ReadInbox(7, 20));
        Assert.Equal("ReadInbox", message.ToString());
    }

    /// <summary>Everything public of a value, as text: also what a contract would leave out.</summary>
    private static class Told
    {
        public static string Of(object? value, int depth = 0) => value switch
        {
            null => "-",
            string or bool or DateTimeOffset or Guid => FormattableString.Invariant($"{value:o}"),
            System.Collections.IEnumerable many => $"[{string.Join(',', many.Cast<object?>().Select(one => Of(one, depth + 1)))}]",
            System.Runtime.CompilerServices.ITuple pair =>
                $"({string.Join(',', Enumerable.Range(0, pair.Length).Select(one => Of(pair[one], depth + 1)))})",
            _ when value.GetType().IsPrimitive || value.GetType().IsEnum => value.ToString()!, // ! they have one
            _ when value.GetType().Namespace == typeof(PatientId).Namespace || depth > 12 => value.ToString() ?? "",
            _ => "{" + string.Join(';', value.GetType().GetProperties()
                .Where(property => property.GetIndexParameters().Length == 0
                    && !(property.Name == "Value" && property.DeclaringType?.Name.StartsWith("TurnResult", StringComparison.Ordinal) == true))
                .Select(property => $"{property.Name}={Of(property.GetValue(value), depth + 1)}")) + "}",
        };
    }

    private static CallMessage Message<TState, TEvent, TAnswer>(Command<TState, TEvent, TAnswer> command)
        where TState : class
        where TEvent : class => new(Grain, new CommandCall<TState, TEvent, TAnswer>(command));

    private static void Same<TState, TEvent, TAnswer>(Command<TState, TEvent, TAnswer> command)
        where TState : class
        where TEvent : class
    {
        var wire = Catalog.Encode(Message(command));
        var back = Catalog.Decode(wire);
        Assert.Equal(Grain, back.Grain);
        Assert.Equal(wire.Body, Catalog.Encode(back).Body);
        Assert.IsType(command.GetType(), ((CommandCall<TState, TEvent, TAnswer>)back.Call).Command);
    }

    private static object Cross(object command, HashSet<string> crossed)
    {
        crossed.Add(command.GetType().Name);
        return command switch
        {
            PatientCommand<SubmissionReceipt> it => Over(it),
            PatientCommand<WithdrawnDocument> it => Over(it),
            PatientCommand<DocumentView> it => Over(it),
            PatientCommand<DocumentPage> it => Over(it),
            PatientCommand<AccessPage> it => Over(it),
            PatientCommand<ConsentChange> it => Over(it),
            PatientCommand<ConsentView> it => Over(it),
            PatientCommand<Domain.Records.RecordView> it => Over(it),
            PatientCommand<Domain.Records.AnnouncedRecord> it => Over(it),
            PatientCommand<Domain.Routing.FollowAnswer> it => Over(it),
            PatientCommand<Domain.Routing.ChangePage> it => Over(it),
            PatientCommand<IReadOnlyList<bool>> it => Over(it),
            PatientCommand<bool> it => Over(it),
            PatientCommand<AccessExplanation> it => Over(it),
            PatientCommand<Domain.Delegates.DelegateAnswer> it => Over(it),
            PatientCommand<TrackedDocument> it => Over(it),
            PatientCommand<MaskingChange> it => Over(it),
            PatientCommand<DutiesPerformed> it => Over(it),
            PatientCommand<PreferencesView> it => Over(it),
            _ => throw new InvalidOperationException(command.GetType().Name),
        };
    }

    private static object CrossBack(string command, object result) => result switch
    {
        TurnResult<SubmissionReceipt> it => Back(command, it),
        TurnResult<WithdrawnDocument> it => Back(command, it),
        TurnResult<DocumentView> it => Back(command, it),
        TurnResult<DocumentPage> it => Back(command, it),
        TurnResult<AccessPage> it => Back(command, it),
        TurnResult<ConsentChange> it => Back(command, it),
        TurnResult<ConsentView> it => Back(command, it),
        TurnResult<Domain.Records.RecordView> it => Back(command, it),
        TurnResult<Domain.Records.AnnouncedRecord> it => Back(command, it),
        TurnResult<Domain.Routing.FollowAnswer> it => Back(command, it),
        TurnResult<Domain.Routing.ChangePage> it => Back(command, it),
        TurnResult<IReadOnlyList<bool>> it => Back(command, it),
        TurnResult<bool> it => Back(command, it),
        TurnResult<AccessExplanation> it => Back(command, it),
        TurnResult<Domain.Delegates.DelegateAnswer> it => Back(command, it),
        TurnResult<TrackedDocument> it => Back(command, it),
        TurnResult<MaskingChange> it => Back(command, it),
        TurnResult<DutiesPerformed> it => Back(command, it),
        TurnResult<PreferencesView> it => Back(command, it),
        _ => throw new InvalidOperationException(command),
    };

    // Told again and again it stays the same, and as a whole: what was lost on the way would be lost from the text.
    private static TurnResult<TAnswer> Back<TAnswer>(string command, TurnResult<TAnswer> result)
    {
        var back = Catalog.Decode(Catalog.Encode(new CallAnswer<TAnswer>(command, result), command)).Read<TAnswer>();
        Assert.Equal(Told.Of(result), Told.Of(back));
        return back;
    }

    private static void Back<TAnswer>(string command, TestRecord record, PatientCommand<TAnswer> asked)
    {
        Assert.NotNull(asked);
        Assert.Equal(command, asked.GetType().Name);
        record.Ask(asked);
    }

    private static PatientCommand<TAnswer> Over<TAnswer>(PatientCommand<TAnswer> command) =>
        (PatientCommand<TAnswer>)((CommandCall<PatientState, PatientEvent, TAnswer>)Catalog.Decode(
            Catalog.Encode(Message<PatientState, PatientEvent, TAnswer>(command))).Call).Command;
}
