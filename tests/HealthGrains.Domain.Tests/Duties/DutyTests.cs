using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Tests.Records;
using static HealthGrains.Domain.Documents.ConfidentialityLabels;

namespace HealthGrains.Domain.Tests.Duties;

/// <summary>What happens at a time with nobody looking, as the record decides it.</summary>
public sealed class DutyTests
{
    private static readonly DomainPolicy ThirtyDays = DomainPolicy.Default with { InvisiblePatientMax = TimeSpan.FromDays(30) };

    [Fact]
    public void A_hidden_document_becomes_visible_by_itself_once_and_is_told_with_a_code_of_its_own()
    {
        var record = TestRecord.Activated();
        record.Policy = ThirtyDays;
        var id = record.Submit("hidden", HiddenFromPatient);
        Assert.Empty(record.State.PatientFeed.After(0, 10));

        record.Pass(TimeSpan.FromDays(30) - TimeSpan.FromTicks(1));
        Assert.Equal((0, record.Now.AddTicks(1)), Performed(record));
        Assert.Equal(RefusalCode.DocumentNotFound, record.AskInVain(Read(id)).Code);

        record.Pass(TimeSpan.FromTicks(1));
        Assert.Equal((1, null), Performed(record));
        Assert.Equal((0, null), Performed(record));

        var told = Assert.Single(record.State.PatientFeed.After(0, 10));
        Assert.Equal((ChangeCode.VisibilityRestored, id), (told.Code, told.Document));
        Assert.Equal(ActorKind.System, told.By.Kind);
        Assert.Equal(2, record.Ask(Read(id)).Value.Entry.EntryVersion);
        record.Restart();
        Assert.Single(record.State.PatientFeed.After(0, 10));
    }

    [Fact]
    public void Without_the_parameter_there_is_no_timer()
    {
        var record = TestRecord.Activated();
        record.Submit("hidden", HiddenFromPatient);
        Assert.Single(record.Events.OfType<DocumentSubmitted>());
        Assert.Empty(record.Events.OfType<DutyScheduled>());

        record.Policy = ThirtyDays;
        record.Pass(TimeSpan.FromDays(365));
        Assert.Equal((0, null), Performed(record));
    }

    [Fact]
    public void What_a_professional_lifts_before_is_told_as_added_and_never_again()
    {
        var record = TestRecord.Activated();
        record.Policy = ThirtyDays;
        var id = record.Submit("hidden", HiddenFromPatient);
        record.Permit(Cast.Gp);
        Assert.Null(record.Ask(new SetConfidentiality(id, 1, None, Cast.Gp)).Refusal);

        record.Pass(TimeSpan.FromDays(31));
        Assert.Equal((0, null), Performed(record));

        Assert.Equal(ChangeCode.DocumentAdded, record.State.PatientFeed.After(0, 10).First(item => item.Document == id).Code);
        Assert.DoesNotContain(record.State.PatientFeed.After(0, 10), item => item.Code == ChangeCode.VisibilityRestored);
    }

    [Fact]
    public void Hiding_again_starts_another_delay()
    {
        var record = TestRecord.Activated();
        record.Policy = ThirtyDays;
        record.Permit(Cast.Gp);
        var id = record.Submit("shown");
        record.Pass(TimeSpan.FromDays(10));
        Assert.Null(record.Ask(new SetConfidentiality(id, 1, HiddenFromPatient, Cast.Gp)).Refusal);

        record.Pass(TimeSpan.FromDays(25));
        Assert.Equal(0, Performed(record).Events);
        record.Pass(TimeSpan.FromDays(5));
        Assert.Equal(1, Performed(record).Events);
    }

    [Fact]
    public void A_withdrawn_document_owes_nothing()
    {
        var record = TestRecord.Activated();
        record.Policy = ThirtyDays;
        record.Submit("hidden", HiddenFromPatient);
        Assert.Null(record.Withdraw("hidden").Refusal);

        record.Pass(TimeSpan.FromDays(31));
        Assert.Equal((0, null), Performed(record));
        Assert.DoesNotContain(record.State.PatientFeed.After(0, 10), item => item.Code == ChangeCode.VisibilityRestored);
    }

