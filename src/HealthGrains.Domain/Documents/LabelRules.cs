using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Domain.Documents;

/// <summary>Which confidentiality labels go together. Source: DMP, confidentialityCode.</summary>
public static class LabelRules
{
    /// <param name="labels">As stated by the depositor.</param>
    /// <param name="secretSession">The care of a minor in secrecy from the representatives.</param>
    /// <param name="policy">Whether masked and hidden from the patient may stand together.</param>
    /// <returns>Null if they may stand together.</returns>
    public static Refusal? Check(ConfidentialityLabels labels, bool secretSession, DomainPolicy policy)
    {
        const ConfidentialityLabels both =
            ConfidentialityLabels.MaskedFromProfessionals | ConfidentialityLabels.HiddenFromPatient;
        if ((labels & both) == both && !policy.AllowMaskedAndInvisible)
        {
            return new Refusal(
                RefusalCode.LabelCombination,
                "A document cannot be masked from professionals and hidden from its patient at once.",
                "metadata.confidentiality");
        }

        if (secretSession && !labels.HasFlag(ConfidentialityLabels.HiddenFromRepresentatives))
        {
            return new Refusal(
                RefusalCode.LabelRequiredSecret,
                "In a secret session only documents hidden from the representatives may be deposited.",
                "metadata.confidentiality");
        }

        return null;
    }
}
