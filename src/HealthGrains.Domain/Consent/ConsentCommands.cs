using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Consent;

/// <summary>What every change of consent answers.</summary>
/// <param name="At">From when it is in force: every read that starts after the answer obeys it.</param>
/// <param name="AlreadySo">Nothing was written.</param>
public sealed record ConsentChange(DateTimeOffset At, long ConsentVersion, bool AlreadySo)
{
    /// <summary>The authorisation now in force.</summary>
    public Authorization? Granted { get; init; }

    /// <summary>The authorisations that the change ended.</summary>
    public IReadOnlyList<Authorization> Ended { get; init; } = [];

    /// <summary>The row of a purpose as it is now; null where the change was about something else.</summary>
    public PurposeConsent? Purpose { get; init; }

    /// <summary>The emergency flags as they are now; null where the change was about something else.</summary>
    public EmergencyFlags? Emergency { get; init; }
}

/// <summary>A change of consent by the patient, or by who may act so for the patient.</summary>
public abstract record ConsentCommand : PatientCommand<ConsentChange>
{
    /// <summary>Who changes it.</summary>
    public Actor By { get; init; } = Actor.Patient;

    protected virtual PatientAct Act => PatientAct.ChangeConsents;

    public override TurnPriority Priority => TurnPriority.Revocation;

    public sealed override Decision<PatientState, PatientEvent, ConsentChange> Decide(PatientState state, TurnContext turn)
    {
        var side = PatientSide.Decide(state, By, Act, turn);
        return side.Refusal is { } refusal
            ? Refuse(refusal, PatientSide.Traces(state, turn, By, AccessAction.ChangeConsents, [], side.Step, refusal))
            : DecideOpen(state, turn);
    }

    protected abstract Decision<PatientState, PatientEvent, ConsentChange> DecideOpen(PatientState state, TurnContext turn);

    protected static Decision<PatientState, PatientEvent, ConsentChange> AlreadySo(PatientState state, TurnContext turn) =>
        Reply(new ConsentChange(turn.Now, state.Consent.Version, true));
}

/// <summary>The patient lets a professional, or whoever acts in an organisation, read.</summary>
/// <param name="HolderId">IdNat_PS or Struct_IdNat, checked.</param>
/// <param name="Start">Null: now.</param>
/// <param name="End">Null: the configured duration, or until revoked.</param>
public sealed record AuthorizeProfessional(
    HolderKind Holder, string HolderId, DateTimeOffset? Start, DateTimeOffset? End, string HolderName) : ConsentCommand
{
    /// <summary>Authorisations of one record that have not ended.</summary>
    public const int ActiveMax = 10_000;

    /// <summary>Permits of one holder that have not ended: so many that one revocation ends them in one turn.</summary>
    public const int HolderMax = 100;

    protected override Decision<PatientState, PatientEvent, ConsentChange> DecideOpen(PatientState state, TurnContext turn)
    {
        var start = Start ?? turn.Now;
        var end = End ?? (turn.Policy.AuthorizationDefaultDuration is { } duration ? start + duration : null);

        // What others permit in a minor's name ends when the person can decide: then the consents are asked for again.
        if (state.OthersWordEnds(By, turn) is { } majority && !(end < majority))
            end = majority;
        if (end <= start || end <= turn.Now)
            return Refuse(RefusalCode.MetadataInvalid, "An authorisation ends after it starts, and after now.", "end");
        if (Holder == HolderKind.Professional && state.Consent.Blocked.ContainsKey(HolderId))
        {
            return Refuse(
                RefusalCode.AccessBlocked, "This professional is blocked: unblock first, then authorise.", "holder");
        }

        var lasting = state.Consent.Authorizations.Where(a => !a.HasEnded(turn.Now)).ToList();
        var ofHolder = lasting.Where(a => a.Holder == Holder && a.HolderId == HolderId).ToList();

        // A denial that is over before the permit begins takes nothing from it.
        var denials = ofHolder.Where(a => !a.Permit && !(a.End <= start)).ToList();
        if (denials.Count == 0 && Start is null
            && ofHolder.Find(a => a.IsActive(turn.Now) && a.End == end) is { } earlier)
        {
            return Reply(new ConsentChange(turn.Now, state.Consent.Version, true) { Granted = earlier });
        }

        if (lasting.Count >= ActiveMax || ofHolder.Count(a => a.Permit) >= HolderMax)
            return Refuse(RefusalCode.Overloaded, "The record holds the most authorisations that it can.");

        // A permit on an organisation ends the deny that the patient set on it before: the newest word counts, from when the
        // permit begins. Until then the organisation stays refused.
        var events = new List<PatientEvent>();
        foreach (var denial in denials)
            events.Add(new AuthorizationRevoked(turn.Now, By, denial.Number));
        var number = state.Consent.NextNumber;
        if (denials.Count > 0 && start > turn.Now)
        {
            events.Add(new AuthorizationGranted(turn.Now, By, new Authorization(
                number++, Holder, HolderId, false, AuthorizationBasis.Patient, turn.Now, start, false) { GrantedBy = By }));
        }

        var granted = new Authorization(
            number, Holder, HolderId, true, AuthorizationBasis.Patient, start, end, false)
        {
            HolderName = HolderName,
            GrantedBy = By,
        };
        events.Add(new AuthorizationGranted(turn.Now, By, granted));
        return Emit(events, after => new ConsentChange(turn.Now, after.Consent.Version, false) { Granted = granted });
    }
}

