using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Tests.Aliases;

/// <summary>What others said in two records that become one: it ends as it would have in either.</summary>
public sealed class MergedConsentTests
{
    private static readonly PatientId Other = PatientId.Parse("1.2.250.1.213.1.4.10^260058815400233");
    private static readonly DateTimeOffset Birthday = new(2026, 3, 12, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_parent_permitted_in_either_ends_on_the_birthday(bool inTheOther)
    {
        var (here, there) = (TestRecord.Activated(), TestRecord.Activated());
        var said = inTheOther ? there : here;
        foreach (var record in new[] { here, there })
            record.Represent("parent", Birthday.AddYears(-18));
        said.Ask(new SetEmergencyAccess(null, null, true) { By = Cast.Parent });
        (inTheOther ? here : there).Emergency(masked: true);
        said.Ask(new SetPurposeConsent("DOCS", true, "1", "") { By = Cast.Parent });
        said.Ask(new AuthorizeProfessional(HolderKind.Professional, Cast.Gp.Id, null, null, "") { By = Cast.Parent });
        Merge(here, there);
        Assert.True(here.Ask(new GetConsents(false)).Value.Emergency.MaskedDocuments);
        Assert.Null(here.Ask(new GetRecord(Cast.Gp)).Refusal);

        here.Now = Birthday;
        here.Ask(new PerformDuties());

        var consents = here.Ask(new GetConsents(false)).Value;
        Assert.False(consents.Emergency.MaskedDocuments);
        Assert.Empty(consents.Purposes);
        Assert.Empty(consents.Authorizations);
        Assert.Empty(consents.Delegations);
        Assert.Equal((0, null), (here.Ask(new PerformDuties()).Value.Events, here.State.Duties.Next));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_announced_record_and_an_open_one_are_open_and_owe_no_opening(bool announcedHere)
    {
        var (announced, open) = (new TestRecord(), TestRecord.Activated());
        announced.Ask(new AnnounceRecord(Cast.Insurance));
        var (here, there) = announcedHere ? (announced, open) : (open, announced);
        Merge(here, there);

        Assert.Equal(RecordState.OpenActivated, here.State.Record.State);
        Assert.Null(here.State.Duties.DueOf(DutyKind.OpenAnnounced));
        here.Pass(TimeSpan.FromDays(60));
        Assert.Equal(0, here.Ask(new PerformDuties()).Value.Events);
    }

    [Fact]
    public void A_caregiver_keeps_the_place_although_the_delegation_has_another_number()
    {
        var (here, there) = (TestRecord.Activated(), TestRecord.Activated());
        here.Help("other");
        there.Help("carer");
        Merge(here, there);

        Assert.Equal(2, here.State.Delegations.All.Count(one => one.Kind == DelegationKind.Caregiving));
        Assert.True(here.AskQuietly(new HelpsOrMay("carer")).Value);
        Assert.Null(here.Ask(new GetRecord(Cast.Carer)).Refusal);
        var number = here.State.Delegations.All.Single(one => one.Subject == "carer").Number;
        Assert.Null(here.End(number).Refusal);
        Assert.False(here.AskQuietly(new HelpsOrMay("carer")).Value);
        Assert.Equal(RefusalCode.DelegationForbidden, here.AskInVain(new GetRecord(Cast.Carer)).Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_two_birth_dates_the_earlier_ends_the_representation_and_says_when_it_is_told(bool laterHere)
    {
        var (here, there) = (TestRecord.Activated(), TestRecord.Activated());
        here.Represent("parent", Birthday.AddYears(laterHere ? -17 : -18));
        there.Represent("parent", Birthday.AddYears(laterHere ? -18 : -17));
        Merge(here, there);

        Assert.Equal(Birthday, here.State.Duties.DueOf(DutyKind.Majority));
        here.Now = Birthday;
        here.Ask(new PerformDuties());
        Assert.Single(here.Events.OfType<MajorityReached>());
        Assert.Null(here.State.Duties.Next);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nobody_represents_whom_a_producer_knows_as_an_adult(bool adultHere)
    {
        var (adult, minor) = (TestRecord.Activated(), TestRecord.Activated());
        adult.Accept(adult.Submission("adult") with { Traits = new PatientTraits("TEST", "Ada", "F", "19790315") });
        minor.Represent("parent", Birthday.AddYears(-17));
        Assert.Null(minor.Ask(new GetRecord(Cast.Parent)).Refusal);
        var (here, there) = adultHere ? (adult, minor) : (minor, adult);
        Merge(here, there);

        Assert.Equal(RefusalCode.DelegationForbidden, here.AskInVain(new GetRecord(Cast.Parent)).Code);
        here.Ask(new PerformDuties());
        Assert.Null(here.State.Duties.DueOf(DutyKind.Majority));
        Assert.Equal("19790315", here.State.BirthDate);
    }

    [Fact]
    public void A_birth_date_that_was_stated_where_there_was_no_record_is_owed_once_there_is_one()
    {
        var (here, there) = (new TestRecord(), TestRecord.Activated());
        here.Represent("parent", Birthday.AddYears(-18));
        Merge(here, there);

        Assert.Equal(Birthday, here.State.Duties.DueOf(DutyKind.Majority));
    }

    [Fact]
    public void An_invitation_waits_although_one_of_the_other_record_ran_out()
    {
        var (here, there) = (TestRecord.Activated(), TestRecord.Activated());
        Assert.Null(there.Invite("carer").Refusal);
        here.Pass(here.Policy.DelegateInvitation + TimeSpan.FromDays(1));
        Assert.Null(here.Invite("carer").Refusal);
        Merge(here, there);

        Assert.NotEqual(0, here.AskQuietly(new FindInvitation(Cast.Carer)).Value);
        Assert.Null(here.Accept(Cast.Carer).Refusal);
        Assert.True(here.Accept(Cast.Carer).Value.AlreadySo);
        Assert.Null(here.Ask(new GetRecord(Cast.Carer)).Refusal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_person_sees_who_made_both_one_in_the_turn_that_did(bool openHere)
    {
        var (open, absent) = (TestRecord.Activated(), new TestRecord());
        absent.Represent("parent", Birthday.AddYears(-18));
        var (here, there) = openHere ? (open, absent) : (absent, open);
        Merge(here, there, Cast.Insurance);

        var access = Assert.Single(here.AccessesOf(Actor.Patient));
        Assert.Equal((AccessAction.SupportAlias, Cast.Insurance), (access.Trace.Action, access.By));
    }

    private static void Merge(TestRecord here, TestRecord there, Actor? by = null)
    {
        var entries = there.Events.Select((change, i) => new TakenEntry(change, new EventStamp(i + 1, 3, 101 + i))).ToList();
        var attempt = entries.Count + 1;
        here.Happened(new RecordPageTaken(here.Now, Actor.System, Other, attempt, 1, entries));
        Assert.NotNull(here.Ask(new MergeRecord(Other, attempt) { By = by }).Value.Merged);
    }
}
