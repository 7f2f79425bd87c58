using HealthGrains.Domain.Access;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Tests.Records;
using static HealthGrains.Domain.Documents.ConfidentialityLabels;

namespace HealthGrains.Domain.Tests.Access;

/// <summary>Who follows a record, who is told of a change, and who may still know at the moment of sending.</summary>
public sealed class FollowTests
{
    private readonly TestRecord _record = TestRecord.Activated();

    public FollowTests()
    {
        _record.Permit(Cast.Gp);
        _record.Ask(new FollowPatient(Cast.Gp));
    }

    [Fact]
    public void Only_who_may_read_may_follow()
    {
        Assert.Equal(RefusalCode.ConsentRequired, _record.AskInVain(new FollowPatient(Cast.Specialist)).Code);
        _record.Block(Cast.Specialist);
        Assert.Equal(RefusalCode.AccessBlocked, _record.AskInVain(new FollowPatient(Cast.Specialist)).Code);
        Assert.Equal(RefusalCode.PatientUnknown, new TestRecord().AskInVain(new FollowPatient(Cast.Gp)).Code);
        _record.Close();
        Assert.Equal(RefusalCode.RecordClosed, _record.AskInVain(new FollowPatient(Cast.Gp)).Code);
    }

    [Fact]
    public void Who_asked_to_follow_and_was_refused_is_seen_by_the_patient()
    {
        _record.AskInVain(new FollowPatient(Cast.Specialist));
        var trace = Assert.IsType<RecordAccessed>(_record.Events[^1]);
        Assert.Equal(
            (Cast.Specialist.Id, AccessAction.Follow, (RefusalCode?)RefusalCode.ConsentRequired),
            (trace.By.Id, trace.Trace.Action, trace.Trace.Refused));

        // Nothing can be kept of who asks for a record that is not there.
        var nobody = new TestRecord();
        nobody.AskInVain(new FollowPatient(Cast.Gp));
        Assert.Empty(nobody.Events);
    }

    [Fact]
    public void Following_twice_is_following_once_and_another_hat_takes_the_place_of_the_first()
    {
        Assert.True(_record.AskQuietly(new FollowPatient(Cast.Gp)).Value.AlreadySo);

        Assert.False(_record.Ask(new FollowPatient(Cast.Gp.In(Cast.OfficeB))).Value.AlreadySo);
        Assert.Equal(Cast.OfficeB, Assert.Single(_record.State.Followers).Value.Reader.Structure);
    }

    [Fact]
    public void A_record_full_of_followers_still_lets_one_of_them_change_hats()
    {
        for (var i = 10; _record.State.Followers.Count < FollowPatient.FollowersMax; i++)
            _record.Happened(new PatientFollowed(_record.Now, Cast.Gp with { Id = Cast.Rpps(i).ToString() }));
        _record.Permit(Cast.Specialist);

        Assert.Equal(RefusalCode.Overloaded, _record.AskInVain(new FollowPatient(Cast.Specialist)).Code);
        Assert.NotNull(_record.Ask(new FollowPatient(Cast.Gp.In(Cast.OfficeB))).Answer);
    }

    [Fact]
    public void Unfollowing_needs_no_authorisation_and_may_be_repeated()
    {
        _record.Revoke(Cast.Gp);

        Assert.False(_record.Ask(new UnfollowPatient(Cast.Gp)).Value.AlreadySo);
        Assert.True(_record.AskQuietly(new UnfollowPatient(Cast.Gp)).Value.AlreadySo);
        Assert.True(new TestRecord().AskQuietly(new UnfollowPatient(Cast.Gp)).Value.AlreadySo);
    }

    [Fact]
    public void A_follower_is_told_what_every_change_is_to_professionals()
    {
        _record.Submit("masked", MaskedFromProfessionals);
        Assert.Empty(Last().Recipients);

        // A new version lifts no mask by itself: what the patient masked stays masked.
        _record.Submit("corrected under the mask", replaces: "masked");
        Assert.Empty(Last().Recipients);

        _record.Accept(_record.Submission("unmasked", replaces: "corrected under the mask") with { Change = ChangeKind.ConfidentialityOnly });
        Assert.Equal((ChangeCode.DocumentAdded, 1), (Last().RecipientsCode, Last().Recipients.Count));

        _record.Submit("corrected", replaces: "unmasked");
        Assert.Equal((ChangeCode.DocumentModified, 1), (Last().RecipientsCode, Last().Recipients.Count));

        _record.Submit("masked again", MaskedFromProfessionals, replaces: "corrected");
        Assert.Empty(Last().Recipients);

        _record.Submit("hidden from the patient", HiddenFromPatient);
        Assert.Equal([Cast.IdOf(Cast.Gp)], Last().Recipients);
    }

    [Fact]
    public void A_follower_who_may_not_read_any_more_is_not_told_and_is_told_again_when_authorised_anew()
    {
        _record.Block(Cast.Gp);
        _record.Submit("one");
        Assert.Empty(Last().Recipients);

        _record.Unblock(Cast.Gp);
        _record.Submit("two");
        Assert.Empty(Last().Recipients);

        _record.Permit(Cast.Gp);
        _record.Submit("three");
        Assert.Equal([Cast.IdOf(Cast.Gp)], Last().Recipients);

        _record.Deny(Cast.OfficeA);
        _record.Submit("four");
        Assert.Empty(Last().Recipients);
    }

    [Fact]
    public void A_follower_is_told_of_a_withdrawal_unless_the_document_was_masked()
    {
        _record.Submit("report");
        _record.Submit("masked", MaskedFromProfessionals);

        _record.Withdraw("report");
        Assert.Equal([Cast.IdOf(Cast.Gp)], Assert.IsType<DocumentWithdrawn>(_record.Events[^1]).Recipients);

        _record.Withdraw("masked");
        Assert.Empty(Assert.IsType<DocumentWithdrawn>(_record.Events[^1]).Recipients);
    }

    [Fact]
    public void At_the_moment_of_sending_the_rights_of_that_moment_count()
    {
        var report = _record.Submit("report");
        var masked = _record.Submit("masked", MaskedFromProfessionals);
        var own = _record.Submit("own and masked", MaskedFromProfessionals, by: Cast.Gp, author: Cast.Gp);
        var withdrawn = _record.Submit("withdrawn");
        _record.Withdraw("withdrawn");
        var unknown = _record.Submission("unknown").NewId;

        Assert.Equal([true, false, true, true, false], _record.MayKnow(Cast.Gp, report, masked, own, withdrawn, unknown));

        _record.Revoke(Cast.Gp);
        Assert.Equal(
            [false, false, false, false, false], _record.MayKnow(Cast.Gp, report, masked, own, withdrawn, unknown));
    }

    [Fact]
    public void Asking_who_may_know_writes_nothing()
    {
        var report = _record.Submit("report");

        _record.AskQuietly(new MayKnow(PatientState.ReaderOf(Cast.Gp), [report]));
        _record.AskQuietly(new MayKnow(PatientState.ReaderOf(Cast.Specialist), [report]));
    }

    private DocumentSubmitted Last() => Assert.IsType<DocumentSubmitted>(_record.Events[^1]);
}
