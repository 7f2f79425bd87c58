using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Records;

namespace HealthGrains.Domain.Tests.Documents;

/// <summary>Accepting a document: idempotency, the state of the record, and the order of the checks.</summary>
public sealed class SubmitDocumentTests
{
    [Fact]
    public void A_first_deposit_opens_a_record_that_does_not_exist()
    {
        var record = new TestRecord();

        var receipt = record.Ask(record.Submission("first")).Value;

        Assert.Equal(RecordState.OpenNotActivated, record.State.Record.State);
        Assert.False(receipt.AlreadyKnown);
        Assert.Equal("10", receipt.ClassCode);
        Assert.Equal(record.Now, receipt.AcceptedAt);
        Assert.Equal(2, receipt.Stamp.Version); // The opening is the first entry of the same turn.
    }

    [Fact]
    public void Where_deposits_open_no_record_an_absent_one_is_unknown()
    {
        var record = new TestRecord { Policy = new DomainPolicy { OpenOnFirstDeposit = false } };

        Assert.Equal(RefusalCode.PatientUnknown, record.AskInVain(record.Submission("first")).Code);
        Assert.Empty(record.Events);
    }

    [Fact]
    public void An_opposed_record_answers_a_deposit_exactly_like_an_absent_one()
    {
        var absent = new TestRecord { Policy = new DomainPolicy { OpenOnFirstDeposit = false } };
        var opposed = new TestRecord();
        opposed.Close();
        Assert.Equal(RecordState.Opposed, opposed.State.Record.State);

        Assert.Equal(absent.AskInVain(absent.Submission("first")), opposed.AskInVain(opposed.Submission("first")));
    }

    [Fact]
    public void A_closed_record_takes_no_deposit()
    {
        var record = TestRecord.Activated();
        record.Close();

        Assert.Equal(RefusalCode.RecordClosed, record.AskInVain(record.Submission("late")).Code);
    }

    [Fact]
    public void A_retry_is_answered_like_the_first_time_and_writes_nothing()
    {
        var record = TestRecord.Open();
        var first = record.Ask(record.Submission("report")).Value;
        record.Pass(TimeSpan.FromDays(1));

        var second = record.AskQuietly(record.Submission("report")).Value;

        Assert.Equal(first with { AlreadyKnown = true }, second);
    }

    [Fact]
    public void A_retry_of_a_withdrawn_document_is_answered_like_the_first_time()
    {
        var record = TestRecord.Open();
        var first = record.Ask(record.Submission("report")).Value;
        record.Withdraw("report");

        var second = record.AskQuietly(record.Submission("report")).Value;

        Assert.Equal(first with { AlreadyKnown = true }, second);
        Assert.Equal(DocumentStatus.Deleted, record.State.Index.Entries[0].Status);
    }

    [Fact]
    public void A_retry_of_a_replaced_document_is_answered_like_the_first_time()
    {
        var record = TestRecord.Open();
        var first = record.Ask(record.Submission("report")).Value;
        record.Submit("corrected", replaces: "report");

        Assert.Equal(first with { AlreadyKnown = true }, record.AskQuietly(record.Submission("report")).Value);
    }

    [Fact]
    public void A_retry_of_a_replacement_is_answered_like_the_first_time_and_not_as_stale()
    {
        var record = TestRecord.Open();
        record.Submit("report");
        var first = record.Ask(record.Submission("corrected", replaces: "report")).Value;

        var retry = record.AskQuietly(record.Submission("corrected", replaces: "report")).Value;

        Assert.Equal(first with { AlreadyKnown = true }, retry);
    }

    [Fact]
    public void A_retry_on_a_closed_record_is_answered_like_the_first_time()
    {
        var record = TestRecord.Activated();
        var first = record.Ask(record.Submission("report")).Value;
        record.Close();
        Assert.Equal(first with { AlreadyKnown = true }, record.AskQuietly(record.Submission("report")).Value);

        record.Ask(new OpenRecord());
        Assert.Equal(first with { AlreadyKnown = true }, record.AskQuietly(record.Submission("report")).Value);
        Assert.True(record.State.Index.Entries[0].Sealed, "A retry does not bring back what the closing sealed.");
    }

    [Fact]
    public void A_retry_changes_no_metadata()
    {
        var record = TestRecord.Open();
        record.Submit("report");

        record.AskQuietly(record.Submission("report", ConfidentialityLabels.MaskedFromProfessionals));

        Assert.False(record.State.Index.Entries[0].IsMasked);
    }

