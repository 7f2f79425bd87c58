using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Tests.Access;

/// <summary>Lists, entries and contents: what is shown, what is traced, what the patient is told of it.</summary>
public sealed class ReadingTests
{
    private readonly TestRecord _record = TestRecord.Activated();

    public ReadingTests() => _record.Permit(Cast.Gp);

    [Fact]
    public void A_revocation_covers_the_very_next_read()
    {
        var id = _record.Submit("report");
        Assert.NotNull(_record.Read(Cast.Gp, id).Answer);

        _record.Revoke(Cast.Gp);

        Assert.Equal(RefusalCode.ConsentRequired, _record.Read(Cast.Gp, id).Refusal?.Code);
        Assert.Equal(RefusalCode.ConsentRequired, _record.List(Cast.Gp).Refusal?.Code);
        Assert.Equal(RefusalCode.ConsentRequired, _record.Changes(Cast.Gp).Refusal?.Code);
        Assert.Equal([false], _record.MayKnow(Cast.Gp, id));
    }

    [Fact]
    public void A_permit_that_has_not_begun_permits_nothing_yet()
    {
        var id = _record.Submit("report");
        _record.Revoke(Cast.Gp);
        _record.Ask(new Domain.Consent.AuthorizeProfessional(
            Domain.Consent.HolderKind.Professional, Cast.Gp.Id, _record.Now.AddDays(1), null, ""));
        Assert.Equal(RefusalCode.ConsentRequired, _record.Read(Cast.Gp, id).Refusal?.Code);

        _record.Pass(TimeSpan.FromDays(1));

        Assert.NotNull(_record.Read(Cast.Gp, id).Answer);
    }

    [Fact]
    public void Every_read_by_a_professional_is_in_the_same_turn_as_its_trace()
    {
        var id = _record.Submit("report");
        PatientReads(id, new ReadDocument(id, null, true, Cast.Gp));
        PatientReads(id, new ReadDocument(null, TestRecord.Unique("report"), false, Cast.Gp));
        PatientReads(id, new ListDocuments(new DocumentFilter(), null, 50, Cast.Gp));
        PatientReads(id, new Domain.Routing.ChangesSince(0, 50, Cast.Gp));
        PatientReads(null, new GetRecord(Cast.Gp));
    }

    private void PatientReads<T>(DocumentId? told, Domain.Patients.PatientCommand<T> command)
    {
        var decision = command.Decide(_record.State, new TurnContext(_record.Now, _record.Policy));
        var trace = Assert.IsType<Domain.Patients.RecordAccessed>(Assert.Single(decision.Events));
        Assert.Equal((Cast.Gp, null), (trace.By, trace.Trace.Refused));
        Assert.Equal(told is { } id ? [id] : [], trace.Trace.Documents);
    }

    [Fact]
    public void Every_refused_read_is_traced_too()
    {
        var id = _record.Submit("report");
        _record.Block(Cast.Gp);
        var traces = _record.State.Accesses.Count;

        _record.Read(Cast.Gp, id);
        _record.List(Cast.Gp);
        _record.Changes(Cast.Gp);

        Assert.Equal(
            Enumerable.Repeat<RefusalCode?>(RefusalCode.AccessBlocked, 3),
            _record.State.Accesses.Skip(traces).Select(access => access.Trace.Refused));
    }

    [Fact]
    public void A_refused_read_of_a_record_that_does_not_exist_makes_none()
    {
        var record = new TestRecord();

        record.AskInVain(new ListDocuments(new DocumentFilter(), null, 50, Cast.Gp));
        record.AskInVain(new GetRecord(Cast.Gp));
        record.AskInVain(new GetRecord(Actor.Patient));

        Assert.Empty(record.Events);
    }

    [Fact]
    public void The_patients_own_reads_leave_no_trace()
    {
        var id = _record.Submit("report");

        _record.AskQuietly(new ReadDocument(id, null, true, Actor.Patient));
        _record.AskQuietly(new ListDocuments(new DocumentFilter(), null, 50, Actor.Patient));
        _record.AskQuietly(new Domain.Routing.ChangesSince(0, 50, Actor.Patient));
        _record.AskQuietly(new ListAccesses(null, null, null, 50));
    }

    [Fact]
    public void An_opened_content_is_told_each_time_and_an_access_once_a_day()
    {
        var id = _record.Submit("report");
        _record.Read(Cast.Gp, id, content: true);
        _record.Read(Cast.Gp, id, content: true);
        _record.Pass(TimeSpan.FromDays(1));
        _record.Read(Cast.Gp, id);

        Assert.Equal(
            [
                ChangeCode.DocumentAdded, ChangeCode.RecordAccessed, ChangeCode.DocumentConsulted,
                ChangeCode.DocumentConsulted, ChangeCode.RecordAccessed,
            ],
            _record.Changes(Actor.Patient).Value.Changes.Select(change => change.Item.Code));
    }

    [Fact]
    public void A_refused_read_is_no_news_to_the_patient()
    {
        var id = _record.Submit("report");
        _record.Read(Cast.Specialist, id, content: true);

        Assert.Equal(1, _record.Changes(Actor.Patient).Value.Last);
    }