/// <summary>The patient ends one authorisation, or every permit of one holder, and may refuse an organisation from now on.</summary>
/// <param name="Number">One authorisation, permit or denial; or null. If given, the holder is that of the authorisation.</param>
/// <param name="HolderId">Every permit of this holder, or null.</param>
/// <param name="Deny">Also refuse the organisation: a deny wins over any permit.</param>
public sealed record RevokeAuthorization(int? Number, HolderKind Holder, string? HolderId, bool Deny) : ConsentCommand
{
    protected override Decision<PatientState, PatientEvent, ConsentChange> DecideOpen(PatientState state, TurnContext turn)
    {
        Authorization? named = null;
        if (Number is { } number)
        {
            named = state.Consent.Authorizations.FirstOrDefault(a => a.Number == number);
            if (named is null)
                return Refuse(RefusalCode.TargetNotFound, "There is no such authorisation.", "authorization_id");
        }

        var (holder, holderId) = named is null ? (Holder, HolderId) : (named.Holder, named.HolderId);
        if (Deny && (holderId is null || holder != HolderKind.Organization))
            return Refuse(RefusalCode.MetadataInvalid, "Only an organisation can be refused; a person is blocked.", "deny");

        var ended = state.Consent.Authorizations
            .Where(a => !a.HasEnded(turn.Now)
                && (named is null ? a.Permit && a.Holder == holder && a.HolderId == holderId : a.Number == named.Number)
                && !(Deny && !a.Permit))
            .ToList();
        var events = new List<PatientEvent>();
        foreach (var authorization in ended)
            events.Add(new AuthorizationRevoked(turn.Now, By, authorization.Number));
        if (Deny && holderId is not null && !state.Consent.Authorizations.Any(a =>
                a is { Permit: false, RevokedAt: null, End: null, Holder: HolderKind.Organization } && a.HolderId == holderId))
        {
            events.Add(new AuthorizationGranted(turn.Now, By, new Authorization(
                state.Consent.NextNumber,
                HolderKind.Organization,
                holderId,
                false,
                AuthorizationBasis.Patient,
                turn.Now,
                null,
                false)
            {
                GrantedBy = By,
            }));
        }

        return events.Count == 0
            ? AlreadySo(state, turn)
            : Emit(events, after => new ConsentChange(turn.Now, after.Consent.Version, false) { Ended = ended });
    }
}

/// <summary>The patient blocks a professional: their permits end and all reading stops; deposits do not.</summary>
public sealed record BlockProfessional(ProfessionalId Professional) : ConsentCommand
{
    /// <summary>The words of who blocks; may be empty.</summary>
    public string Reason { get; init; } = "";

    protected override PatientAct Act => PatientAct.Block;

    protected override Decision<PatientState, PatientEvent, ConsentChange> DecideOpen(PatientState state, TurnContext turn)
    {
        if (By.Kind == ActorKind.Professional && By.Id == Professional.ToString())
            return Refuse(RefusalCode.MetadataInvalid, "Nobody blocks himself or herself.", "professional_id");
        if (state.Consent.IsBlocked(Professional))
            return AlreadySo(state, turn);
        var id = Professional.ToString();
        var ended = state.Consent.Authorizations
            .Where(a => a is { Permit: true, Holder: HolderKind.Professional, RevokedAt: null } && a.HolderId == id)
            .ToList();
        return Emit(
            [new ProfessionalBlocked(turn.Now, By, Professional) { Reason = Reason }],
            after => new ConsentChange(turn.Now, after.Consent.Version, false) { Ended = ended });
    }
}

