using System.Text;
using HealthGrains.Domain.Agendas;
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
            for (var i = 0; i < 60; i++)
            {
                var move = dice.Move();
                Assert.Equal(near.Play(move), far.Play(move));
            }

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
    public void What_a_newer_silo_adds_is_passed_over_and_what_it_leaves_out_has_its_usual_value()
    {
        var wire = Catalog.Encode(Message<InboxState, InboxEvent, InboxPage>(new ReadInbox(7, 20)));
        wire.Body = """{"After":7,"Max":20,"ANewProperty":{"Deep":[1,2]}}"""u8.ToArray();
        var call = (CommandCall<InboxState, InboxEvent, InboxPage>)Catalog.Decode(wire).Call;
        Assert.Equal(new ReadInbox(7, 20), call.Command);

        var list = Catalog.Encode(Message<PatientState, PatientEvent, Domain.Access.AccessPage>(
            new Domain.Access.ListAccesses(null, null, null, 5)));
        list.Body = """{"PageSize":5}"""u8.ToArray();
        var asked = (CommandCall<PatientState, PatientEvent, Domain.Access.AccessPage>)Catalog.Decode(list).Call;
        Assert.Equal(new Domain.Access.ListAccesses(null, null, null, 5), asked.Command);
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
            3, 70, [new LedgerLine(69, at, LedgerLineKind.Submitted, UniqueId.Parse("2.999.1^1"), patient, document, 4)]));
        Same<AgendaState, AgendaEvent, int>(new TakeIntoAgenda(70, [new AgendaItem(69, at, patient)]));
        Same<AgendaState, AgendaEvent, AgendaPage>(new WhatIsDue(new AgendaItem(69, at, patient), 20));
        Same<PatientState, PatientEvent, DutiesPerformed>(new PerformDuties());

        var alarm = new MisroutingSuspected(at, UniqueId.Parse("2.999.1^1"), patient, document, patient, document);
        var answer = new CallAnswer<IReadOnlyList<MisroutingSuspected>>(nameof(RecordSubmissions), new([alarm], null));
        var back = Catalog.Decode(Catalog.Encode(answer, nameof(RecordSubmissions)));
        Assert.Equal([alarm], back.Read<IReadOnlyList<MisroutingSuspected>>().Value);
    }

    [Fact]
    public void A_refusal_crosses_with_its_details()
    {
        var refusal = new Refusal(RefusalCode.StaleVersion, "Another version is in force.", "entry_version").With("head", "7");
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
            PatientCommand<Domain.Access.DocumentView> it => Over(it),
            PatientCommand<Domain.Access.DocumentPage> it => Over(it),
            PatientCommand<Domain.Access.AccessPage> it => Over(it),
            PatientCommand<Domain.Consent.ConsentChange> it => Over(it),
            PatientCommand<Domain.Consent.ConsentView> it => Over(it),
            PatientCommand<Domain.Records.RecordView> it => Over(it),
            PatientCommand<Domain.Routing.FollowAnswer> it => Over(it),
            PatientCommand<Domain.Routing.ChangePage> it => Over(it),
            PatientCommand<IReadOnlyList<bool>> it => Over(it),
            PatientCommand<bool> it => Over(it),
            _ => throw new InvalidOperationException(command.GetType().Name),
        };
    }

    private static PatientCommand<TAnswer> Over<TAnswer>(PatientCommand<TAnswer> command) =>
        (PatientCommand<TAnswer>)((CommandCall<PatientState, PatientEvent, TAnswer>)Catalog.Decode(
            Catalog.Encode(Message<PatientState, PatientEvent, TAnswer>(command))).Call).Command;
}
