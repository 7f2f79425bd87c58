using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Records;

namespace HealthGrains.Domain.Tests.Documents;

/// <summary>Two renderings of one report: neither is left behind, whichever came first, and no stranger gets between.</summary>
public sealed class TwinTests
{
    private readonly TestRecord _record = TestRecord.Activated();

    [Theory]
    [InlineData(null, "n1")]
    [InlineData("n3", null)]
    [InlineData("n3", "n1")]
    public void Twins_know_each_other_whichever_named_the_other_and_whichever_came_first(string? firstNames, string? secondNames)
    {
        _record.Submit("n1", twinOf: firstNames);
        _record.Submit("n3", twinOf: secondNames);

        Assert.Equal(
            [TestRecord.Unique("n3"), TestRecord.Unique("n1")],
            _record.State.Index.Entries.Select(entry => entry.Twin!.Value));
        Assert.Equal(RefusalCode.TwinMissing, _record.Withdraw("n1").Refusal?.Code);
        Assert.Equal(RefusalCode.TwinMissing, _record.Withdraw("n3").Refusal?.Code);
    }

    [Fact]
    public void Twins_are_withdrawn_in_one_step()
    {
        _record.Submit("n1");
        _record.Submit("n3", twinOf: "n1");
        Assert.Equal(RefusalCode.TwinMissing, _record.Withdraw("n1", twinOf: "another").Refusal?.Code);

        _record.Withdraw("n1", twinOf: "n3");

        Assert.All(_record.State.Index.Entries, entry => Assert.Equal(DocumentStatus.Deleted, entry.Status));
    }

    [Fact]
    public void Twins_are_replaced_together_by_twins()
    {
        _record.Submit("n1");
        _record.Submit("n3", twinOf: "n1");
        Assert.Equal(RefusalCode.TwinMissing, _record.AskInVain(_record.Submission("n1 new", replaces: "n1")).Code);
        Assert.Equal(
            RefusalCode.TwinMissing,
            _record.AskInVain(_record.Submission("n1 new", replaces: "n1", twinOf: "n3")).Code);

        _record.Submit("n1 new", replaces: "n1", twinOf: "n3 new");
        _record.Submit("n3 new", replaces: "n3", twinOf: "n1 new");

        Assert.Equal(
            [
                DocumentStatus.Deprecated, DocumentStatus.Deprecated, DocumentStatus.Approved, DocumentStatus.Approved,
            ],
            _record.State.Index.Entries.Select(entry => entry.Status));
        Assert.Equal(RefusalCode.TwinMissing, _record.Withdraw("n1 new").Refusal?.Code);
        Assert.NotNull(_record.Withdraw("n3 new", twinOf: "n1 new").Answer);
    }

    [Fact]
    public void A_document_is_not_its_own_twin()
    {
        Assert.Equal(RefusalCode.MetadataInvalid, _record.AskInVain(_record.Submission("n1", twinOf: "n1")).Code);
    }

    [Fact]
    public void A_stranger_cannot_make_a_document_the_twin_of_another()
    {
        _record.Submit("report");

        Assert.Equal(
            RefusalCode.NotAuthor,
            _record.AskInVain(_record.Submission("forged", twinOf: "report", by: Cast.ClinicSystem, author: Cast.Gp)).Code);
        Assert.NotNull(_record.Withdraw("report").Answer);
    }

    [Fact]
    public void A_stranger_who_named_a_document_before_it_came_does_not_become_its_twin()
    {
        _record.Submit("forged", twinOf: "report", by: Cast.ClinicSystem, author: Cast.Gp);
        _record.Submit("report");

        Assert.NotNull(_record.Withdraw("report").Answer);
        Assert.Equal(DocumentStatus.Approved, _record.State.Index.Entries[0].Status);
    }

    [Fact]
    public void A_third_rendering_does_not_come_between_twins()
    {
        _record.Submit("n1");
        _record.Submit("n3", twinOf: "n1");

        Assert.Equal(RefusalCode.TwinMissing, _record.AskInVain(_record.Submission("third", twinOf: "n1")).Code);
        Assert.NotNull(_record.Withdraw("n3", twinOf: "n1").Answer);
    }

    [Fact]
    public void A_withdrawal_takes_no_twin_that_the_caller_may_not_withdraw()
    {
        // The hospital deposited both, one of them written by the clinic alone: the clinic manages its own only.
        _record.Submit("of both", author: Cast.Gp.In(Cast.Clinic));
        _record.Submit("of the hospital", twinOf: "of both");

        Assert.Equal(
            RefusalCode.NotAuthor, _record.Withdraw("of both", "of the hospital", Cast.ClinicSystem).Refusal?.Code);
        Assert.All(_record.State.Index.Entries, entry => Assert.Equal(DocumentStatus.Approved, entry.Status));
    }

    [Fact]
    public void What_a_closing_sealed_is_nobodys_twin_any_more()
    {
        _record.Submit("n1");
        _record.Close();
        _record.Ask(new OpenRecord());
        _record.Submit("n3", twinOf: "n1");

        Assert.NotNull(_record.Withdraw("n3").Answer);
        Assert.Equal(DocumentStatus.Approved, _record.State.Index.Entries[0].Status);
    }
}