/// <summary>The patient removes a block and nothing else: the professional must be authorised again.</summary>
public sealed record UnblockProfessional(ProfessionalId Professional) : ConsentCommand
{
    protected override Decision<PatientState, PatientEvent, ConsentChange> DecideOpen(PatientState state, TurnContext turn) =>
        state.Consent.IsBlocked(Professional)
            ? Emit(
                [new ProfessionalUnblocked(turn.Now, By, Professional)],
                after => new ConsentChange(turn.Now, after.Consent.Version, false))
            : AlreadySo(state, turn);
}

/// <summary>The consent state, for the patient's side.</summary>
/// <param name="IncludeEnded">Also authorisations and delegations that have ended.</param>
public sealed record GetConsents(bool IncludeEnded) : PatientCommand<ConsentView>
{
    public Actor By { get; init; } = Actor.Patient;

    public override TurnPriority Priority => TurnPriority.PatientRead;

    public override Decision<PatientState, PatientEvent, ConsentView> Decide(PatientState state, TurnContext turn)
    {
        var side = PatientSide.Decide(state, By, PatientAct.ReadConsents, turn);
        if (side.Refusal is { } refusal)
            return Refuse(refusal, PatientSide.Traces(state, turn, By, AccessAction.ReadConsents, [], side.Step, refusal));
        var majority = state.MajorityUnder(turn.Policy);
        var view = new ConsentView(
            [
                .. state.Consent.Authorizations.Where(a => IncludeEnded || !a.HasEnded(turn.Now))
                    .Select(a => a with
                    {
                        GrantedBy = PatientSide.Named(a.GrantedBy, By, side.Audience),
                        IsAdministrator = a.IsAdministratorAt(turn.Now),
                    }),
            ],
            [.. state.Consent.Blocked.OrderBy(block => block.Value).ThenBy(block => block.Key, StringComparer.Ordinal)],
            [.. state.Followers.Values],
            state.Consent.EmergencyUnder(turn.Policy, turn.Now),
            state.Consent.Version,
            turn.Now)
        {
            BlockedBy =
            [
                .. state.Consent.Blocked.Keys.Select(id =>
                    KeyValuePair.Create(id, PatientSide.Named(state.Consent.BlockedBy(id), By, side.Audience))),
            ],
            AttendingPhysician = state.Consent.AttendingPhysician,
            Purposes = [.. state.Consent.Purposes.Values],

            // Who else helps is not for a caregiver, nor for a professional who acts for the patient.
            Delegations =
            [
                .. state.Delegations.All
                    .Where(delegation => delegation.IsOf(By)
                        || side.Audience == PatientAudience.Representatives
                        || By.Kind == ActorKind.Patient)
                    .Select(delegation => (delegation, delegation.StatusAt(turn.Now, majority)))
                    .Where(one => IncludeEnded || one.Item2 is DelegationStatus.Pending or DelegationStatus.Accepted),
            ],
        };
        var traces = PatientSide.Traces(state, turn, By, AccessAction.ReadConsents, [], side.Step);
        return traces.Count == 0 ? Reply(view) : Emit(traces, _ => view);
    }
}

/// <summary>The consent state as the patient's side sees it.</summary>
/// <param name="Blocked">IdNat_PS and since when, oldest first.</param>
/// <param name="At">When this was true.</param>
public sealed record ConsentView(
    IReadOnlyList<Authorization> Authorizations,
    IReadOnlyList<KeyValuePair<string, DateTimeOffset>> Blocked,
    IReadOnlyList<Follower> Followers,
    EmergencyFlags Emergency,
    long Version,
    DateTimeOffset At)
{
    /// <summary>IdNat_PS and who blocked.</summary>
    public IReadOnlyList<KeyValuePair<string, Actor>> BlockedBy { get; init; } = [];

    public ProfessionalId? AttendingPhysician { get; init; }

    public IReadOnlyList<PurposeConsent> Purposes { get; init; } = [];

    public IReadOnlyList<(Delegation Delegation, DelegationStatus Status)> Delegations { get; init; } = [];
}