    [Fact]
    public void Older_versions_that_a_label_covered_become_visible_with_it()
    {
        var record = TestRecord.Activated();
        record.Policy = ThirtyDays;
        record.Permit(Cast.Gp);
        var first = record.Submit("first");
        var second = record.Submit("second", replaces: "first");
        Assert.Null(record.Ask(new SetConfidentiality(second, 1, HiddenFromPatient, Cast.Gp)).Refusal);
        Assert.Equal(RefusalCode.DocumentNotFound, record.AskInVain(Read(first)).Code);

        record.Pass(TimeSpan.FromDays(30));
        Assert.Equal((2, null), Performed(record));

        Assert.Null(record.Ask(Read(first)).Refusal);
        Assert.Null(record.Ask(Read(second)).Refusal);
        Assert.Single(record.State.PatientFeed.After(0, 10), item => item.Code == ChangeCode.VisibilityRestored);
    }

    [Fact]
    public void Who_read_a_document_while_it_was_hidden_is_told_when_it_is_not_any_more()
    {
        var record = TestRecord.Activated();
        record.Policy = ThirtyDays;
        record.Permit(Cast.Gp);
        var id = record.Submit("hidden", HiddenFromPatient);
        Assert.Null(record.Ask(new ReadDocument(id, null, true, Cast.Gp)).Refusal);
        Assert.Empty(record.State.PatientAccesses);

        record.Pass(TimeSpan.FromDays(30));
        Performed(record);

        Assert.Equal(1, Assert.Single(record.State.PatientAccesses).Sequence);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 10)]
    public void A_closed_record_is_destroyed_when_its_time_has_come(bool deletion, int years)
    {
        var record = TestRecord.Activated();
        record.Permit(Cast.Gp);
        var id = record.Submit("report");
        Assert.Null(record.Ask(new ReadDocument(id, null, true, Cast.Gp)).Refusal);
        record.Ask(new FollowPatient(Cast.Gp));
        record.Ask(new CloseRecord("why", deletion));
        if (years > 0)
        {
            record.Now = record.Now.AddYears(years).AddTicks(-1);
            Assert.Equal(0, Performed(record).Events);
            record.Pass(TimeSpan.FromTicks(1));
        }

        Assert.True(record.Ask(new PerformDuties()).Value.ErasesContents);
        Assert.Equal(RecordState.Destroyed, record.State.Record.State);
        Assert.Empty(record.State.Index.Entries);
        Assert.Empty(record.State.Followers);
        Assert.Empty(record.State.Consent.Authorizations);
        Assert.Null(record.State.Traits);
        Assert.NotEmpty(record.State.Accesses);
        Assert.All(
            new[]
            {
                record.AskInVain(new GetRecord(Actor.Patient)), record.AskInVain(new GetRecord(Cast.Gp)),
                record.AskInVain(Read(id)), record.AskInVain(new ReadDocument(id, null, true, Cast.Gp)),
                record.AskInVain(record.Submission("report")), record.AskInVain(new OpenRecord()),
                record.AskInVain(new ListAccesses(null, null, null, 10)), record.AskInVain(new CloseRecord("", true)),
            },
            refusal => Assert.Equal(RefusalCode.PatientUnknown, refusal.Code));
    }

    [Fact]
    public void A_destroyed_record_owes_the_deletion_of_its_contents_until_somebody_confirms_it()
    {
        var record = TestRecord.Activated();
        record.Submit("report");
        record.Ask(new CloseRecord("", true));
        record.Ask(new PerformDuties());

        record.Restart();
        Assert.True(record.AskQuietly(new PerformDuties()).Value.ErasesContents);
        Assert.True(record.Ask(new ConfirmErasure(1)).Value);
        Assert.False(record.AskQuietly(new ConfirmErasure(0)).Value);
        Assert.False(record.Ask(new PerformDuties()).Value.ErasesContents);
        Assert.Equal(1, Assert.Single(record.Events.OfType<ContentsErased>()).Contents);
    }

    [Fact]
    public void Traces_outlive_a_deletion_until_ten_years_after_the_closing()
    {
        var record = TestRecord.Activated();
        record.Permit(Cast.Gp);
        Assert.Null(record.Ask(new ReadDocument(record.Submit("report"), null, true, Cast.Gp)).Refusal);
        record.Ask(new CloseRecord("", true));
        var closed = record.Now;
        record.Ask(new PerformDuties());
        record.Ask(new ConfirmErasure(1));
        Assert.Equal(closed.AddYears(10), record.State.Duties.Next);

        record.Now = closed.AddYears(10).AddTicks(-1);
        Performed(record);
        Assert.NotEmpty(record.State.Accesses);
        record.Pass(TimeSpan.FromTicks(1));
        Assert.Equal((1, null), Performed(record));
        Assert.Empty(record.State.Accesses);
        Assert.Equal((0, null), Performed(record));
    }

    [Fact]
    public void A_record_that_was_opened_again_is_not_destroyed()
    {
        var record = TestRecord.Activated();
        record.Submit("report");
        record.Ask(new CloseRecord("", true));
        record.Ask(new OpenRecord());

        record.Now = record.Now.AddYears(11);
        Assert.Equal((0, null), Performed(record));
        Assert.Equal(RecordState.OpenActivated, record.State.Record.State);
    }

    [Fact]
    public void Asking_for_deletion_later_brings_it_forward()
    {
        var record = TestRecord.Activated();
        record.Ask(new CloseRecord("", false));
        record.Pass(TimeSpan.FromDays(1));
        Assert.Equal(0, Performed(record).Events);

        record.Ask(new CloseRecord("", true));
        Assert.True(record.Ask(new PerformDuties()).Value.ErasesContents);
    }

    [Theory]
    [InlineData("20100315", 1)]
    [InlineData("20080401", 1)]
    [InlineData("19790315", 0)]
    [InlineData("20100000", 0)]
    [InlineData("", 0)]
    public void A_minor_is_reminded_of_the_consents_when_of_age(string birth, int expected)
    {
        var record = TestRecord.Activated();
        record.Accept(record.Submission("report") with { Traits = new PatientTraits("Test", "Ada", "F", birth) });
        Assert.Equal(2 * expected, record.State.Duties.Count);
        record.Accept(record.Submission("second") with { Traits = new PatientTraits("Test", "Ada", "F", birth) });
        Assert.Equal(2 * expected, record.State.Duties.Count);

        // The reminder to the representatives has come by then, thirty days before.
        record.Now = new DateTimeOffset(2028, 3, 14, 23, 59, 59, TimeSpan.Zero);
        var early = birth == "20080401" ? 1 : 0;
        Assert.Equal(expected + early, Performed(record).Events);
        record.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal((expected - early, null), Performed(record));
        Assert.Equal(
            expected, record.State.PatientFeed.After(0, 100).Count(item => item.Code == ChangeCode.MajorityReached));
        Assert.Equal(
            expected,
            record.State.Feeds.Representatives.After(0, 100).Count(item => item.Code == ChangeCode.MajorityReachedForRepresentatives));
    }

    [Fact]
    public void A_clock_that_goes_back_undoes_nothing_and_doubles_nothing()
    {
        var record = TestRecord.Activated();
        record.Policy = ThirtyDays;
        record.Submit("hidden", HiddenFromPatient);
        record.Pass(TimeSpan.FromDays(40));
        Assert.Equal(1, Performed(record).Events);

        record.Pass(TimeSpan.FromDays(-35));
        Assert.Equal((0, null), Performed(record));
        record.Pass(TimeSpan.FromDays(35));
        Assert.Equal((0, null), Performed(record));
    }

    [Fact]
    public void Many_duties_take_several_turns_and_each_happens_once()
    {
        var record = TestRecord.Activated();
        record.Policy = ThirtyDays;
        for (var i = 0; i < PerformDuties.TogetherMax + 50; i++)
            record.Submit($"hidden {i}", HiddenFromPatient);
        record.Pass(TimeSpan.FromDays(30));

        var first = record.Ask(new PerformDuties()).Value;
        Assert.Equal(PerformDuties.TogetherMax, first.Events);
        Assert.True(first.Next <= record.Now);
        Assert.Equal((50, null), Performed(record));
        Assert.Equal(PerformDuties.TogetherMax + 50, record.State.PatientFeed.Last);
    }

    private static ReadDocument Read(HealthGrains.Domain.Identity.DocumentId id) => new(id, null, false, Actor.Patient);

    private static (int Events, DateTimeOffset? Next) Performed(TestRecord record)
    {
        var done = record.Ask(new PerformDuties()).Value;
        return (done.Events, done.Next);
    }
}
