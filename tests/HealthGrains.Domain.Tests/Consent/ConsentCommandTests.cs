using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Records;

namespace HealthGrains.Domain.Tests.Consent;

/// <summary>Permits, denials, blocks: each change is idempotent, the newest word counts, a denial wins.</summary>
public sealed class ConsentCommandTests
{
    private readonly TestRecord _record = TestRecord.Activated();

    [Fact]
    public void Consent_is_changed_in_an_activated_open_record_only()
    {
        foreach (var command in EveryCommand())
        {
            Assert.Equal(RefusalCode.PatientUnknown, new TestRecord().AskInVain(command).Code);
            Assert.Equal(RefusalCode.RecordNotActivated, TestRecord.Open().AskInVain(command).Code);
            var closed = TestRecord.Activated();
            closed.Close();
            Assert.Equal(RefusalCode.RecordClosed, closed.AskInVain(command).Code);
        }

        Assert.Equal(RefusalCode.RecordNotActivated, TestRecord.Open().AskInVain(new GetConsents(true)).Code);
    }

    [Fact]
    public void Every_change_repeated_is_so_already_and_writes_nothing()
    {
        _record.Permit(Cast.Gp);
        _record.Permit(Cast.OfficeB);
        Assert.True(_record.AskQuietly(Permit(Cast.Gp.Id)).Value.AlreadySo);
        _record.Revoke(Cast.Gp);
        Assert.True(Quietly(() => _record.Revoke(Cast.Gp)).AlreadySo);
        _record.Deny(Cast.OfficeA);
        Assert.True(Quietly(() => _record.Deny(Cast.OfficeA)).AlreadySo);
        _record.Block(Cast.Gp);
        Assert.True(Quietly(() => _record.Block(Cast.Gp)).AlreadySo);
        _record.Unblock(Cast.Gp);
        Assert.True(Quietly(() => _record.Unblock(Cast.Gp)).AlreadySo);
    }

    [Fact]
    public void The_version_grows_with_every_change_and_with_nothing_else()
    {
        var one = _record.Permit(Cast.Gp).Value.ConsentVersion;
        var two = _record.Block(Cast.Gp).Value.ConsentVersion;
        Assert.Equal(one + 1, two);
        Assert.Equal(two, _record.Block(Cast.Gp).Value.ConsentVersion);
        _record.Submit("report");
        Assert.Equal(two, _record.Ask(new GetConsents(true)).Value.Version);
    }

    [Fact]
    public void A_blocked_professional_cannot_be_authorised_before_the_block_is_removed()
    {
        _record.Block(Cast.Gp);

        Assert.Equal(RefusalCode.AccessBlocked, _record.Permit(Cast.Gp).Refusal?.Code);
    }

    [Fact]
    public void A_block_ends_every_permit_that_names_the_professional_also_those_to_come()
    {
        _record.Permit(Cast.Gp);
        _record.Ask(Permit(Cast.Gp.Id) with { Start = _record.Now.AddDays(1) });

        Assert.Equal(2, _record.Block(Cast.Gp).Value.Ended.Count);
        _record.Unblock(Cast.Gp);
        _record.Pass(TimeSpan.FromDays(2));

        Assert.Equal(RefusalCode.ConsentRequired, _record.List(Cast.Gp).Refusal?.Code);
        Assert.Empty(_record.Ask(new GetConsents(false)).Value.Authorizations);
    }

    [Fact]
    public void A_block_stops_reading_under_a_permit_of_the_structure_too()
    {
        _record.Permit(Cast.OfficeA);
        _record.Block(Cast.Gp);

        Assert.Equal(RefusalCode.AccessBlocked, _record.List(Cast.Gp).Refusal?.Code);
        Assert.Null(_record.List(Cast.GpColleague).Refusal);
        _record.Unblock(Cast.Gp);
        Assert.Null(_record.List(Cast.Gp).Refusal); // The permit names the structure and never ended.
    }

    [Fact]
    public void A_denial_wins_over_any_permit_for_who_acts_there_and_for_nobody_else()
    {
        _record.Permit(Cast.Gp);
        _record.Permit(Cast.OfficeA);
        _record.Deny(Cast.OfficeA);

        Assert.Equal(RefusalCode.AccessDenied, _record.List(Cast.Gp).Refusal?.Code);
        Assert.Null(_record.List(Cast.Gp.In(Cast.OfficeB)).Refusal);
    }

    [Fact]
    public void A_permit_on_an_organisation_ends_the_denial_before_it()
    {
        _record.Deny(Cast.OfficeA);
        Assert.Equal(RefusalCode.AccessDenied, _record.List(Cast.Gp).Refusal?.Code);

        _record.Permit(Cast.OfficeA);

        Assert.Null(_record.List(Cast.Gp).Refusal);
    }

