using HealthGrains.Domain.Actors;

namespace HealthGrains.Domain.Delegates;

/// <summary>Why somebody acts for the patient. Stored: never renumbered.</summary>
public enum DelegationKind
{
    /// <summary>Parent or guardian of a minor (représentant légal). Ends at the age of majority.</summary>
    LegalRepresentation = 1,

    /// <summary>A relative who helps (aidant).</summary>
    Caregiving = 2,

    /// <summary>A professional who exercises the patient's rights at the patient's request.</summary>
    HealthcareProfessional = 3,
}

/// <summary>What the invited person answered. Stored: never renumbered.</summary>
public enum InvitationAnswer
{
    /// <summary>Nothing yet.</summary>
    Waiting = 0,

    Accepted = 1,

    Refused = 2,
}

/// <summary>How far a delegation is at one moment.</summary>
public enum DelegationStatus
{
    Pending,

    /// <summary>In force between start and end.</summary>
    Accepted,

    Refused,

    /// <summary>The invitation or the delegation ran out, or its minor came of age.</summary>
    Expired,

    /// <summary>Ended by either side.</summary>
    Revoked,
}

/// <summary>Somebody who acts for the patient, or is invited to.</summary>
/// <param name="Number">Counts the delegations of one record, from 1: its id within the record.</param>
/// <param name="Subject">The <c>sub</c> of the delegate's tokens; IdNat_PS for a professional.</param>
/// <param name="Name">For display; decides nothing.</param>
/// <param name="Start">In force from then on.</param>
/// <param name="End">No longer in force at that moment; null until revoked.</param>
/// <param name="AnswerBefore">When the invitation runs out.</param>
public sealed record Delegation(
    int Number,
    string Subject,
    string Name,
    DelegationKind Kind,
    DateTimeOffset Start,
    DateTimeOffset? End,
    DateTimeOffset AnswerBefore)
{
    public InvitationAnswer Answer { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>Who invited, or recorded it.</summary>
    public Actor AddedBy { get; init; } = Actor.Patient;

    /// <param name="now">The time of the turn.</param>
    /// <param name="majority">When the person comes of age; null if the birth date is not known.</param>
    /// <remarks>A representation of somebody whose age is not known is not in force: only a minor is represented. Whom a
    /// representative invited ends with the representation: the person who is of age decides anew who helps.</remarks>
    public DelegationStatus StatusAt(DateTimeOffset now, DateTimeOffset? majority)
    {
        if (Answer == InvitationAnswer.Refused)
            return DelegationStatus.Refused;
        if (RevokedAt is not null)
            return DelegationStatus.Revoked;
        if (End <= now || (Kind == DelegationKind.LegalRepresentation && majority is null) || (EndsWithMajority && majority <= now))
            return DelegationStatus.Expired;
        if (Answer == InvitationAnswer.Accepted)
            return DelegationStatus.Accepted;
        return AnswerBefore <= now ? DelegationStatus.Expired : DelegationStatus.Pending;
    }

    /// <summary>When it ends by itself; null if it does not.</summary>
    public DateTimeOffset? EndsAt(DateTimeOffset? majority) =>
        EndsWithMajority && majority is { } adult && !(End < adult) ? adult : End;

    // Of delegates only representatives invite.
    private bool EndsWithMajority => Kind == DelegationKind.LegalRepresentation || AddedBy.Kind == ActorKind.Delegate;

    /// <summary>True if it is this caller's. A subject of one kind of token is nobody of another kind.</summary>
    public bool IsOf(Actor by) => by.Id == Subject
        && by.Kind == (Kind == DelegationKind.HealthcareProfessional ? ActorKind.Professional : ActorKind.Delegate);
}
