using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Records;
using static HealthGrains.Domain.Documents.ConfidentialityLabels;

namespace HealthGrains.Domain.Tests.Delegates;

/// <summary>What others decided for a child, on the day on which the child can decide.</summary>
public sealed class MajorityTests
{
    private static readonly Entrance Glass = new(AccessMode.Emergency, "coma", false);

    // Of age at midnight of the tenth day.
    private readonly TestRecord _record = TestRecord.Activated();
    private readonly DateTimeOffset _birthday = new(2026, 3, 12, 0, 0, 0, TimeSpan.Zero);

    public MajorityTests() => Assert.Null(_record.Represent("parent", _birthday.AddYears(-18)).Refusal);

    [Fact]
    public void Whom_a_parent_invited_helps_no_longer_and_whom_the_person_invited_does()
    {
        _record.Invite("aunt", by: Cast.Parent);
        _record.Invite("friend");
        _record.Invite(Cast.Specialist.Id, by: Cast.Parent, kind: DelegationKind.HealthcareProfessional);
        foreach (var who in new[] { Cast.Delegate("aunt"), Cast.Delegate("friend"), Cast.Specialist })
            Assert.Null(_record.Accept(who).Refusal);
        var id = _record.Submit("report");
        Assert.Equal(_birthday, _record.Changes(Cast.Delegate("aunt")).Value.PermittedUntil);

        _record.Now = _birthday;

        Assert.Equal(PatientSide.NotEntitled, _record.Read(Cast.Delegate("aunt"), id).Refusal);
        Assert.Null(_record.Read(Cast.Delegate("friend"), id).Refusal);
        Assert.Equal(
            RefusalCode.CallerKindForbidden, _record.AskInVain(new GetConsents(false) { By = Cast.Specialist }).Code);
        var known = _record.Ask(new GetConsents(true)).Value.Delegations;
        Assert.Equal(
            ["parent Expired", "aunt Expired", "friend Accepted", Cast.Specialist.Id + " Expired"],
            known.Select(one => $"{one.Delegation.Subject} {one.Status}"));
        Assert.Equal(DelegationStatus.Pending, _record.Invite("aunt").Value.Status);
    }

    [Fact]
    public void What_a_parent_permitted_ends_and_what_a_parent_refused_stays_until_the_person_lifts_it()
    {
        Permit(Cast.Gp, Cast.Parent);
        Permit(Cast.HospitalDoctor, Actor.Patient);
        _record.Ask(new BlockProfessional(Cast.IdOf(Cast.Specialist)) { By = Cast.Parent });
        _record.Ask(new RevokeAuthorization(null, HolderKind.Organization, Cast.OfficeB.ToString(), true) { By = Cast.Parent });
        var id = _record.Submit("report");
        Assert.Null(_record.Read(Cast.Gp, id).Refusal);

        _record.Now = _birthday.AddTicks(-1);
        Assert.Null(_record.Read(Cast.Gp, id).Refusal);
        _record.Now = _birthday;

        Assert.Equal(RefusalCode.ConsentRequired, _record.Read(Cast.Gp, id).Refusal?.Code);
        Assert.Null(_record.Read(Cast.HospitalDoctor, id).Refusal);
        Assert.Equal(RefusalCode.AccessBlocked, _record.Read(Cast.Specialist, id).Refusal?.Code);
        Assert.Equal(RefusalCode.AccessDenied, _record.Read(Cast.Gp.In(Cast.OfficeB), id).Refusal?.Code);
        _record.Unblock(Cast.Specialist);
        Permit(Cast.Gp, Actor.Patient);
        Assert.Null(_record.Read(Cast.Gp, id).Refusal);
    }

    [Fact]
    public void An_administrator_whom_a_parent_named_is_none_any_more()
    {
        Permit(Cast.Gp, Actor.Patient);
        Assert.Null(_record.Ask(new SetAdministrator(Cast.IdOf(Cast.Gp), true) { By = Cast.Parent }).Refusal);
        var masked = _record.Submit("masked", MaskedFromProfessionals);
        Assert.Null(_record.Read(Cast.Gp, masked).Refusal);

        _record.Now = _birthday;

        Assert.Equal(RefusalCode.DocumentNotFound, _record.Read(Cast.Gp, masked).Refusal?.Code);
        Assert.False(Assert.Single(_record.Ask(new GetConsents(false)).Value.Authorizations).IsAdministrator);
        Assert.False(_record.Administrator(Cast.Gp).Value.AlreadySo);
        Assert.Null(_record.Read(Cast.Gp, masked).Refusal);
    }

