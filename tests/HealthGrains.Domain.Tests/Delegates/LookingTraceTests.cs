using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Records;

namespace HealthGrains.Domain.Tests.Delegates;

/// <summary>Who looked at what is no document, who tried to act in the person's name, and what support did.</summary>
public sealed class LookingTraceTests
{
    private readonly TestRecord _record = TestRecord.Activated();

    [Fact]
    public void A_delegates_look_at_consents_and_traces_is_shown_to_the_person()
    {
        _record.Help("carer");
        _record.Ask(new GetConsents(false) { By = Cast.Carer });
        _record.AccessesOf(Cast.Carer);
        _record.Ask(new SetNotificationPreferences(new Dictionary<NotificationCategory, bool>()) { By = Cast.Carer });
        _record.Ask(new ExplainAccess(Cast.Carer, null, null, Entrance.Normal, null));
        Assert.Equal(
            [
                (AccessAction.ReadConsents, Cast.Carer), (AccessAction.ReadConsents, Cast.Carer),
                (AccessAction.ReadTraces, Cast.Carer), (AccessAction.ReadConsents, Cast.Carer),
            ],
            Of(Actor.Patient).Select(trace => (trace.Trace.Action, trace.By)));

        // The person's own looks leave none.
        _record.AskQuietly(new GetConsents(false));
        _record.AskQuietly(new ListAccesses(null, null, null, 200));
    }

    [Fact]
    public void What_a_former_delegate_tries_is_shown_whatever_it_was()
    {
        _record.Help("carer");
        _record.End(1);
        _record.AskInVain(new GetConsents(false) { By = Cast.Carer });
        _record.AskInVain(new ListAccesses(null, null, null, 50) { By = Cast.Carer });
        _record.AskInVain(_record.Submission("own", by: Cast.Carer));
        _record.AskInVain(new WithdrawDocument(TestRecord.Unique("own"), null, "", Cast.Carer));
        _record.AskInVain(new BlockProfessional(Cast.IdOf(Cast.Gp)) { By = Cast.Carer });
        _record.AskInVain(new CloseRecord("", false) { By = Cast.Carer });
        _record.AskInVain(new OpenRecord { By = Cast.Carer });
        _record.AskInVain(new AddDelegate("another", "", DelegationKind.Caregiving, null, null, Cast.Carer));
        _record.AskInVain(new RevokeDelegate(7, Cast.Carer));
        Assert.Equal(
            [
                AccessAction.ReadConsents, AccessAction.ReadTraces, AccessAction.Deposit, AccessAction.Deposit,
                AccessAction.ChangeConsents, AccessAction.ChangeConsents, AccessAction.ChangeConsents,
                AccessAction.ChangeConsents, AccessAction.ChangeConsents,
            ],
            Of(Actor.Patient).Reverse().Select(trace => trace.Trace.Action));
        Assert.All(Of(Actor.Patient), trace => Assert.Equal(
            (RefusalCode.DelegationForbidden, PatientSide.CallerStep, Cast.Carer), (trace.Trace.Refused, trace.Trace.Step, trace.By)));
    }

    [Fact]
    public void A_professional_who_looks_in_the_persons_name_is_shown_and_told()
    {
        _record.Invite(Cast.Specialist.Id, kind: DelegationKind.HealthcareProfessional);
        _record.Accept(Cast.Specialist);
        _record.AskInVain(new GetConsents(false) { By = Cast.Gp });
        Assert.Empty(Of(Actor.Patient));

        _record.Ask(new GetConsents(false) { By = Cast.Specialist });

        Assert.Equal(
            (AccessAction.ReadConsents, null), (Of(Actor.Patient)[0].Trace.Action, Of(Actor.Patient)[0].Trace.Refused));
        Assert.Equal(ChangeCode.RecordAccessed, _record.Changes(Actor.Patient).Value.Changes[^1].Item.Code);
        _record.Block(Cast.Specialist);
        _record.AskInVain(new GetConsents(false) { By = Cast.Specialist });
        Assert.Equal(RefusalCode.CallerKindForbidden, Of(Actor.Patient)[0].Trace.Refused);
    }

    [Fact]
    public void What_support_did_is_shown_to_every_side()
    {
        _record.Represent("parent", _record.Now.AddYears(-10));
        _record.Attending(Cast.Gp);
        _record.Ask(new TraceSupport(Cast.Insurance, AccessAction.SupportVerify));
        Assert.Null(_record.End(1, Cast.Insurance).Refusal);
        _record.AskQuietly(new SetAttendingPhysician(Cast.IdOf(Cast.Gp), Cast.Insurance));
        Assert.Equal(
            [
                AccessAction.SupportDelegates, AccessAction.SupportVerify, AccessAction.SupportPhysician,
                AccessAction.SupportDelegates,
            ],
            Of(Actor.Patient).Select(trace => trace.Trace.Action));
        Assert.All(Of(Actor.Patient), trace => Assert.Equal(Cast.Insurance, trace.By));
        Assert.Equal(4, _record.State.AccessesOf(PatientAudience.Caregivers).Count);

        // Where there is no record, there is nothing to keep it.
        var absent = new TestRecord();
        Assert.False(absent.AskQuietly(new TraceSupport(Cast.Insurance, AccessAction.SupportVerify)).Value);
    }

    [Fact]
    public void An_emergency_that_is_only_tried_is_shown_and_told_to_nobody_and_opens_nothing()
    {
        var glass = new Entrance(AccessMode.Emergency, "coma", false);
        var told = _record.State.PatientFeed.Last;

        Assert.True(_record.Ask(new ExplainAccess(Cast.Gp, null, null, glass, null)).Value.Verdict!.Outcome.IsAllowed); // ! one asked
        _record.Emergency(breakTheGlass: false);
        _record.Ask(new ExplainAccess(Cast.Gp, null, null, glass, null));

        Assert.Equal(
            [(AccessMode.Emergency, "coma", (RefusalCode?)RefusalCode.EmergencyRefused), (AccessMode.Emergency, "coma", null)],
            Of(Actor.Patient).Select(trace => (trace.Trace.Mode, trace.Trace.Reason, trace.Trace.Refused)));
        Assert.All(Of(Actor.Patient), trace => Assert.Equal(AccessAction.Explain, trace.Trace.Action));
        Assert.Equal(told, _record.State.PatientFeed.Last);
        Assert.DoesNotContain(_record.Events, change => change is EmergencySessionOpened);
        _record.AskQuietly(new ExplainAccess(Cast.Gp, null, null, Entrance.Normal, null));
    }

    private IReadOnlyList<TracedAccess> Of(Actor by) => _record.AccessesOf(by);
}
