using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Domain.Turns;
using static HealthGrains.Domain.Documents.ConfidentialityLabels;

namespace HealthGrains.Domain.Tests.Access;

/// <summary>Emergencies: who is let in, that it stays in no memory, and that the patient always learns of it.</summary>
public sealed class EmergencyTests
{
    private static readonly Entrance Glass = new(AccessMode.Emergency, "Patient inconscient", false);

    private readonly TestRecord _record = TestRecord.Activated();

    [Fact]
    public void The_flags_are_told_together_and_one_that_is_not_named_stays()
    {
        Assert.Equal(new EmergencyFlags(true, true, false), _record.Ask(new GetConsents(false)).Value.Emergency);

        var change = _record.Emergency(masked: true).Value;
        Assert.Equal((new EmergencyFlags(true, true, true), false, 1), (change.Emergency, change.AlreadySo, change.ConsentVersion));
        Assert.Equal(new EmergencyFlags(false, true, true), _record.Emergency(regulation: false).Value.Emergency);

        Assert.True(_record.AskQuietly(new SetEmergencyAccess(false, true, null)).Value.AlreadySo);
        Assert.True(_record.AskQuietly(new SetEmergencyAccess(null, null, null)).Value.AlreadySo);
        _record.Restart();
        Assert.Equal(new EmergencyFlags(false, true, true), _record.Ask(new GetConsents(false)).Value.Emergency);
    }

    [Fact]
    public void What_the_patient_decided_outlives_another_default()
    {
        _record.Emergency(breakTheGlass: true);
        _record.Policy = new DomainPolicy { EmergencyDefaults = new EmergencyFlags(false, false, true) };

        Assert.Equal(new EmergencyFlags(true, true, false), _record.Ask(new GetConsents(false)).Value.Emergency);
    }

    [Fact]
    public void An_emergency_leaves_its_reason_tells_the_patient_and_gives_no_right()
    {
        var report = _record.Submit("report");
        var before = Codes().Count;

        Assert.Null(_record.Read(Cast.Gp, report, content: true, Glass).Refusal);
        var listed = _record.Ask(new ListDocuments(new DocumentFilter(), null, 50, Cast.Gp) { Entrance = Glass }).Value;
        var looked = _record.Ask(new GetRecord(Cast.Gp) { Entrance = Glass }).Value;

        Assert.Equal([report], listed.Documents.Select(view => view.Entry.Id));
        Assert.Equal((CallerStanding.NotAuthorized, 1), (looked.Standing, looked.Documents));
        Assert.Equal([ChangeCode.EmergencyAccess], Codes().Skip(before));
        Assert.All(_record.Accesses().Accesses, access =>
            Assert.Equal((AccessMode.Emergency, Glass.Reason), (access.Trace.Mode, access.Trace.Reason)));
        Assert.Equal(RefusalCode.ConsentRequired, _record.Read(Cast.Gp, report).Refusal?.Code);
        Assert.Empty(_record.Ask(new GetConsents(true)).Value.Authorizations);
    }

    [Fact]
    public void A_look_at_the_record_in_an_emergency_is_let_in_or_refused_and_traced()
    {
        _record.Emergency(breakTheGlass: false);

        Assert.Equal(RefusalCode.EmergencyRefused, _record.AskInVain(new GetRecord(Cast.Gp) { Entrance = Glass }).Code);

        var trace = Assert.Single(_record.Accesses().Accesses).Trace;
        Assert.Equal(
            (RefusalCode.EmergencyRefused, AccessStep.Mode, AccessMode.Emergency), (trace.Refused, trace.Step, trace.Mode));
        Assert.DoesNotContain(ChangeCode.EmergencyAccess, Codes());
    }

    [Fact]
    public void Reading_what_is_hidden_from_the_patient_is_told_without_its_id()
    {
        var hidden = _record.Submit("hidden", HiddenFromPatient);

        Assert.Null(_record.Read(Cast.Gp, hidden, content: true, Glass).Refusal);

        var trace = Assert.Single(_record.Accesses().Accesses).Trace;
        Assert.Empty(trace.Documents);
        var told = Assert.Single(_record.Changes(Actor.Patient).Value.Changes, change => change.Item.Code == ChangeCode.EmergencyAccess);
        Assert.Null(told.Item.Document);
    }

    [Fact]
    public void A_masked_document_shows_in_no_list_and_no_link_of_an_emergency_that_may_not_see_it()
    {
        _record.Submit("masked", MaskedFromProfessionals);
        var after = _record.Accept(_record.Submission("after", replaces: "masked") with { Change = ChangeKind.ConfidentialityOnly });

        Assert.Null(_record.Read(Cast.Gp, after, entrance: Glass).Value.Replaces);
        _record.Emergency(masked: true);
        Assert.NotNull(_record.Read(Cast.Gp, after, entrance: Glass).Value.Replaces);
        _record.Permit(Cast.Gp);
        Assert.Null(_record.Read(Cast.Gp, after).Value.Replaces);
    }

    [Fact]
    public void Parameters_say_whether_a_block_and_the_matrix_hold_in_an_emergency()
    {
        var sensitive = _record.Accept(_record.Submission("sensitive", type: "68599-0"));
        _record.Block(Cast.GpColleague);
        Assert.Equal(RefusalCode.AccessBlocked, _record.Read(Cast.GpColleague, sensitive, entrance: Glass).Refusal?.Code);

        _record.Policy = new DomainPolicy { BlockOverridesEmergency = false };
        Assert.Equal(RefusalCode.MatrixDenied, _record.Read(Cast.GpColleague, sensitive, entrance: Glass).Refusal?.Code);
        _record.Policy = _record.Policy with { EmergencyAppliesMatrix = false };
        Assert.Null(_record.Read(Cast.GpColleague, sensitive, entrance: Glass).Refusal);
        Assert.Equal(RefusalCode.AccessBlocked, _record.Read(Cast.GpColleague, sensitive).Refusal?.Code);
    }

    [Fact]
    public void Emergencies_are_served_first()
    {
        Assert.Equal(TurnPriority.EmergencyRead, new GetRecord(Cast.Gp) { Entrance = Glass }.Priority);
        Assert.Equal(
            TurnPriority.EmergencyRead, new ReadDocument(null, null, true, Cast.Gp) { Entrance = Glass }.Priority);
        Assert.Equal(TurnPriority.ProfessionalRead, new ReadDocument(null, null, true, Cast.Gp).Priority);
    }

    private List<ChangeCode> Codes() =>
        [.. _record.Changes(Actor.Patient).Value.Changes.Select(change => change.Item.Code)];
}
