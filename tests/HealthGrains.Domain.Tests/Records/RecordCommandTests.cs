using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Domain.Tests.Records;

/// <summary>The life of a record: opened, activated, opposed, closed, re-opened.</summary>
public sealed class RecordCommandTests
{
    [Fact]
    public void The_person_activates_what_a_deposit_opened()
    {
        var record = TestRecord.Open();
        Assert.Equal(RefusalCode.RecordNotActivated, record.List(Actor.Patient).Refusal?.Code);
        record.Pass(TimeSpan.FromDays(2));

        record.Ask(new OpenRecord());

        var view = record.Ask(new GetRecord(Actor.Patient)).Value;
        Assert.Equal((RecordState.OpenActivated, record.Now), (view.Status.State, view.ActivatedAt));
        Assert.Equal(record.Now.AddDays(-2), view.OpenedAt);
        Assert.True(record.AskQuietly(new OpenRecord()).Value.AlreadySo);
    }

    [Fact]
    public void Who_closes_a_record_that_does_not_exist_opposes_it()
    {
        var record = new TestRecord();
        record.Close();

        Assert.Equal(RecordState.Opposed, record.Ask(new GetRecord(Actor.Patient)).Value.Status.State);
        var refusal = record.AskInVain(new GetRecord(Cast.Gp));
        Assert.Equal(new TestRecord().AskInVain(new GetRecord(Cast.Gp)), refusal);
        Assert.Single(record.Events);
    }

    [Fact]
    public void Who_opposed_may_come_back()
    {
        var record = new TestRecord();
        record.Close();

        record.Ask(new OpenRecord());

        Assert.Equal(RecordState.OpenActivated, record.State.Record.State);
    }

    [Fact]
    public void A_record_not_yet_activated_can_be_closed()
    {
        var record = TestRecord.Open();
        record.Close();

        Assert.Equal(RecordState.Closed, record.State.Record.State);
    }

    [Fact]
    public void A_closed_record_tells_its_state_and_nothing_of_what_it_held()
    {
        var record = TestRecord.Activated();
        record.Permit(Cast.Gp);
        record.Submit("report");
        record.Close();

        var toProfessional = record.Ask(new GetRecord(Cast.Gp)).Value;
        Assert.Equal((RecordState.Closed, 0, 0L), (toProfessional.Status.State, toProfessional.Documents, toProfessional.Sequence));
        Assert.Null(toProfessional.PermittedUntil);
        Assert.Equal(0, record.Ask(new GetRecord(Actor.Patient)).Value.Documents);
        Assert.Equal(RefusalCode.RecordClosed, record.List(Actor.Patient).Refusal?.Code);
        Assert.Equal(RefusalCode.RecordClosed, record.Changes(Actor.Patient).Refusal?.Code);
        Assert.Equal(RefusalCode.RecordClosed, record.AskInVain(new ListAccesses(null, null, null, 10)).Code);
    }

    [Fact]
    public void Closing_keeps_its_reason_and_closing_again_changes_nothing()
    {
        var record = TestRecord.Activated();
        record.Close();
        var closed = record.State.Record;
        record.Pass(TimeSpan.FromDays(1));

        Assert.True(record.AskQuietly(new CloseRecord("another reason", false)).Value.AlreadySo);

        Assert.Equal(closed, record.State.Record);
        Assert.Equal("no longer wanted", closed.ClosingReason);
    }

    [Fact]
    public void Deletion_may_be_asked_for_after_closing_and_the_date_of_closing_stays()
    {
        var record = TestRecord.Activated();
        record.Close();
        var closed = record.State.Record;
        record.Pass(TimeSpan.FromDays(1));

        Assert.False(record.Close(deletionRequested: true).Value.AlreadySo);

        Assert.Equal(closed with { DeletionRequested = true }, record.State.Record);
        Assert.True(record.AskQuietly(new CloseRecord("again", true)).Value.AlreadySo);
        Assert.True(record.AskQuietly(new CloseRecord("again", false)).Value.AlreadySo);
    }

    [Fact]
    public void The_standing_of_each_caller_is_told()
    {
        var record = TestRecord.Activated();
        record.Permit(Cast.Gp, record.Now.AddDays(5));
        record.Deny(Cast.OfficeB);
        record.Block(Cast.HospitalDoctor);

        Assert.Equal(CallerStanding.Owner, Standing(record, Actor.Patient));
        Assert.Equal(CallerStanding.Authorized, Standing(record, Cast.Gp));
        Assert.Equal(CallerStanding.NotAuthorized, Standing(record, Cast.GpColleague));
        Assert.Equal(CallerStanding.Denied, Standing(record, Cast.Specialist));
        Assert.Equal(CallerStanding.Blocked, Standing(record, Cast.HospitalDoctor));
        Assert.Equal(record.Now.AddDays(5), record.Ask(new GetRecord(Cast.Gp)).Value.PermittedUntil);
    }

    [Fact]
    public void A_caller_without_permission_is_told_no_counts()
    {
        var record = TestRecord.Activated();
        record.Submit("report");

        var view = record.Ask(new GetRecord(Cast.Gp)).Value;

        Assert.Equal((0, 0L), (view.Documents, view.Sequence));
    }

    [Fact]
    public void Documents_withdrawn_or_replaced_are_not_counted()
    {
        var record = TestRecord.Activated();
        record.Submit("report");
        record.Submit("corrected", replaces: "report");
        record.Submit("withdrawn");
        record.Withdraw("withdrawn");
        record.Permit(Cast.Gp);

        Assert.Equal(1, record.Ask(new GetRecord(Cast.Gp)).Value.Documents);
        Assert.Equal(1, record.Ask(new GetRecord(Actor.Patient)).Value.Documents);
    }

    [Fact]
    public void After_a_restart_every_query_answers_the_same()
    {
        var record = TestRecord.Activated();
        record.Permit(Cast.Gp);
        var old = record.Submit("report");
        record.Submit("corrected", ConfidentialityLabels.HiddenFromPatient, replaces: "report");
        record.Read(Cast.Gp, old, content: true);
        var before = (record.Changes(Actor.Patient).Value.Last, record.Accesses().Accesses.Count, record.List(Actor.Patient).Value.Documents.Count);

        record.Restart();

        Assert.Equal(
            before,
            (record.Changes(Actor.Patient).Value.Last, record.Accesses().Accesses.Count, record.List(Actor.Patient).Value.Documents.Count));
    }

    private static CallerStanding Standing(TestRecord record, Actor by) => record.Ask(new GetRecord(by)).Value.Standing;
}
