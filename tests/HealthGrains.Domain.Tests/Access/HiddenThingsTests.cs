using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Records;
using static HealthGrains.Domain.Documents.ConfidentialityLabels;

namespace HealthGrains.Domain.Tests.Access;

/// <summary>What a caller may not see shows nowhere: not in a code, a count, a sequence, a link or a trace.</summary>
public sealed class HiddenThingsTests
{
    private readonly TestRecord _record = TestRecord.Activated();

    public HiddenThingsTests() => _record.Permit(Cast.Gp);

    [Fact]
    public void Unknown_withdrawn_sealed_and_masked_documents_get_one_answer_and_one_trace_each()
    {
        var unknown = _record.Submission("unknown").NewId;
        var @sealed = _record.Submit("sealed");
        _record.Close();
        _record.Ask(new OpenRecord());
        _record.Permit(Cast.Gp);
        var masked = _record.Submit("masked", MaskedFromProfessionals);
        var withdrawn = _record.Submit("withdrawn");
        _record.Withdraw("withdrawn");
        var traces = _record.State.Accesses.Count;

        var refusals = new[] { unknown, @sealed, masked, withdrawn }
            .Select(id => _record.Read(Cast.Gp, id).Refusal).Distinct().ToList();

        Assert.Equal([RefusalCode.DocumentNotFound], refusals.Select(refusal => refusal!.Code));
        Assert.Equal(traces + 4, _record.State.Accesses.Count);
    }

    [Fact]
    public void The_trace_of_a_masked_document_says_which_step_refused()
    {
        _record.Read(Cast.Gp, _record.Submit("masked", MaskedFromProfessionals));

        Assert.Equal(AccessStep.Labels, _record.State.Accesses[^1].Trace.Step);
    }

    [Fact]
    public void Counts_and_sequences_are_those_of_what_the_caller_may_see()
    {
        _record.Submit("for all");
        _record.Submit("masked", MaskedFromProfessionals);
        _record.Submit("hidden", HiddenFromPatient);

        var professional = _record.Ask(new GetRecord(Cast.Gp)).Value;
        var patient = _record.Ask(new GetRecord(Actor.Patient)).Value;

        Assert.Equal((2, 2), (professional.Documents, professional.Sequence));
        Assert.Equal(2, patient.Documents);
        Assert.Equal([1L, 2L], _record.Changes(Cast.Gp).Value.Changes.Select(change => change.Item.Sequence));
        Assert.Equal(
            ["for all", "masked"],
            _record.Changes(Actor.Patient).Value.Changes
                .Where(change => change.Item.Code == ChangeCode.DocumentAdded)
                .Select(change => change.Document!.Entry.Metadata.Title));
    }

    [Theory]
    [InlineData(MaskedFromProfessionals)]
    [InlineData(HiddenFromPatient)]
    public void Stricter_labels_on_the_same_report_cover_its_older_versions_too(ConfidentialityLabels stricter)
    {
        var by = stricter == MaskedFromProfessionals ? Cast.Gp : Actor.Patient;
        var other = stricter == MaskedFromProfessionals ? Actor.Patient : Cast.Gp;
        var first = Body("first", None, null, "body 1");
        var second = Body("second", None, "first", "body 2");
        Body("stricter", stricter, "second", "body 2");

        foreach (var old in new[] { first, second })
        {
            Assert.Equal(RefusalCode.DocumentNotFound, _record.Read(by, old, content: true).Refusal?.Code);
            Assert.Null(_record.Read(other, old).Refusal);
        }

        Assert.Empty(_record.List(by, DocumentStatus.Deprecated).Value.Documents);
        Assert.Equal([false, false], _record.MayKnow(Cast.Gp, first, second).Select(may => may && by == Cast.Gp));
        var told = _record.Changes(by).Value.Changes.Where(change => change.Item.Code is ChangeCode.DocumentAdded or ChangeCode.DocumentModified);
        Assert.All(told, change => Assert.Equal((null, null, Actor.System), (change.Document, change.Item.Document, change.Item.By)));

        Body("looser", None, "stricter", "body 2");
        Assert.Equal(RefusalCode.DocumentNotFound, _record.Read(by, first).Refusal?.Code);
    }

    private DocumentId Body(string name, ConfidentialityLabels labels, string? replaces, string body) =>
        _record.Accept(_record.Submission(name, labels, replaces) with
        {
            Change = ChangeKind.ConfidentialityOnly,
            BodySha256 = TestRecord.ContentOf(body).Sha256,
        });

