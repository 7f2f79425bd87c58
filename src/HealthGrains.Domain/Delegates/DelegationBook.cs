using HealthGrains.Domain.Actors;

namespace HealthGrains.Domain.Delegates;

/// <summary>Everybody who acts, acted or was invited to act for one patient. It changes by events alone.</summary>
public sealed class DelegationBook
{
    // Null in most records: nobody acts for most adults.
    private List<Delegation>? _all;

    /// <summary>In the order of their numbers.</summary>
    public IReadOnlyList<Delegation> All => _all ?? (IReadOnlyList<Delegation>)[];

    /// <summary>yyyyMMdd, as health insurance stated it with a representative; empty if it did not.</summary>
    public string StatedBirthDate { get; private set; } = "";

    public Delegation? Find(int number) => number >= 1 && number <= All.Count ? All[number - 1] : null;

    /// <summary>The caller's delegation that is in force now.</summary>
    public Delegation? InForce(Actor by, DateTimeOffset now, DateTimeOffset? majority)
    {
        foreach (var delegation in All)
        {
            if (delegation.IsOf(by) && delegation.Start <= now
                && delegation.StatusAt(now, majority) == DelegationStatus.Accepted)
            {
                return delegation;
            }
        }

        return null;
    }

    /// <summary>The caller is, was or was invited to be a delegate.</summary>
    public bool Knows(Actor by) => All.Any(delegation => delegation.IsOf(by));

    internal void Add(Delegation delegation, string birthDate)
    {
        (_all ??= []).Add(delegation);
        if (birthDate.Length > 0)
            StatedBirthDate = birthDate;
    }

    /// <summary>The record is closed: whom the person asked for help is asked anew. A minor's representative is not asked for by
    /// anybody, and is who may open the record again.</summary>
    internal void Close(DateTimeOffset at)
    {
        for (var i = 0; i < All.Count; i++)
        {
            var known = All[i];
            var isOver = known.RevokedAt is not null || known.End <= at || known.Answer == InvitationAnswer.Refused
                || (known.Answer == InvitationAnswer.Waiting && known.AnswerBefore <= at);
            if (!isOver && known.Kind != DelegationKind.LegalRepresentation)
                Change(known.Number, one => one with { RevokedAt = at });
        }
    }

    internal void Change(int number, Func<Delegation, Delegation> change)
    {
        if (_all is not null && Find(number) is { } delegation)
            _all[number - 1] = change(delegation);
    }
}
