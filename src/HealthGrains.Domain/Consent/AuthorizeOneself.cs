using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Consent;

/// <summary>A professional states, as a deliberate act, that he or she may read: as one of the care team, whose consent is presumed,
/// or because the person consented in front of him or her (DMP TD0.3).</summary>
/// <remarks>Reading never makes an authorisation. The patient sees this one among the others, with who gave it, and may end it. One
/// that was ended can be stated anew; a block and a refused structure are not overcome by it. A refusal leaves its trace.</remarks>
/// <param name="By">The professional, in the hat that he or she wears.</param>
/// <param name="Holder">The professional, or the structure in which he or she acts now.</param>
/// <param name="Basis">Not the patient's own act. A structure is authorised as a care team only.</param>
/// <param name="End">Null: <c>Authorization:ExplicitDuration</c> for explicit consent, which is asked each time and lasts no longer;
/// <c>Authorization:DefaultDuration</c> for the care team.</param>
public sealed record AuthorizeOneself(
    Actor By, HolderKind Holder, AuthorizationBasis Basis, DateTimeOffset? End) : PatientCommand<ConsentChange>
{
    public override TurnPriority Priority => TurnPriority.ProfessionalRead;

    public override Decision<PatientState, PatientEvent, ConsentChange> Decide(PatientState state, TurnContext turn)
    {
        var reader = PatientState.ReaderOf(By);
        var outcome = AccessDecision.ForRecord(state, reader, turn);
        if (outcome.Refusal is { Code: not RefusalCode.ConsentRequired } refusal)
            return Refuse(refusal, ReaderTurn.RefusalTrace(state, turn, By, AccessAction.Authorize, [], outcome));
        if (Holder == HolderKind.Organization && (Basis != AuthorizationBasis.CareTeam || reader.Structure.IsNone))
        {
            return Refuse(
                RefusalCode.MetadataInvalid, "A structure is authorised by one who acts in it, as a care team.", "holder");
        }

        var longest = Basis == AuthorizationBasis.Explicit ? turn.Policy.AuthorizationExplicitDuration : turn.Policy.AuthorizationDefaultDuration;
        var end = End ?? (longest is { } duration ? turn.Now + duration : null);
        if (end <= turn.Now)
            return Refuse(RefusalCode.MetadataInvalid, "An authorisation ends after it starts.", "end");
        if (Basis == AuthorizationBasis.Explicit && end > turn.Now + turn.Policy.AuthorizationExplicitDuration)
            return Refuse(RefusalCode.MetadataInvalid, "Explicit consent does not last so long: it is asked each time.", "end");

        var holder = Holder == HolderKind.Organization ? reader.Structure.ToString() : By.Id;
        var lasting = state.Consent.Authorizations.Where(a => !a.HasEnded(turn.Now)).ToList();
        var ofHolder = lasting.Where(a => a.Permit && a.Holder == Holder && a.HolderId == holder).ToList();
        // One that holds at least as long makes another superfluous.
        if (ofHolder.Find(a => a.IsActive(turn.Now) && (a.End is null || a.End >= end)) is { } earlier)
            return Reply(new ConsentChange(turn.Now, state.Consent.Version, true) { Granted = earlier });
        if (lasting.Count >= AuthorizeProfessional.ActiveMax || ofHolder.Count >= AuthorizeProfessional.HolderMax)
            return Refuse(RefusalCode.Overloaded, "The record holds the most authorisations that it can.");

        var granted = new Authorization(
            state.Consent.NextNumber, Holder, holder, true, Basis, turn.Now, end, false)
        {
            HolderName = Holder == HolderKind.Professional ? By.Name ?? "" : "",
            GrantedBy = By,
        };
        return Emit(
            [new AuthorizationGranted(turn.Now, By, granted)],
            after => new ConsentChange(turn.Now, after.Consent.Version, false) { Granted = granted });
    }
}
