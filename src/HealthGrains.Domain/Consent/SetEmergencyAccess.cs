using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Consent;

/// <summary>The patient sets the emergency flags. Null leaves one as it is.</summary>
/// <remarks>What is stored are all three: a default that changes later does not change what the patient has decided.</remarks>
public sealed record SetEmergencyAccess(bool? RegulationCentre, bool? BreakTheGlass, bool? MaskedDocuments) : ConsentCommand
{
    protected override Decision<PatientState, PatientEvent, ConsentChange> DecideOpen(PatientState state, TurnContext turn)
    {
        // As with administrators: the way to what is masked is opened by no professional.
        if (MaskedDocuments == true && By.Kind == ActorKind.Professional)
        {
            return Refuse(
                RefusalCode.DelegationForbidden,
                "The person opens masked documents to an emergency; no professional does in the person's name.",
                "emergency.masked_documents");
        }

        var now = state.Consent.EmergencyUnder(turn.Policy, turn.Now);
        var until = state.OthersWordEnds(By, turn);
        var flags = new EmergencyFlags(
            RegulationCentre ?? now.RegulationCentre,
            BreakTheGlass ?? now.BreakTheGlass,
            MaskedDocuments ?? now.MaskedDocuments);
        var isAsked = (RegulationCentre ?? BreakTheGlass ?? MaskedDocuments) is not null;
        return !isAsked || (state.Consent.Emergency == flags && state.Consent.EmergencyUntil == until)
            ? Reply(new ConsentChange(turn.Now, state.Consent.Version, true) { Emergency = now })
            : Emit(
                [new EmergencyAccessSet(turn.Now, By, flags) { Until = until }],
                after => new ConsentChange(turn.Now, after.Consent.Version, false) { Emergency = flags });
    }
}
