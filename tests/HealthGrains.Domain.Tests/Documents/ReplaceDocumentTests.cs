using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Records;

namespace HealthGrains.Domain.Tests.Documents;

/// <summary>Replacing a document: the head of its chain only, by the author's side only, of the same type.</summary>
public sealed class ReplaceDocumentTests
{
    private readonly TestRecord _record = TestRecord.Activated();

    [Fact]
    public void A_replaced_document_is_deprecated_and_the_new_one_is_the_head()
    {
        var old = _record.Submit("report");

        var corrected = _record.Submit("corrected", replaces: "report");

        var (before, now) = (_record.State.Index.Entries[0], _record.State.Index.Entries[1]);
        Assert.Equal((DocumentStatus.Deprecated, corrected), (before.Status, before.ReplacedBy));
        Assert.Equal((DocumentStatus.Approved, old, old), (now.Status, now.Replaces, now.LineageId));
        Assert.Equal(2, before.EntryVersion);
        Assert.Equal(now, _record.State.Index.HeadOf(before));
    }

    [Fact]
    public void Only_the_head_may_be_replaced_and_the_refusal_names_it()
    {
        _record.Submit("report");
        _record.Submit("second", replaces: "report");
        var head = _record.Submit("third", replaces: "second");

        var refusal = _record.AskInVain(_record.Submission("fourth", replaces: "report"));

        Assert.Equal(RefusalCode.StaleVersion, refusal.Code);
        Assert.Equal(head.ToString(), refusal.Details?["head_document_id"]);
        Assert.Equal(TestRecord.Unique("third").ToString(), refusal.Details?["head_unique_id"]);
    }

    [Fact]
    public void A_stranger_learns_nothing_of_the_head()
    {
        _record.Submit("report");
        _record.Submit("second", replaces: "report");

        var refusal = _record.AskInVain(_record.Submission("forged", replaces: "report", by: Cast.ClinicSystem));

        Assert.Equal(RefusalCode.NotAuthor, refusal.Code);
        Assert.Null(refusal.Details);
    }

    [Fact]
    public void A_document_cannot_replace_itself()
    {
        Assert.Equal(
            RefusalCode.MetadataInvalid, _record.AskInVain(_record.Submission("report", replaces: "report")).Code);
    }

    [Fact]
    public void An_unknown_a_withdrawn_and_a_sealed_document_cannot_be_replaced_and_the_answers_are_the_same()
    {
        var unknown = _record.AskInVain(_record.Submission("new", replaces: "unknown"));
        _record.Submit("withdrawn");
        _record.Withdraw("withdrawn");
        var withdrawn = _record.AskInVain(_record.Submission("new", replaces: "withdrawn"));
        _record.Submit("sealed");
        _record.Close();
        _record.Ask(new OpenRecord());
        var @sealed = _record.AskInVain(_record.Submission("new", replaces: "sealed"));

        Assert.Equal(RefusalCode.TargetNotFound, unknown.Code);
        Assert.Equal(unknown, withdrawn);
        Assert.Equal(unknown, @sealed);
    }

    [Fact]
    public void A_replacement_keeps_the_type()
    {
        _record.Submit("report");

        var refusal = _record.AskInVain(_record.Submission("other", replaces: "report", type: "34112-3"));

        Assert.Equal((RefusalCode.MetadataInvalid, "metadata.type_code"), (refusal.Code, refusal.Field));
    }

    [Fact]
    public void Whoever_acts_for_the_authors_organisation_may_replace()
    {
        _record.Submit("report");
        _record.Submit("by a colleague", replaces: "report", by: Cast.GpColleague.In(Cast.Hospital));
        _record.Submit("by the author elsewhere", replaces: "by a colleague", by: Cast.HospitalDoctor.In(Cast.OfficeB));
        _record.Submit(
            "by the interface engine",
            replaces: "by the author elsewhere",
            by: Actor.Facility(Cast.InterfaceCompany, onBehalfOf: Cast.Hospital));
    }