    [Fact]
    public void An_old_version_does_not_name_a_newer_one_that_the_patient_may_not_see()
    {
        var old = _record.Submit("report");
        _record.Submit("diagnosis", HiddenFromPatient, replaces: "report");

        var view = _record.Read(Actor.Patient, old).Value;

        Assert.Null(view.ReplacedBy);
        Assert.Null(view.Entry.ReplacedBy);
        Assert.NotNull(_record.Read(Cast.Gp, old).Value.ReplacedBy);
    }

    [Fact]
    public void A_new_version_does_not_name_an_older_one_that_the_caller_may_not_see()
    {
        _record.Submit("hidden", HiddenFromPatient);
        var announced = _record.Submit("announced", replaces: "hidden");

        var view = _record.Read(Actor.Patient, announced).Value;

        Assert.Null(view.Replaces);
        Assert.Null(view.Entry.Replaces);
        Assert.Equal(announced, view.Entry.LineageId);
        Assert.NotNull(_record.Read(Cast.Gp, announced).Value.Replaces);
    }

    [Fact]
    public void The_links_of_a_chain_skip_the_versions_that_the_caller_may_not_see()
    {
        var first = _record.Submit("first");
        _record.Submit("masked", MaskedFromProfessionals, replaces: "first");
        var third = _record.Accept(_record.Submission("third", replaces: "masked") with { Change = ChangeKind.ConfidentialityOnly });

        Assert.Equal(TestRecord.Unique("third"), _record.Read(Cast.Gp, first).Value.ReplacedBy);
        Assert.Equal(TestRecord.Unique("first"), _record.Read(Cast.Gp, third).Value.Replaces);
        Assert.Equal(first, _record.Read(Cast.Gp, third).Value.Entry.LineageId);
        Assert.Equal(TestRecord.Unique("masked"), _record.Read(Actor.Patient, first).Value.ReplacedBy);
    }

    [Fact]
    public void An_entry_does_not_name_a_twin_that_the_caller_may_not_see()
    {
        _record.Submit("n1", HiddenFromPatient);
        var n3 = _record.Submit("n3", twinOf: "n1");

        Assert.Null(_record.Read(Actor.Patient, n3).Value.Entry.Twin);
        Assert.Equal(TestRecord.Unique("n1"), _record.Read(Cast.Gp, n3).Value.Entry.Twin);
    }

    [Fact]
    public void An_entry_does_not_say_how_many_documents_came_before_it()
    {
        _record.Submit("hidden", HiddenFromPatient);
        var seen = _record.Submit("seen");

        Assert.Equal(0, _record.Read(Actor.Patient, seen).Value.Entry.Ordinal);
    }

    [Fact]
    public void The_only_rendering_that_the_caller_may_see_is_not_left_out_for_its_hidden_twin()
    {
        _record.Submit("n1", MaskedFromProfessionals);
        var n3 = _record.Submit("n3", twinOf: "n1");

        var page = _record.ListRelevant(Cast.Gp).Value;

        Assert.Equal([n3], page.Documents.Select(view => view.Entry.Id));
        Assert.Equal(0, page.LeftOut);
    }

    [Fact]
    public void What_relevance_left_out_is_counted_only_if_the_caller_may_see_it()
    {
        _record.Submit("n1");
        _record.Submit("n3", twinOf: "n1");
        _record.Submit("masked", MaskedFromProfessionals);
        Accept("old", -3);
        Accept("old and masked", -3, MaskedFromProfessionals);

        var page = _record.ListRelevant(Cast.Gp).Value;

        Assert.Equal(["n1"], page.Documents.Select(view => view.Entry.Metadata.Title));
        Assert.Equal(2, page.LeftOut);
    }

    [Fact]
    public void The_patients_traces_are_numbered_without_the_withheld_ones()
    {
        var hidden = _record.Submit("hidden", HiddenFromPatient);
        var seen = _record.Submit("seen");
        _record.Read(Cast.Gp, seen);
        _record.Read(Cast.Gp, hidden, content: true);
        _record.List(Cast.Gp);

        var page = _record.Accesses().Accesses;

        Assert.Equal([2, 1], page.Select(access => access.Sequence));
        Assert.Equal([seen], page[0].Trace.Documents);
        Assert.Equal(3, _record.State.Accesses.Count);
    }