    [Fact]
    public void A_list_shows_what_is_in_force_and_older_versions_when_they_are_asked_for()
    {
        var old = _record.Submit("report");
        _record.Pass(TimeSpan.FromMinutes(1));
        var head = _record.Submit("corrected", replaces: "report");
        _record.Submit("withdrawn");
        _record.Withdraw("withdrawn");

        foreach (var by in new[] { Cast.Gp, Actor.Patient })
        {
            Assert.Equal([head], Ids(_record.List(by)));
            Assert.Equal([old], Ids(_record.List(by, DocumentStatus.Deprecated)));
            Assert.Equal([head, old], Ids(_record.List(by, Enum.GetValues<DocumentStatus>())));
            Assert.Empty(Ids(_record.List(by, DocumentStatus.Deleted)));
        }
    }

    [Fact]
    public void Pages_show_each_document_once_newest_first()
    {
        for (var i = 0; i < 7; i++)
        {
            _record.Submit("report " + i);
            if (i % 2 == 0)
                _record.Pass(TimeSpan.FromMinutes(1));
        }

        var shown = new List<string>();
        for (PagePlace? after = null; ;)
        {
            var page = _record.Ask(new ListDocuments(new DocumentFilter(), after, 3, Cast.Gp)).Value;
            shown.AddRange(page.Documents.Select(view => view.Entry.Metadata.Title));
            if (page.Next is not { } next)
                break;
            after = next;
        }

        Assert.Equal(Enumerable.Range(0, 7).Reverse().Select(i => "report " + i), shown);
    }

    [Fact]
    public void Filters_by_type_class_and_time_bounds()
    {
        _record.Accept(_record.Submission("letter", type: "34112-3") with { ClassCode = "11" });
        _record.Submit("report");
        var now = _record.Now.AddHours(-1);

        Assert.Equal(["letter"], Titles(new DocumentFilter { TypeCodes = ["34112-3"] }));
        Assert.Equal(["letter"], Titles(new DocumentFilter { ClassCodes = ["11", "99"] }));
        Assert.Equal(2, Titles(new DocumentFilter { CreatedAfter = now }).Count);
        Assert.Empty(Titles(new DocumentFilter { CreatedBefore = now }));
    }

    [Fact]
    public void Relevance_leaves_out_acts_of_more_than_two_years_but_never_the_vaccination_history()
    {
        Accept("just two years", "11502-2", _record.Now.AddYears(-2));
        Accept("older", "11502-2", _record.Now.AddYears(-2).AddTicks(-1));
        Accept("vaccinations", "11369-6", _record.Now.AddYears(-30));

        var page = _record.ListRelevant(Cast.Gp).Value;

        Assert.Equal(
            ["just two years", "vaccinations"], page.Documents.Select(view => view.Entry.Metadata.Title).Order());
        Assert.Equal(1, page.LeftOut);
    }

    [Fact]
    public void Only_who_manages_a_document_may_withdraw_or_replace_it_and_only_its_head()
    {
        var old = _record.Submit("report");
        var head = _record.Submit("corrected", replaces: "report");
        _record.Permit(Cast.HospitalDoctor);

        Assert.Equal(new DocumentRights(true, true, true), _record.Read(Cast.HospitalDoctor, head).Value.Rights);
        Assert.Equal(new DocumentRights(true, false, false), _record.Read(Cast.HospitalDoctor, old).Value.Rights);
        Assert.Equal(new DocumentRights(true, false, false), _record.Read(Cast.Gp, head).Value.Rights);
        Assert.Equal(new DocumentRights(true, false, false), _record.Read(Actor.Patient, head).Value.Rights);
    }

    [Fact]
    public void Professionals_are_warned_of_what_others_do_not_see()
    {
        var labels = ConfidentialityLabels.HiddenFromPatient | ConfidentialityLabels.HiddenFromRepresentatives;

        Assert.Equal(
            ["NOT_VISIBLE_TO_PATIENT", "NOT_VISIBLE_TO_REPRESENTATIVES"],
            _record.Read(Cast.Gp, _record.Submit("hidden", labels)).Value.Warnings);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-1)]
    public void A_cursor_beyond_the_last_change_is_refused(long cursor)
    {
        _record.Submit("one");
        _record.Submit("two");

        Assert.Equal(RefusalCode.MetadataInvalid, _record.Changes(Actor.Patient, cursor).Refusal?.Code);
        Assert.Equal(RefusalCode.MetadataInvalid, _record.Changes(Cast.Gp, cursor).Refusal?.Code);
    }

    [Fact]
    public void The_sequence_of_a_list_and_the_changes_after_it_miss_nothing()
    {
        _record.Submit("one");
        foreach (var by in new[] { Actor.Patient, Cast.Gp })
        {
            var sequence = _record.List(by).Value.Sequence;
            var id = _record.Submit("new for " + by.Kind);
            Assert.Contains(id, _record.Changes(by, sequence).Value.Changes.Select(change => change.Item.Document));
        }
    }

    private static IEnumerable<DocumentId> Ids(TurnResult<DocumentPage> page) =>
        page.Value.Documents.Select(view => view.Entry.Id);

    private IReadOnlyList<string> Titles(DocumentFilter filter) =>
        [.. _record.Ask(new ListDocuments(filter, null, 50, Cast.Gp)).Value.Documents.Select(v => v.Entry.Metadata.Title)];

    private void Accept(string name, string type, DateTimeOffset act)
    {
        var submission = _record.Submission(name, type: type);
        _record.Accept(submission with { Metadata = submission.Metadata with { ServiceStart = act } });
    }
}
