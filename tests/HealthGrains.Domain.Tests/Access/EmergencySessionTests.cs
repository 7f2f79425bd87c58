using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Tests.Records;

namespace HealthGrains.Domain.Tests.Access;

/// <summary>An emergency has an end, and the patient is told once for each.</summary>
public sealed class EmergencySessionTests
{
    private static readonly Entrance Glass = new(AccessMode.Emergency, "coma", IsRegulation: true);
    private static readonly Entrance Centre = new(AccessMode.RegulationCentre, "appel 15", IsRegulation: true);

    private readonly TestRecord _record = TestRecord.Activated();

    [Fact]
    public void The_patient_is_told_once_for_each_session_and_sees_every_access()
    {
        var report = _record.Submit("report");
        for (var i = 0; i < 3; i++)
            Assert.Null(_record.Read(Cast.Gp, report, content: true, Glass).Refusal);
        Assert.Equal(1, Told());
        Assert.Equal(3, _record.State.PatientAccesses.Count);

        _record.Pass(_record.Policy.EmergencySession);
        Assert.Null(_record.Read(Cast.Gp, report, content: true, Glass).Refusal);
        Assert.Equal(2, Told());
        _record.Restart();
        Assert.Equal(2, Told());
    }

    [Fact]
    public void Another_mode_another_professional_and_another_hat_are_other_sessions()
    {
        var report = _record.Submit("report");
        _record.Read(Cast.Gp, report, content: true, Glass);
        _record.Read(Cast.Gp, report, content: true, Centre);
        _record.Read(Cast.Gp.In(Cast.OfficeB), report, content: true, Glass);
        _record.Read(Cast.Specialist, report, content: true, Glass);

        Assert.Equal(4, Told());
        Assert.Equal(4, _record.Events.OfType<EmergencySessionOpened>().Count());
    }

    [Fact]
    public void What_was_written_before_there_were_sessions_is_told_each_time()
    {
        var trace = new AccessTrace(AccessAction.ReadRecord, [], AccessMode.Emergency, "coma", null, AccessStep.Record, "");
        _record.Happened(
            new RecordAccessed(_record.Now, Cast.Gp, trace), new RecordAccessed(_record.Now, Cast.Gp, trace));

        Assert.Equal(2, Told());
    }

    [Fact]
    public void Changes_are_read_in_an_emergency_and_traced_even_when_there_are_none()
    {
        Assert.Equal(RefusalCode.ConsentRequired, _record.AskInVain(new ChangesSince(0, 50, Cast.Gp)).Code);

        var page = _record.Ask(new ChangesSince(0, 50, Cast.Gp) { Entrance = Glass }).Value;

        Assert.Empty(page.Changes);
        Assert.Equal(_record.Now + _record.Policy.EmergencySession, page.PermittedUntil);
        Assert.Equal(2, _record.State.PatientAccesses.Count); // The refusal, and this.
        var trace = _record.State.PatientAccesses[^1].Trace;
        Assert.Equal((AccessMode.Emergency, "coma", AccessAction.ListDocuments), (trace.Mode, trace.Reason, trace.Action));
        Assert.Equal(1, Told());
        Assert.Equal(
            RefusalCode.EmergencyReasonRequired,
            _record.AskInVain(new ChangesSince(0, 50, Cast.Gp) { Entrance = Glass with { Reason = " " } }).Code);
        _record.Emergency(breakTheGlass: false);
        Assert.Equal(
            RefusalCode.EmergencyRefused, _record.AskInVain(new ChangesSince(0, 50, Cast.Gp) { Entrance = Glass }).Code);
    }

    [Fact]
    public void A_stream_goes_on_within_its_session_and_opens_no_other()
    {
        var report = _record.Submit("report");
        var open = new ChangesSince(0, 50, Cast.Gp) { Entrance = Glass };
        var goesOn = open with { Continues = true };
        Assert.Equal(RefusalCode.EmergencyReasonRequired, _record.AskInVain(goesOn).Code);

        Assert.Single(_record.Ask(open).Value.Changes);
        Assert.Single(_record.Ask(goesOn).Value.Changes);
        var sees = new MayStillSee(PatientState.ReaderOf(Cast.Gp), report) { Entrance = Glass };
        Assert.True(_record.Ask(sees).Value);
        Assert.False(_record.Ask(sees with { Entrance = Entrance.Normal }).Value);

        _record.Pass(_record.Policy.EmergencySession);
        Assert.False(_record.Ask(sees).Value);
        Assert.Equal(RefusalCode.EmergencyReasonRequired, _record.AskInVain(goesOn).Code);
        Assert.Equal(1, Told());
        Assert.Single(_record.Ask(open).Value.Changes);
        Assert.Equal(2, Told());
    }

    [Fact]
    public void What_is_masked_is_read_in_an_emergency_only_if_the_patient_said_so()
    {
        _record.Submit("masked", ConfidentialityLabels.MaskedFromProfessionals);
        _record.Submit("report");
        var changes = new ChangesSince(0, 50, Cast.Gp) { Entrance = Glass };
        Assert.Single(_record.Ask(changes).Value.Changes, change => change.Document is not null);

        Assert.Null(_record.Ask(new SetNotificationPreferences(
            Enum.GetValues<NotificationCategory>().ToDictionary(category => category, _ => true))).Refusal);
        _record.Pass(_record.Policy.EmergencySession);
        _record.Ask(changes);
        Assert.All(
            _record.State.PatientFeed.After(0, 50).Where(item => item.Code == ChangeCode.EmergencyAccess),
            item => Assert.False(item.IsSilent));
    }

    [Fact]
    public void A_secret_emergency_of_a_minor_is_told_to_the_person_and_to_no_parent()
    {
        _record.Represent("parent", _record.Now.AddYears(-17));
        var report = _record.Submit("report");
        Assert.Null(_record.Read(Cast.Gp, report, content: true, Glass with { IsSecret = true }).Refusal);

        Assert.Equal(1, Told());
        Assert.Single(_record.State.PatientAccesses, trace => trace.By == Cast.Gp);
        Assert.DoesNotContain(_record.AccessesOf(Cast.Parent), trace => trace.By == Cast.Gp);
        Assert.DoesNotContain(_record.Changes(Cast.Parent).Value.Changes, change => change.Item.Code == ChangeCode.EmergencyAccess);

        // What is not secret in the same session is news to the parents, and no longer to the person.
        _record.Read(Cast.Gp, report, content: true, Glass);
        Assert.Equal(1, Told());
        Assert.Single(_record.Changes(Cast.Parent).Value.Changes, change => change.Item.Code == ChangeCode.EmergencyAccess);
    }

    [Fact]
    public void Of_an_adult_nothing_is_secret_from_who_helps()
    {
        _record.Accept(_record.Submission("first") with { Traits = new("TEST", "Ada", "F", "19790315") });
        _record.Help("carer");
        var report = _record.Submit("report");
        _record.Read(Cast.Gp, report, content: true, Glass with { IsSecret = true });
        _record.Permit(Cast.Specialist);
        _record.Read(Cast.Specialist, report, content: true, Entrance.Normal with { IsSecret = true });

        Assert.Equal(2, _record.AccessesOf(Cast.Carer).Count);
        Assert.Contains(_record.Changes(Cast.Carer).Value.Changes, change => change.Item.Code == ChangeCode.EmergencyAccess);
        Assert.Contains(_record.Changes(Cast.Carer).Value.Changes, change => change.Item.Code == ChangeCode.DocumentConsulted);
    }

    private int Told() => _record.State.PatientFeed.After(0, 100).Count(item => item.Code == ChangeCode.EmergencyAccess);
}
