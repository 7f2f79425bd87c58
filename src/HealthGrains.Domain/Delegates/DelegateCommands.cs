using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Delegates;

/// <summary>What every change of a delegation answers.</summary>
/// <param name="At">From when it is in force.</param>
/// <param name="AlreadySo">Nothing was written.</param>
public sealed record DelegateAnswer(
    DateTimeOffset At, long ConsentVersion, bool AlreadySo, Delegation Delegation, DelegationStatus Status)
{
    internal static DelegateAnswer Of(PatientState state, TurnContext turn, int number, bool alreadySo = false)
    {
        var delegation = state.Delegations.Find(number)!; // ! the number of one that is there
        return new DelegateAnswer(
            turn.Now, state.Consent.Version, alreadySo, delegation, delegation.StatusAt(turn.Now, state.MajorityUnder(turn.Policy)));
    }
}

/// <summary>Invites a caregiver, a second representative or a professional to act for the patient; or records a minor's
/// representative, as health insurance knows it.</summary>
/// <param name="Subject">Checked: visible ASCII, or the IdNat_PS of a professional.</param>
/// <param name="Start">Null: now.</param>
/// <param name="End">Null: until revoked.</param>
/// <param name="By">The patient, a minor's representative, or an operator who synchronises with health insurance.</param>
/// <remarks>Nobody passes on what was delegated: a caregiver gets <c>DELEGATION_FORBIDDEN</c>. Only a minor is represented, and
/// only somebody whose birth date is known can be one.</remarks>
public sealed record AddDelegate(
    string Subject, string Name, DelegationKind Kind, DateTimeOffset? Start, DateTimeOffset? End, Actor By)
    : PatientCommand<DelegateAnswer>
{
    /// <summary>yyyyMMdd, as health insurance states it; empty when it is not stated.</summary>
    public string BirthDate { get; init; } = "";

    public override TurnPriority Priority => TurnPriority.PatientRead;

    public override Decision<PatientState, PatientEvent, DelegateAnswer> Decide(PatientState state, TurnContext turn)
    {
        var isInsurance = By.Kind == ActorKind.Support;
        var side = isInsurance ? default : PatientSide.Decide(state, By, PatientAct.Share, turn);
        if ((isInsurance ? CheckInsurance(state) : side.Refusal) is { } refusal)
            return Refuse(refusal, PatientSide.Traces(state, turn, By, AccessAction.ChangeConsents, [], side.Step, refusal));

        var birthDate = state.BirthDate ?? BirthDate;
        if (BirthDate.Length > 0 && birthDate != BirthDate)
            return Refuse(RefusalCode.InsMismatch, "The birth date is not the one known for this INS.", "birth_date");
        var majority = Majority.Of(birthDate, turn.Policy.MajorityAge);
        if (Kind == DelegationKind.LegalRepresentation && CheckMinor(birthDate, majority, turn) is { } notMinor)
            return Refuse(notMinor);

        var start = Start ?? turn.Now;
        if (End <= start || End <= turn.Now)
            return Refuse(RefusalCode.MetadataInvalid, "A delegation ends after it starts, and after now.", "delegate.end");

        var lasting = state.Delegations.All
            .Where(known => known.StatusAt(turn.Now, majority) is DelegationStatus.Pending or DelegationStatus.Accepted)
            .ToList();
        if (lasting.Find(known => known.Subject == Subject) is { } earlier)
        {
            // What insurance records is accepted: an invitation to the same person gives way to it.
            if (!(isInsurance && earlier is { Kind: DelegationKind.LegalRepresentation, Answer: InvitationAnswer.Waiting }))
            {
                return earlier.Kind == Kind && earlier.End == End && (Start is null || earlier.Start == Start)
                    ? Reply(DelegateAnswer.Of(state, turn, earlier.Number, alreadySo: true))
                    : Refuse(
                        RefusalCode.MetadataInvalid,
                        "This person acts, or is invited to act, for the patient already: end that first.",
                        "delegate.subject");
            }

            lasting.Remove(earlier);
        }

        if (state.Delegations.All.Count >= DelegateLimits.RecordMax || lasting.Count(known => known.Kind == Kind) >= MaxOf(Kind))
            return Refuse(RefusalCode.Overloaded, "As many as there may be act for this person already.", "delegate.kind");

        var number = state.Delegations.NextNumber;
        var added = new Delegation(number, Subject, Name, Kind, start, End, turn.Now + turn.Policy.DelegateInvitation)
        {
            Answer = isInsurance ? InvitationAnswer.Accepted : InvitationAnswer.Waiting,
            AddedBy = By,
        };
        var events = new List<PatientEvent>();
        if (isInsurance && state.Delegations.All.FirstOrDefault(known => known.Subject == Subject
                && known.StatusAt(turn.Now, majority) == DelegationStatus.Pending) is { } replaced)
        {
            events.Add(new DelegationEnded(turn.Now, By, replaced.Number));
        }

        events.Add(new DelegateAdded(turn.Now, By, added) { BirthDate = state.BirthDate is null ? BirthDate : "" });
        if (state.BirthDate is null && BirthDate.Length > 0)
            events.AddRange(DutySchedule.ForMajority(state, BirthDate, turn));
        events.AddRange(PatientSide.SupportTraces(state, turn, By, AccessAction.SupportDelegates));
        return Emit(events, after => DelegateAnswer.Of(after, turn, number));
    }

    private Refusal? CheckInsurance(PatientState state) => state.Record.State switch
    {
        RecordState.Destroyed => new Refusal(RefusalCode.PatientUnknown, "There is no such record.", "patient"),
        RecordState.Closed => new Refusal(RefusalCode.RecordClosed, "The record is closed.", "patient"),
        _ when Kind != DelegationKind.LegalRepresentation => new Refusal(
            RefusalCode.DelegationForbidden, "Only the patient's side invites caregivers and professionals.", "delegate.kind"),
        _ => null,
    };

    private static Refusal? CheckMinor(string birthDate, DateTimeOffset? majority, TurnContext turn)
    {
        if (majority is null)
        {
            return new Refusal(
                RefusalCode.MetadataInvalid,
                birthDate.Length == 0
                    ? "The birth date of this person is not known here, and only a minor is represented."
                    : "Not a birth date: yyyyMMdd.",
                "birth_date");
        }

        return majority <= turn.Now
            ? new Refusal(RefusalCode.MetadataInvalid, "An adult has no legal representatives.", "delegate.kind")
            : null;
    }

    private static int MaxOf(DelegationKind kind) => kind switch
    {
        DelegationKind.LegalRepresentation => DelegateLimits.RepresentativesMax,
        DelegationKind.Caregiving => DelegateLimits.CaregiversMax,
        _ => DelegateLimits.ProfessionalsMax,
    };
}

