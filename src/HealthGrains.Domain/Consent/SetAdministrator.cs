using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Consent;

/// <summary>The permits of one professional make an administrator, or no longer.</summary>
/// <param name="Numbers">Of the permits.</param>
public sealed record AdministratorSet(DateTimeOffset At, Actor By, IReadOnlyList<int> Numbers, bool IsAdministrator)
    : PatientEvent(At, By)
{
    /// <summary>No longer from then on: a minor's majority, where somebody else named; null for as long as the permits last.</summary>
    public DateTimeOffset? Until { get; init; }
}

/// <summary>Names an authorised professional administrator of the record, or dismisses: an administrator reads masked
/// documents and blocks other professionals in the patient's name.</summary>
/// <remarks>It is a quality of the permits that are in force or still to begin: it ends with them, and a later permit does not
/// bring it back.</remarks>
public sealed record SetAdministrator(ProfessionalId Professional, bool IsAdministrator) : ConsentCommand
{
    protected override Decision<PatientState, PatientEvent, ConsentChange> DecideOpen(PatientState state, TurnContext turn)
    {
        // Whoever acts for the person as a professional reads as one: a mask is not lifted by one's own word.
        if (IsAdministrator && By.Kind == ActorKind.Professional)
        {
            return Refuse(
                RefusalCode.DelegationForbidden,
                "The person names an administrator; no professional does in the person's name.",
                "professional_id");
        }

        var id = Professional.ToString();
        var permits = state.Consent.Authorizations
            .Where(a => a is { Permit: true, Holder: HolderKind.Professional } && a.HolderId == id && !a.HasEnded(turn.Now))
            .ToList();
        if (IsAdministrator && permits.Count == 0)
            return Refuse(RefusalCode.ConsentRequired, "This professional has no authorisation.", "professional_id");

        var changing = permits.Where(permit => permit.IsAdministratorAt(turn.Now) != IsAdministrator)
            .Select(permit => permit.Number).ToList();
        var shown = permits.Find(permit => permit.IsActive(turn.Now)) ?? permits.FirstOrDefault();
        return changing.Count == 0
            ? Reply(new ConsentChange(turn.Now, state.Consent.Version, true) { Granted = shown })
            : Emit(
                [
                    new AdministratorSet(turn.Now, By, changing, IsAdministrator)
                    {
                        Until = IsAdministrator ? state.OthersWordEnds(By, turn) : null,
                    },
                ],
                after => new ConsentChange(turn.Now, after.Consent.Version, false)
                {
                    Granted = shown! with { IsAdministrator = IsAdministrator }, // ! what changes is there
                });
    }
}
