using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Domain.Tests.Records;

/// <summary>A record that is announced, and the time in which the person may oppose.</summary>
public sealed class AnnouncementTests
{
    private readonly TestRecord _record = new();

    [Fact]
    public void It_opens_by_itself_at_the_end_of_the_window_and_looks_like_none_until_then()
    {
        _record.Represent("parent", _record.Now.AddYears(-10));
        var announced = Announce();
        Assert.Equal((_record.Now.AddDays(42), false), (announced.OpensAt, announced.AlreadySo));
        Assert.True(_record.AskQuietly(new AnnounceRecord(Cast.Insurance)).Value.AlreadySo);
        Assert.Equal(RefusalCode.PatientUnknown, _record.AskInVain(_record.Submission("early")).Code);
        Assert.Equal(RefusalCode.PatientUnknown, _record.AskInVain(new GetRecord(Cast.Gp)).Code);
        Assert.Equal(RecordState.Announced, _record.Ask(new GetRecord(Actor.Patient)).Value.Status.State);

        _record.Pass(TimeSpan.FromDays(42) - TimeSpan.FromTicks(1));
        Assert.Equal(0, _record.Ask(new PerformDuties()).Value.Events);
        _record.Pass(TimeSpan.FromTicks(1));
        Assert.Equal(3, _record.Ask(new PerformDuties()).Value.Events);
        Assert.Equal(RecordState.OpenNotActivated, _record.State.Record.State);
        Assert.NotNull(_record.State.Duties.DueOf(DutyKind.Majority));
        _record.Submit("report");
        Assert.Null(_record.AskQuietly(new AnnounceRecord(Cast.Insurance)).Value.OpensAt);
    }

    [Fact]
    public void Whoever_opposes_in_time_has_none_and_is_not_asked_again()
    {
        Announce();
        Assert.Null(_record.Close().Refusal);
        _record.Pass(TimeSpan.FromDays(60));
        Assert.Equal(0, _record.Ask(new PerformDuties()).Value.Events);
        Assert.Equal(RefusalCode.PatientUnknown, _record.AskInVain(_record.Submission("late")).Code);
        Assert.Equal(RefusalCode.PatientUnknown, _record.AskInVain(new AnnounceRecord(Cast.Insurance)).Code);
        Assert.Null(_record.Ask(new OpenRecord()).Refusal);
    }

    [Fact]
    public void Whoever_comes_before_the_end_activates_it_and_it_opens_once()
    {
        Announce();
        Assert.Null(_record.Ask(new OpenRecord()).Refusal);
        _record.Pass(TimeSpan.FromDays(60));
        Assert.Equal(0, _record.Ask(new PerformDuties()).Value.Events);
        Assert.Equal(RecordState.OpenActivated, _record.State.Record.State);
        Assert.Equal(
            RefusalCode.CallerKindForbidden, _record.AskInVain(new AnnounceRecord(Actor.Patient)).Code);
    }

    [Fact]
    public void A_receipt_confirms_no_document_that_is_hidden_from_who_sends_its_bytes()
    {
        var record = TestRecord.Activated();
        record.Permit(Cast.Gp);
        record.Submit("hidden", ConfidentialityLabels.HiddenFromPatient);
        var own = record.Submit("own", by: Actor.Patient);
        Assert.Equal(
            RefusalCode.UniqueIdReused, record.AskInVain(record.Submission("hidden", by: Actor.Patient)).Code);
        Assert.Equal(
            RefusalCode.UniqueIdReused,
            record.AskInVain(record.Submission("hidden", by: Actor.Patient, content: "other")).Code);
        Assert.True(record.Ask(record.Submission("hidden")).Value.AlreadyKnown);

        // The person's own, whatever became of it, may be sent again.
        record.Ask(new SetConfidentiality(own, 1, ConfidentialityLabels.HiddenFromPatient, Cast.Gp));
        Assert.True(record.Ask(record.Submission("own", by: Actor.Patient)).Value.AlreadyKnown);
    }

    private AnnouncedRecord Announce() => _record.Ask(new AnnounceRecord(Cast.Insurance)).Value;
}