    [Fact]
    public void A_retry_is_answered_before_anything_that_is_wrong_with_it()
    {
        var record = TestRecord.Open();
        record.Submit("report");
        var problem = new Refusal(RefusalCode.TypeUnknown, "No such type.");

        var retry = record.Submission("report") with { Problem = problem, Feeding = FeedingOpposition.Opposed };

        Assert.True(record.AskQuietly(retry).Value.AlreadyKnown);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Other_bytes_under_a_known_unique_id_are_refused_also_after_a_withdrawal(bool withdrawn)
    {
        var record = TestRecord.Open();
        record.Submit("report");
        if (withdrawn)
            record.Withdraw("report");
        var before = record.Events.Count;

        var refusal = record.AskInVain(record.Submission("report", content: "something else"));

        Assert.Equal(RefusalCode.UniqueIdReused, refusal.Code);
        Assert.Equal(before, record.Events.Count);
    }

    [Fact]
    public void A_stated_opposition_to_feeding_is_obeyed_and_an_opinion_not_collected_is_none()
    {
        var record = TestRecord.Open();

        var opposed = record.Submission("opposed") with { Feeding = FeedingOpposition.Opposed };
        Assert.Equal(RefusalCode.FeedingOpposed, record.AskInVain(opposed).Code);

        record.Accept(record.Submission("not opposed") with { Feeding = FeedingOpposition.NotOpposed });
        record.Accept(record.Submission("not collected") with { Feeding = FeedingOpposition.NotCollected });
    }

    [Fact]
    public void The_state_of_the_record_answers_before_the_metadata()
    {
        var record = TestRecord.Activated();
        record.Close();
        var problem = new Refusal(RefusalCode.TypeUnknown, "No such type.");

        Assert.Equal(RefusalCode.RecordClosed, record.AskInVain(record.Submission("late") with { Problem = problem }).Code);
    }

    [Fact]
    public void The_metadata_answer_before_the_document_to_replace()
    {
        var record = TestRecord.Open();
        var problem = new Refusal(RefusalCode.TypeUnknown, "No such type.");

        Assert.Equal(problem, record.AskInVain(record.Submission("new", replaces: "unknown") with { Problem = problem }));
    }

    [Theory]
    [InlineData("DUPOND", "Hélène", "F", "19790315", true)]
    [InlineData("DUPÔND", "HELENE", "F", "19790315", true)]
    [InlineData("Du-Pond", "Other", "F", "19790315", true)]
    [InlineData("DURAND", "Hélène", "F", "19790315", false)]
    [InlineData("DUPOND", "Hélène", "M", "19790315", false)]
    [InlineData("DUPOND", "Hélène", "F", "19790316", false)]
    public void Traits_that_are_not_those_known_for_this_number_are_refused(
        string name, string first, string sex, string birth, bool fits)
    {
        var record = TestRecord.Open();
        record.Accept(record.Submission("first") with { Traits = new PatientTraits("Dupond", "Hélène", "F", "19790315") });

        var result = record.Ask(record.Submission("second") with { Traits = new PatientTraits(name, first, sex, birth) });

        Assert.Equal(fits ? null : RefusalCode.InsMismatch, result.Refusal?.Code);
        Assert.Equal("Dupond", record.State.Traits?.BirthName); // Stored as first sent, never updated.
    }

    [Theory]
    [InlineData("Lefèvre", "LEFEVRE")]
    [InlineData("Lefe\u0300vre", "Lefèvre")]
    [InlineData("Œuvrard", "OEUVRARD")]
    [InlineData("François", "FRANCOIS")]
    [InlineData("D'Ælse", "DAELSE")]
    public void Birth_names_are_compared_without_accents_ligatures_and_case(string one, string other)
    {
        var traits = new PatientTraits(one, "X", "F", "19790315");

        Assert.True(traits.Fits(traits with { BirthName = other }));
        Assert.False(traits.Fits(traits with { BirthName = other + "s" }));
    }

    [Fact]
    public void Names_that_hold_no_Latin_letter_are_not_all_one_name()
    {
        var traits = new PatientTraits("Петров", "X", "M", "19790315");

        Assert.False(traits.Fits(traits with { BirthName = "Иванов" }));
        Assert.False(traits.Fits(traits with { BirthName = "" }));
        Assert.True(traits.Fits(traits with { BirthName = "ПЕТРОВ" }));
    }

    [Fact]
    public void A_blocked_professional_without_authorisation_can_still_deposit()
    {
        var record = TestRecord.Activated();
        record.Block(Cast.Gp);

        record.Submit("letter", by: Cast.Gp, author: Cast.Gp);
    }

    [Fact]
    public void Validating_stores_nothing_and_refuses_what_a_submission_would()
    {
        var record = new TestRecord();

        var receipt = record.AskQuietly(record.Submission("trial") with { ValidateOnly = true }).Value;
        Assert.Null(receipt.DocumentId);
        Assert.Equal(RecordState.Absent, record.State.Record.State);

        record.Submit("report");
        var stale = record.Submission("trial", replaces: "unknown") with { ValidateOnly = true };
        Assert.Equal(RefusalCode.TargetNotFound, record.AskInVain(stale).Code);
        Assert.Single(record.State.Index.Entries);
    }

    [Fact]
    public void The_receipt_counts_the_patient_and_each_professional_who_is_told()
    {
        var record = TestRecord.Activated();
        record.Permit(Cast.Gp);
        record.Ask(new Domain.Routing.FollowPatient(Cast.Gp));

        Assert.Equal(2, record.Ask(record.Submission("report")).Value.Recipients);
        Assert.Equal(2, record.Ask(record.Submission("report")).Value.Recipients); // The retry says the same.
    }
}
