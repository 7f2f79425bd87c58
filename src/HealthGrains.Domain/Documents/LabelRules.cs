using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Documents;

/// <summary>Which confidentiality labels go together. Source: DMP, confidentialityCode.</summary>
public static class LabelRules
{
    /// <summary>The same for a change: what hides a document from representatives is set on a minor's alone, and lifted at any
    /// age.</summary>
    public static Refusal? Check(
        ConfidentialityLabels labels, ConfidentialityLabels before, PatientState patient, TurnContext turn) =>
        Check(labels, secretSession: false, turn.Policy)
        ?? ((labels & ~before).HasFlag(ConfidentialityLabels.HiddenFromRepresentatives)
            ? CheckMinor(labels, patient, turn)
            : null);

    /// <summary>A document of somebody who is known to be an adult is not hidden from representatives: there are none.</summary>
    public static Refusal? CheckMinor(ConfidentialityLabels labels, PatientState patient, TurnContext turn) =>
        labels.HasFlag(ConfidentialityLabels.HiddenFromRepresentatives) && patient.MajorityUnder(turn.Policy) <= turn.Now
            ? new Refusal(
                RefusalCode.LabelCombination,
                "A document of an adult is not hidden from legal representatives: there are none.",
                "metadata.confidentiality")
            : null;

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