    [Fact]
    public void An_emergency_reads_no_more_than_by_default_where_a_parent_permitted_more()
    {
        Assert.Null(_record.Ask(new SetEmergencyAccess(false, null, true) { By = Cast.Parent }).Refusal);
        var masked = _record.Submit("masked", MaskedFromProfessionals);
        var samu = new Entrance(AccessMode.RegulationCentre, "15", true);
        Assert.Null(_record.Read(Cast.Gp, masked, entrance: Glass).Refusal);
        Assert.Equal(RefusalCode.EmergencyRefused, _record.Read(Cast.Gp, masked, entrance: samu).Refusal?.Code);

        _record.Now = _birthday;

        Assert.Equal(RefusalCode.DocumentNotFound, _record.Read(Cast.Gp, masked, entrance: Glass).Refusal?.Code);
        Assert.Equal(RefusalCode.EmergencyRefused, _record.Read(Cast.Gp, masked, entrance: samu).Refusal?.Code);
        Assert.Equal(new EmergencyFlags(false, true, false), _record.Ask(new GetConsents(false)).Value.Emergency);
        Assert.False(_record.Emergency(masked: true).Value.AlreadySo);
        Assert.Null(_record.Read(Cast.Gp, masked, entrance: Glass).Refusal);
    }

    [Fact]
    public void The_representatives_are_reminded_while_they_may_read_it_and_the_person_on_the_day()
    {
        Assert.Equal(1, _record.Ask(new PerformDuties()).Value.Events);
        Assert.Equal(ChangeCode.MajorityReachedForRepresentatives, _record.Changes(Cast.Parent).Value.Changes[^1].Item.Code);
        Assert.DoesNotContain(_record.Changes(Actor.Patient).Value.Changes, change => IsReminder(change.Item.Code));
        _record.Accept(_record.Submission("report") with
        {
            Traits = new("TEST", "Noé", "M", "20080312"),
        });
        Assert.Equal(0, _record.Ask(new PerformDuties()).Value.Events);

        _record.Now = _birthday;
        Assert.Equal(1, _record.Ask(new PerformDuties()).Value.Events);

        Assert.Equal(ChangeCode.MajorityReached, _record.Changes(Actor.Patient).Value.Changes[^1].Item.Code);
        Assert.Single(_record.State.Feeds.Representatives.After(0, 99), item => IsReminder(item.Code));
    }

    [Fact]
    public void What_an_earlier_version_kept_ends_on_the_day_too()
    {
        // As they were written before: with no end of their own.
        _record.Happened(
            new AuthorizationGranted(_record.Now, Cast.Parent, new Authorization(
                1, HolderKind.Professional, Cast.Gp.Id, true, AuthorizationBasis.Patient, _record.Now, null, false)
            {
                GrantedBy = Cast.Parent,
            }),
            new AuthorizationGranted(_record.Now, Actor.Patient, new Authorization(
                2, HolderKind.Professional, Cast.Specialist.Id, true, AuthorizationBasis.Patient, _record.Now, null, false)),
            new AdministratorSet(_record.Now, Cast.Parent, [2], true),
            new EmergencyAccessSet(_record.Now, Cast.Parent, new EmergencyFlags(true, false, true)),
            new NotificationPreferencesSet(_record.Now, Cast.Parent, [NotificationCategory.Document]),
            new PurposeConsentSet(_record.Now, Cast.Parent, new PurposeConsent("DOCS", true, _record.Now, "1", "")),
            new PurposeConsentSet(_record.Now, Cast.Parent, new PurposeConsent(Purposes.SecondaryUse, false, _record.Now, "", "")));
        var masked = _record.Submit("masked", MaskedFromProfessionals);
        Assert.Null(_record.Read(Cast.Specialist, masked).Refusal);

        _record.Now = _birthday;
        _record.Happened(new MajorityReached(_record.Now, Actor.System));

        Assert.Equal(RefusalCode.ConsentRequired, _record.Read(Cast.Gp, masked).Refusal?.Code);
        Assert.Equal(RefusalCode.DocumentNotFound, _record.Read(Cast.Specialist, masked).Refusal?.Code);
        var consents = _record.Ask(new GetConsents(false)).Value;
        Assert.Equal(new EmergencyFlags(true, false, false), consents.Emergency);
        Assert.Equal(Purposes.SecondaryUse, Assert.Single(consents.Purposes).Purpose);
        Assert.Empty(_record.State.Preferences.Muted);

        // As it was counted then: the representatives too, at that time.
        Assert.Equal(ChangeCode.MajorityReachedForRepresentatives, _record.State.Feeds.Representatives.After(0, 99)[^1].Code);
    }

    private static bool IsReminder(ChangeCode code) =>
        code is ChangeCode.MajorityReached or ChangeCode.MajorityReachedForRepresentatives;

    private void Permit(Actor professional, Actor by) => Assert.Null(
        _record.Ask(new AuthorizeProfessional(HolderKind.Professional, professional.Id, null, null, "") { By = by }).Refusal);
}