    [Fact]
    public void A_company_that_sends_for_several_hospitals_may_not_touch_one_in_the_name_of_another()
    {
        _record.Submit("report", by: Actor.Facility(Cast.InterfaceCompany, onBehalfOf: Cast.Hospital));

        var forTheClinic = Actor.Facility(Cast.InterfaceCompany, onBehalfOf: Cast.Clinic);

        Assert.Equal(
            RefusalCode.NotAuthor,
            _record.AskInVain(_record.Submission("forged", replaces: "report", by: forTheClinic)).Code);
        Assert.Equal(RefusalCode.NotAuthor, _record.Withdraw("report", by: forTheClinic).Refusal?.Code);
    }

    [Fact]
    public void A_document_whose_author_names_no_organisation_is_managed_by_who_deposited_it()
    {
        var noOrganisation = Cast.HospitalDoctor.In(default);
        _record.Submit("report", author: noOrganisation);

        Assert.Equal(
            RefusalCode.NotAuthor,
            _record.AskInVain(_record.Submission("forged", replaces: "report", by: Cast.ClinicSystem)).Code);
        _record.Submit("corrected", replaces: "report", author: noOrganisation);
    }

    [Fact]
    public void New_content_is_told_as_a_modification_to_who_saw_the_old()
    {
        _record.Submit("report");
        _record.Submit("corrected", replaces: "report");

        Assert.Equal([ChangeCode.DocumentAdded, ChangeCode.DocumentModified], CodesTold(Actor.Patient));
    }

    [Fact]
    public void A_change_of_labels_alone_is_no_new_result()
    {
        Labels("report", ConfidentialityLabels.None, null, "body");
        Labels("for representatives", ConfidentialityLabels.HiddenFromRepresentatives, "report", "body");

        Assert.Equal([ChangeCode.DocumentAdded], CodesTold(Actor.Patient));
    }

    [Fact]
    public void A_change_of_labels_with_another_body_is_new_content_whatever_the_sender_says()
    {
        Labels("report", ConfidentialityLabels.None, null, "body");
        Labels("changed", ConfidentialityLabels.None, "report", "another body");

        Assert.Equal([ChangeCode.DocumentAdded, ChangeCode.DocumentModified], CodesTold(Actor.Patient));
    }

    [Fact]
    public void What_a_change_of_labels_makes_visible_is_told_as_added()
    {
        Labels("hidden", ConfidentialityLabels.HiddenFromPatient, null, "body");
        Assert.Empty(CodesTold(Actor.Patient));

        Labels("announced", ConfidentialityLabels.None, "hidden", "body");

        Assert.Equal([ChangeCode.DocumentAdded], CodesTold(Actor.Patient));
        Assert.Equal([1L], _record.Changes(Actor.Patient).Value.Changes.Select(change => change.Item.Sequence));
    }

    [Fact]
    public void A_withdrawn_replacement_does_not_revive_its_predecessor()
    {
        _record.Submit("report");
        _record.Submit("corrected", replaces: "report");
        _record.Withdraw("corrected");

        Assert.Equal(
            [DocumentStatus.Deprecated, DocumentStatus.Deleted],
            _record.State.Index.Entries.Select(entry => entry.Status));
        Assert.Empty(_record.List(Actor.Patient).Value.Documents);
    }

    private void Labels(string name, ConfidentialityLabels labels, string? replaces, string body) =>
        _record.Accept(_record.Submission(name, labels, replaces) with
        {
            Change = ChangeKind.ConfidentialityOnly,
            BodySha256 = Sha256.Of(System.Text.Encoding.UTF8.GetBytes(body)),
        });

    private IEnumerable<ChangeCode> CodesTold(Actor by) =>
        _record.Changes(by).Value.Changes.Select(change => change.Item.Code);
}
