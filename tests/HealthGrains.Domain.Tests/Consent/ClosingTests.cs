using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Records;

namespace HealthGrains.Domain.Tests.Consent;

/// <summary>What a closing ends, and what a re-opening does not bring back; and permits that could never hold.</summary>
public sealed class ClosingTests
{
    private readonly TestRecord _record = TestRecord.Activated();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_re_opening_brings_back_no_permit_and_no_helper_and_keeps_what_was_refused(bool asAnEarlierVersion)
    {
        _record.Policy = _record.Policy with { ReopenRestoresContent = true };
        _record.Permit(Cast.Gp);
        _record.Permit(Cast.OfficeA);
        _record.Ask(new AuthorizeProfessional(HolderKind.Professional, Cast.HospitalDoctor.Id, _record.Now.AddDays(3), null, ""));
        _record.Administrator(Cast.Gp);
        _record.Block(Cast.Specialist);
        _record.Deny(Cast.OfficeB);
        _record.Represent("parent", _record.Now.AddYears(-10));
        _record.Help("carer");
        _record.Invite("waiting");
        var id = _record.Submit("report");
        Assert.Null(_record.Read(Cast.Gp, id).Refusal);

        if (asAnEarlierVersion)
            _record.Happened(new RecordClosed(_record.Now, Actor.Patient, "why", false));
        else
            _record.Close();
        Assert.Null(_record.Ask(new OpenRecord { By = Cast.Parent }).Refusal);
        _record.Pass(TimeSpan.FromDays(4));

        foreach (var reader in new[] { Cast.Gp, Cast.GpColleague, Cast.HospitalDoctor.In(default) })
            Assert.Equal(RefusalCode.ConsentRequired, _record.Read(reader, id).Refusal?.Code);
        Assert.Equal(RefusalCode.AccessBlocked, _record.Read(Cast.Specialist, id).Refusal?.Code);
        Assert.Equal(RefusalCode.AccessDenied, _record.Read(Cast.Gp.In(Cast.OfficeB), id).Refusal?.Code);
        Assert.Equal(PatientSide.NotEntitled, _record.Read(Cast.Carer, id).Refusal);
        Assert.Equal(PatientSide.NotEntitled, _record.Accept(Cast.Delegate("waiting")).Refusal);
        Assert.Null(_record.Read(Cast.Parent, id).Refusal);
        var consents = _record.Ask(new GetConsents(false)).Value;
        Assert.False(Assert.Single(consents.Authorizations).Permit);
        Assert.Equal("parent", Assert.Single(consents.Delegations).Delegation.Subject);

        // And given anew, it holds; the administrator is not one again.
        _record.Permit(Cast.Gp);
        Assert.Null(_record.Read(Cast.Gp, id).Refusal);
        Assert.False(_record.State.Consent.IsAdministrator(Cast.IdOf(Cast.Gp), _record.Now));
        Assert.Equal(DelegationStatus.Pending, _record.Invite("carer").Value.Status);
    }

    [Fact]
    public void A_permit_that_is_over_before_it_is_given_is_refused()
    {
        var past = new AuthorizeProfessional(
            HolderKind.Professional, Cast.Gp.Id, _record.Now.AddDays(-3), _record.Now.AddDays(-1), "");
        Assert.Equal((RefusalCode.MetadataInvalid, "end"), (_record.AskInVain(past).Code, _record.AskInVain(past).Field));
        Assert.Equal(RefusalCode.MetadataInvalid, _record.AskInVain(past with { End = _record.Now }).Code);
        Assert.Null(_record.Ask(past with { End = _record.Now.AddTicks(1) }).Refusal);
    }
}
