using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Records;
using static HealthGrains.Domain.Documents.ConfidentialityLabels;

namespace HealthGrains.Domain.Tests.Documents;

/// <summary>Which labels go together.</summary>
public sealed class LabelRulesTests
{
    [Fact]
    public void Every_combination_is_allowed_but_masked_with_hidden_from_the_patient()
    {
        for (var labels = None; (int)labels < 8; labels++)
        {
            var refused = labels.HasFlag(MaskedFromProfessionals) && labels.HasFlag(HiddenFromPatient);
            Assert.Equal(
                refused ? RefusalCode.LabelCombination : null,
                LabelRules.Check(labels, secretSession: false, DomainPolicy.Default)?.Code);
            Assert.Null(LabelRules.Check(labels, false, new DomainPolicy { AllowMaskedAndInvisible = true }));
        }
    }

    [Fact]
    public void A_secret_session_deposits_only_what_representatives_do_not_see()
    {
        for (var labels = None; (int)labels < 8; labels++)
        {
            var code = LabelRules.Check(labels, true, new DomainPolicy { AllowMaskedAndInvisible = true })?.Code;
            Assert.Equal(
                labels.HasFlag(HiddenFromRepresentatives) ? null : RefusalCode.LabelRequiredSecret, code);
        }
    }

    [Fact]
    public void A_combination_that_may_not_be_answers_a_submission()
    {
        var record = TestRecord.Open();
        var labels = MaskedFromProfessionals | HiddenFromPatient;
        var submission = record.Submission("both", labels) with
        {
            Problem = LabelRules.Check(labels, false, record.Policy),
        };

        Assert.Equal(RefusalCode.LabelCombination, record.AskInVain(submission).Code);
    }
}