/// <summary>The invited person accepts or refuses.</summary>
/// <param name="By">The delegate, or the professional, who was invited; anybody else is told the same as of any record.</param>
public sealed record AnswerDelegation(bool Accept, Actor By) : PatientCommand<DelegateAnswer>
{
    public override TurnPriority Priority => TurnPriority.PatientRead;

    public override Decision<PatientState, PatientEvent, DelegateAnswer> Decide(PatientState state, TurnContext turn)
    {
        var majority = state.MajorityUnder(turn.Policy);
        if (state.Delegations.ToAnswer(By, turn.Now, majority) is not { } delegation)
            return Refuse(PatientSide.NotEntitled);
        var status = delegation.StatusAt(turn.Now, majority);
        if (status == (Accept ? DelegationStatus.Accepted : DelegationStatus.Refused))
            return Reply(DelegateAnswer.Of(state, turn, delegation.Number, alreadySo: true));
        if (status != DelegationStatus.Pending)
            return Refuse(PatientSide.NotEntitled);
        if (Accept && !state.Record.IsUnknown && !state.Record.IsOpen)
            return Refuse(RefusalCode.RecordClosed, "The record is closed.", "patient");
        return Emit(
            [new DelegationAnswered(turn.Now, By, delegation.Number, Accept)],
            after => DelegateAnswer.Of(after, turn, delegation.Number));
    }
}

/// <summary>Ends a delegation, or an invitation: either side may.</summary>
/// <remarks>The delegate may at any time, whatever became of the record; who was invited refuses by it. A representation is
/// ended by the representative or by health insurance, and by nobody of the minor's own side.</remarks>
public sealed record RevokeDelegate(int Number, Actor By) : PatientCommand<DelegateAnswer>
{
    public override TurnPriority Priority => TurnPriority.Revocation;

    public override Decision<PatientState, PatientEvent, DelegateAnswer> Decide(PatientState state, TurnContext turn)
    {
        var delegation = state.Delegations.Find(Number);
        var isOwn = delegation is not null && delegation.IsOf(By);
        if (!isOwn && By.Kind != ActorKind.Support
            && PatientSide.Decide(state, By, PatientAct.Share, turn) is { Refusal: { } refusal, Step: var step })
        {
            return Refuse(refusal, PatientSide.Traces(state, turn, By, AccessAction.ChangeConsents, [], step, refusal));
        }

        if (delegation is null || (By.Kind == ActorKind.Support && delegation.Kind != DelegationKind.LegalRepresentation))
            return Refuse(RefusalCode.TargetNotFound, "There is no such delegation.", "delegate_id");
        var status = delegation.StatusAt(turn.Now, state.MajorityUnder(turn.Policy));
        if (status is not (DelegationStatus.Pending or DelegationStatus.Accepted))
            return Reply(DelegateAnswer.Of(state, turn, Number, alreadySo: true));
        if (!isOwn && By.Kind != ActorKind.Support
            && delegation.Kind == DelegationKind.LegalRepresentation
            && !(status == DelegationStatus.Pending && delegation.AddedBy.Kind == By.Kind && delegation.AddedBy.Id == By.Id))
        {
            return Refuse(
                RefusalCode.DelegationForbidden,
                "A representation is ended by the representative or by health insurance.",
                "delegate_id");
        }

        PatientEvent end = isOwn && status == DelegationStatus.Pending
            ? new DelegationAnswered(turn.Now, By, Number, Accepted: false)
            : new DelegationEnded(turn.Now, By, Number);
        return Emit(
            [end, .. PatientSide.SupportTraces(state, turn, By, AccessAction.SupportDelegates)],
            after => DelegateAnswer.Of(after, turn, Number));
    }
}

/// <summary>Asks, right before one change is sent to a delegate who watches the record, whether it may still leave.</summary>
/// <param name="Shown">The document that is about to be sent with it; null when it is sent without one.</param>
/// <remarks>Leaves no trace: the page that it comes from has left one.</remarks>
public sealed record MayDelegateStillSee(Actor By, Identity.DocumentId? Shown) : PatientCommand<bool>
{
    public override TurnPriority Priority => TurnPriority.PatientRead;

    public override Decision<PatientState, PatientEvent, bool> Decide(PatientState state, TurnContext turn)
    {
        var side = PatientSide.Decide(state, By, PatientAct.Read, turn);
        return Reply(side.Refusal is null && (Shown is not { } id || (state.Index.Find(id) is { } entry && side.Sees(entry))));
    }
}
