using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Records;

namespace HealthGrains.Domain.Tests.Documents;

/// <summary>Withdrawing a document: logical deletion, final, by the author's side.</summary>
public sealed class WithdrawDocumentTests
{
    private readonly TestRecord _record = TestRecord.Activated();

    [Fact]
    public void A_withdrawn_document_is_gone_for_everybody_and_the_patient_is_told()
    {
        var id = _record.Submit("report");
        _record.Permit(Cast.HospitalDoctor);

        _record.Withdraw("report");

        Assert.Equal(RefusalCode.DocumentNotFound, _record.Read(Actor.Patient, id).Refusal?.Code);
        Assert.Equal(RefusalCode.DocumentNotFound, _record.Read(Cast.HospitalDoctor, id).Refusal?.Code);
        Assert.Contains(
            ChangeCode.DocumentWithdrawn,
            _record.Changes(Actor.Patient).Value.Changes.Select(change => change.Item.Code));
    }

    [Fact]
    public void A_withdrawal_repeated_gives_the_first_time_and_writes_nothing()
    {
        _record.Submit("report");
        var first = _record.Withdraw("report").Value;
        _record.Pass(TimeSpan.FromHours(3));
        var written = _record.Events.Count;

        var second = _record.Withdraw("report").Value;

        Assert.Equal(first with { AlreadyWithdrawn = true }, second);
        Assert.Equal(written, _record.Events.Count);
    }

    [Fact]
    public void A_withdrawal_is_refused_where_there_is_no_record_or_a_closed_one()
    {
        Assert.Equal(RefusalCode.PatientUnknown, new TestRecord().Withdraw("report").Refusal?.Code);

        _record.Submit("report");
        _record.Close();
        Assert.Equal(RefusalCode.RecordClosed, _record.Withdraw("report").Refusal?.Code);
    }

    [Fact]
    public void A_closed_record_tells_nobody_which_documents_it_holds()
    {
        _record.Submit("report");
        _record.Submit("withdrawn");
        _record.Withdraw("withdrawn");
        _record.Close();

        var answers = new[] { "report", "withdrawn", "unknown" }
            .Select(name => _record.Withdraw(name, by: Cast.ClinicSystem).Refusal?.Code);

        Assert.All(answers, code => Assert.Equal(RefusalCode.RecordClosed, code));
        Assert.True(_record.Withdraw("withdrawn").Value.AlreadyWithdrawn);
    }

    [Fact]
    public void An_unknown_document_cannot_be_withdrawn()
    {
        Assert.Equal(RefusalCode.TargetNotFound, _record.Withdraw("unknown").Refusal?.Code);
    }

    [Fact]
    public void What_a_closing_sealed_cannot_be_withdrawn_and_the_answer_is_that_for_an_unknown_one()
    {
        _record.Submit("report");
        _record.Close();
        _record.Ask(new OpenRecord());
        var told = _record.State.PatientFeed.Last;

        Assert.Equal(_record.Withdraw("unknown").Refusal, _record.Withdraw("report").Refusal);
        Assert.Equal(told, _record.State.PatientFeed.Last);
    }

    [Fact]
    public void Only_the_authors_side_may_withdraw()
    {
        _record.Submit("report");

        Assert.Equal(RefusalCode.NotAuthor, _record.Withdraw("report", by: Cast.ClinicSystem).Refusal?.Code);
        Assert.Equal(RefusalCode.NotAuthor, _record.Withdraw("report", by: Cast.Gp).Refusal?.Code);
        Assert.Equal(RefusalCode.NotAuthor, _record.Withdraw("report", by: Actor.Patient).Refusal?.Code);
        Assert.NotNull(_record.Withdraw("report", by: Cast.GpColleague.In(Cast.Hospital)).Answer);
    }

    [Fact]
    public void A_blocked_author_may_still_withdraw()
    {
        _record.Submit("report");
        _record.Block(Cast.HospitalDoctor);

        Assert.NotNull(_record.Withdraw("report", by: Cast.HospitalDoctor).Answer);
    }

    [Fact]
    public void A_replaced_document_cannot_be_withdrawn_and_the_refusal_names_the_head()
    {
        _record.Submit("report");
        var head = _record.Submit("corrected", replaces: "report");

        var refusal = _record.Withdraw("report").Refusal;

        Assert.Equal(RefusalCode.StaleVersion, refusal?.Code);
        Assert.Equal(head.ToString(), refusal?.Details?["head_document_id"]);
    }

    [Fact]
    public void A_patient_withdraws_and_replaces_own_deposits_only()
    {
        _record.Submit("mine", by: Actor.Patient);
        _record.Submit("mine too", replaces: "mine", by: Actor.Patient);
        Assert.Equal(RefusalCode.NotAuthor, _record.Withdraw("mine too").Refusal?.Code);

        Assert.NotNull(_record.Withdraw("mine too", by: Actor.Patient).Answer);
    }

    [Fact]
    public void What_is_hidden_from_a_patient_who_deposits_or_withdraws_is_answered_like_what_does_not_exist()
    {
        _record.Submit("hidden", ConfidentialityLabels.HiddenFromPatient);

        Assert.Equal(
            _record.Withdraw("unknown", by: Actor.Patient).Refusal, _record.Withdraw("hidden", by: Actor.Patient).Refusal);
        Assert.Equal(
            _record.AskInVain(_record.Submission("new", replaces: "unknown", by: Actor.Patient)),
            _record.AskInVain(_record.Submission("new", replaces: "hidden", by: Actor.Patient)));
        _record.Submit("twin of nothing", twinOf: "hidden", by: Actor.Patient);
        Assert.NotNull(_record.Withdraw("hidden").Answer);
    }

    [Fact]
    public void The_patient_is_not_told_of_the_withdrawal_of_a_document_never_seen()
    {
        _record.Submit("hidden", ConfidentialityLabels.HiddenFromPatient);
        _record.Withdraw("hidden");

        Assert.Equal(0, _record.Changes(Actor.Patient).Value.Last);
    }
}