    [Fact]
    public void Pages_of_traces_follow_each_other_by_the_patients_own_numbers()
    {
        var hidden = _record.Submit("hidden", HiddenFromPatient);
        var seen = _record.Submit("seen");
        for (var i = 0; i < 5; i++)
        {
            _record.Read(Cast.Gp, seen);
            _record.Read(Cast.Gp, hidden);
        }

        var numbers = new List<int>();
        for (int? before = null; ;)
        {
            var page = _record.Ask(new ListAccesses(null, null, before, 2)).Value;
            numbers.AddRange(page.Accesses.Select(access => access.Sequence));
            if (page.Next is not { } next)
                break;
            before = next;
        }

        Assert.Equal([5, 4, 3, 2, 1], numbers);
    }

    [Fact]
    public void The_patient_is_not_told_of_an_access_whose_trace_is_withheld()
    {
        var hidden = _record.Submit("hidden", HiddenFromPatient);
        _record.Read(Cast.Gp, hidden, content: true);
        Assert.Equal(0, _record.Changes(Actor.Patient).Value.Last);

        // The next access of the day that may be told is then the first one.
        _record.List(Cast.Gp);
        Assert.Equal(
            [ChangeCode.RecordAccessed],
            _record.Changes(Actor.Patient).Value.Changes.Select(change => change.Item.Code));
    }

    [Fact]
    public void A_refused_attempt_at_a_hidden_document_is_shown_like_one_at_a_document_that_does_not_exist()
    {
        _record.Read(Cast.Specialist, _record.Submit("hidden", HiddenFromPatient), content: true);
        _record.Read(Cast.Specialist, _record.Submission("unknown").NewId, content: true);

        var traces = _record.Accesses().Accesses;

        Assert.Equal(2, traces.Count);
        Assert.All(traces, access => Assert.Empty(access.Trace.Documents));
        Assert.Equal(traces[0].Trace.Refused, traces[1].Trace.Refused);
    }

    [Fact]
    public void A_list_that_showed_a_hidden_document_is_traced_without_it()
    {
        _record.Submit("hidden", HiddenFromPatient);
        var seen = _record.Submit("seen");
        _record.List(Cast.Gp);

        Assert.Equal([seen], _record.Accesses().Accesses[0].Trace.Documents);
        Assert.Equal(2, _record.State.Accesses[0].Trace.Documents.Count);
    }

    [Fact]
    public void After_a_reopening_the_changes_before_it_keep_their_numbers_and_nothing_else()
    {
        _record.Submit("before");
        _record.Close();
        _record.Ask(new OpenRecord());
        _record.Permit(Cast.Gp);
        var after = _record.Submit("after");

        foreach (var by in new[] { Cast.Gp, Actor.Patient })
        {
            var changes = _record.Changes(by).Value.Changes;
            Assert.Equal((1L, null, Actor.System), (changes[0].Item.Sequence, changes[0].Item.Document, changes[0].Item.By));
            Assert.Null(changes[0].Document);
            Assert.Equal((2L, after), (changes[1].Item.Sequence, changes[1].Item.Document));
        }
    }

    [Fact]
    public void A_sealed_document_is_in_no_list_no_count_and_no_news()
    {
        var before = _record.Submit("before", author: Cast.Gp);
        _record.Close();
        _record.Ask(new OpenRecord());
        _record.Permit(Cast.Gp);

        Assert.Empty(_record.List(Actor.Patient, Enum.GetValues<DocumentStatus>()).Value.Documents);
        Assert.Empty(_record.List(Cast.Gp, Enum.GetValues<DocumentStatus>()).Value.Documents);
        Assert.Equal(0, _record.Ask(new GetRecord(Actor.Patient)).Value.Documents);
        Assert.Equal([false], _record.MayKnow(Cast.Gp, before));
    }

    [Fact]
    public void What_was_withdrawn_before_a_closing_is_no_news_after_the_reopening()
    {
        var withdrawn = _record.Submit("withdrawn");
        _record.Withdraw("withdrawn");
        Assert.Equal([true], _record.MayKnow(Cast.Gp, withdrawn));
        _record.Close();
        _record.Ask(new OpenRecord());
        _record.Permit(Cast.Gp);

        Assert.Equal([false], _record.MayKnow(Cast.Gp, withdrawn));
    }

    [Fact]
    public void A_reopening_that_restores_content_brings_it_back()
    {
        _record.Policy = _record.Policy with { ReopenRestoresContent = true };
        var before = _record.Submit("before");
        _record.Close();
        _record.Ask(new OpenRecord());
        _record.Permit(Cast.Gp);

        Assert.NotNull(_record.Read(Actor.Patient, before).Answer);
    }

    private void Accept(string name, int years, ConfidentialityLabels labels = None)
    {
        var submission = _record.Submission(name, labels);
        _record.Accept(submission with
        {
            Metadata = submission.Metadata with { ServiceStart = _record.Now.AddYears(years) },
        });
    }
}