    [Fact]
    public void A_permit_after_a_denial_is_in_force_also_where_another_permit_had_stayed()
    {
        _record.Permit(Cast.OfficeA);
        var second = _record.Ask(Permit(Cast.OfficeA) with { End = _record.Now.AddDays(9) }).Value.Granted!.Number;
        _record.Ask(new RevokeAuthorization(second, default, null, Deny: true));
        Assert.Equal(RefusalCode.AccessDenied, _record.List(Cast.Gp).Refusal?.Code);

        _record.Permit(Cast.OfficeA);

        Assert.Null(_record.List(Cast.Gp).Refusal);
    }

    [Fact]
    public void One_authorisation_is_ended_by_its_number_and_the_others_stay()
    {
        var first = _record.Permit(Cast.Gp).Value.Granted!.Number;
        _record.Ask(Permit(Cast.Gp.Id) with { End = _record.Now.AddDays(9) });

        Assert.Equal([first], _record.Ask(Revoke(first)).Value.Ended.Select(ended => ended.Number));
        Assert.Null(_record.List(Cast.Gp).Refusal);
        Assert.True(_record.AskQuietly(Revoke(first)).Value.AlreadySo);
    }

    [Fact]
    public void A_denial_is_ended_by_its_number()
    {
        _record.Deny(Cast.OfficeA);
        var denial = _record.Ask(new GetConsents(false)).Value.Authorizations[0].Number;

        Assert.False(_record.Ask(Revoke(denial)).Value.AlreadySo);

        Assert.Equal(RefusalCode.ConsentRequired, _record.List(Cast.Gp).Refusal?.Code);
    }

    [Fact]
    public void An_authorisation_that_there_never_was_is_not_found()
    {
        Assert.Equal(RefusalCode.TargetNotFound, _record.AskInVain(Revoke(7)).Code);
        Assert.Equal(RefusalCode.TargetNotFound, _record.AskInVain(Revoke(7) with { Deny = true }).Code);
    }

    [Fact]
    public void A_denial_lasts_until_the_permit_that_is_to_follow_it_begins()
    {
        _record.Permit(Cast.Gp);
        _record.Deny(Cast.OfficeA);
        var id = _record.Submit("report");
        Assert.Equal(RefusalCode.AccessDenied, _record.Read(Cast.Gp, id).Refusal?.Code);

        var monday = _record.Now.AddDays(7);
        Assert.Null(_record.Ask(new AuthorizeProfessional(
            HolderKind.Organization, Cast.OfficeA.ToString(), monday, null, "")).Refusal);
        Assert.Equal(RefusalCode.AccessDenied, _record.Read(Cast.Gp, id).Refusal?.Code);
        _record.Now = monday.AddTicks(-1);
        Assert.Equal(RefusalCode.AccessDenied, _record.Read(Cast.Gp, id).Refusal?.Code);
        _record.Now = monday;
        Assert.Null(_record.Read(Cast.Gp, id).Refusal);
    }

    [Fact]
    public void A_denial_that_ends_by_itself_is_none_when_another_is_asked_for()
    {
        _record.Permit(Cast.Gp);
        _record.Deny(Cast.OfficeA);
        var id = _record.Submit("report");
        var monday = _record.Now.AddDays(7);
        _record.Ask(new AuthorizeProfessional(HolderKind.Organization, Cast.OfficeA.ToString(), monday, null, ""));
        Assert.Null(_record.Deny(Cast.OfficeA).Refusal);
        _record.Now = monday.AddDays(1);
        Assert.Equal(RefusalCode.AccessDenied, _record.Read(Cast.Gp, id).Refusal?.Code);
    }

    [Fact]
    public void A_person_cannot_be_denied_but_blocked()
    {
        var number = _record.Permit(Cast.Gp).Value.Granted!.Number;

        Assert.Equal(RefusalCode.MetadataInvalid, _record.AskInVain(Revoke(number) with { Deny = true }).Code);
        Assert.Equal(
            RefusalCode.MetadataInvalid,
            _record.AskInVain(new RevokeAuthorization(null, HolderKind.Professional, Cast.Gp.Id, true)).Code);
        Assert.Null(_record.List(Cast.Gp).Refusal);
    }

    [Fact]
    public void A_denial_by_number_repeated_is_so_already()
    {
        var number = _record.Permit(Cast.OfficeA).Value.Granted!.Number;
        _record.Ask(Revoke(number) with { Deny = true });

        Assert.True(_record.AskQuietly(Revoke(number) with { Deny = true }).Value.AlreadySo);
        Assert.True(_record.AskQuietly(
            new RevokeAuthorization(number, HolderKind.Organization, Cast.OfficeA.ToString(), true)).Value.AlreadySo);
    }

    [Fact]
    public void A_denied_organisation_may_never_have_had_a_permit()
    {
        _record.Permit(Cast.Gp);
        Assert.False(_record.Deny(Cast.OfficeA).Value.AlreadySo);
        Assert.Equal(RefusalCode.AccessDenied, _record.List(Cast.Gp).Refusal?.Code);
    }

    [Fact]
    public void A_permit_ends_after_it_starts()
    {
        Assert.Equal(RefusalCode.MetadataInvalid, _record.Permit(Cast.Gp, _record.Now).Refusal?.Code);
    }

    [Fact]
    public void A_permit_without_an_end_lasts_as_long_as_configured()
    {
        _record.Policy = new DomainPolicy { AuthorizationDefaultDuration = TimeSpan.FromDays(30) };
        _record.Permit(Cast.Gp);
        _record.Pass(TimeSpan.FromDays(30) - TimeSpan.FromTicks(1));
        Assert.Null(_record.List(Cast.Gp).Refusal);

        _record.Pass(TimeSpan.FromTicks(1));

        Assert.Equal(RefusalCode.ConsentRequired, _record.List(Cast.Gp).Refusal?.Code);
    }

    [Fact]
    public void A_holder_has_only_so_many_permits_that_one_revocation_is_one_turn()
    {
        var number = 0;
        Refusal? refusal = null;
        for (; refusal is null && number < 2_000; number++)
            refusal = _record.Ask(Permit(Cast.Gp.Id) with { Start = _record.Now, End = _record.Now.AddDays(1 + number) }).Refusal;
        Assert.Equal(RefusalCode.Overloaded, refusal?.Code);

        var before = _record.Events.Count;
        _record.Revoke(Cast.Gp);

        Assert.InRange(_record.Events.Count - before, 1, 999);
        Assert.Equal(RefusalCode.ConsentRequired, _record.List(Cast.Gp).Refusal?.Code);
    }

    [Fact]
    public void Permits_that_have_run_out_do_not_count_against_the_maximum()
    {
        for (var i = 0; i < AuthorizeProfessional.ActiveMax; i++)
        {
            _record.Happened(new Domain.Patients.AuthorizationGranted(_record.Now, Domain.Actors.Actor.Patient, new Authorization(
                i + 1, HolderKind.Professional, Cast.Rpps(i + 100).ToString(), true, AuthorizationBasis.Patient, _record.Now,
                _record.Now.AddDays(1), false)));
        }

        Assert.Equal(RefusalCode.Overloaded, _record.Permit(Cast.Gp).Refusal?.Code);
        _record.Pass(TimeSpan.FromDays(1));
        Assert.Null(_record.Permit(Cast.Gp).Refusal);
    }

    [Fact]
    public void The_patient_sees_what_is_in_force_and_on_request_what_was()
    {
        _record.Permit(Cast.Gp, _record.Now.AddDays(1));
        _record.Permit(Cast.OfficeB);
        _record.Block(Cast.Specialist);
        _record.Pass(TimeSpan.FromHours(1));
        _record.Block(Cast.HospitalDoctor);
        _record.Unblock(Cast.Specialist);
        _record.Pass(TimeSpan.FromHours(1));
        _record.Block(Cast.Specialist);
        _record.Pass(TimeSpan.FromDays(1));

        var now = _record.Ask(new GetConsents(false)).Value;
        Assert.Equal([Cast.OfficeB.ToString()], now.Authorizations.Select(authorization => authorization.HolderId));
        Assert.Equal([Cast.HospitalDoctor.Id, Cast.Specialist.Id], now.Blocked.Select(block => block.Key));
        Assert.Equal(2, _record.Ask(new GetConsents(true)).Value.Authorizations.Count);
    }

    private static IEnumerable<ConsentCommand> EveryCommand() =>
    [
        Permit(Cast.Gp.Id),
        Revoke(1),
        new BlockProfessional(Cast.IdOf(Cast.Gp)),
        new UnblockProfessional(Cast.IdOf(Cast.Gp)),
    ];

    private static AuthorizeProfessional Permit(string professional) =>
        new(HolderKind.Professional, professional, null, null, "");

    private static AuthorizeProfessional Permit(StructureId structure) =>
        new(HolderKind.Organization, structure.ToString(), null, null, "");

    private static RevokeAuthorization Revoke(int number) => new(number, default, null, false);

    private ConsentChange Quietly(Func<Turns.TurnResult<ConsentChange>> change)
    {
        var before = _record.Events.Count;
        var answer = change().Value;
        Assert.Equal(before, _record.Events.Count);
        return answer;
    }
}
