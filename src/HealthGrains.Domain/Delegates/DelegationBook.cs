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

    // Numbers that were told before two records became one: none of them means anybody any more.
    private int _numbersBefore;

    /// <summary>The number of the next one.</summary>
    public int NextNumber => _numbersBefore + All.Count + 1;

    public Delegation? Find(int number) =>
        number > _numbersBefore && number < NextNumber ? All[number - _numbersBefore - 1] : null;

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

    /// <summary>What the caller answers: the newest that waits for an answer, else one that was accepted, else the newest. In a record that
    /// was made of two the newest of all may be one of the other record, which ran out.</summary>
    public Delegation? ToAnswer(Actor by, DateTimeOffset now, DateTimeOffset? majority) =>
        Newest(by, known => known.StatusAt(now, majority) == DelegationStatus.Pending)
        ?? Newest(by, known => known.StatusAt(now, majority) == DelegationStatus.Accepted)
        ?? Newest(by, _ => true);

    private Delegation? Newest(Actor by, Func<Delegation, bool> isSo) => All.LastOrDefault(known => known.IsOf(by) && isSo(known));

    /// <summary>The caller is, was or was invited to be a delegate.</summary>
    public bool Knows(Actor by) => All.Any(delegation => delegation.IsOf(by));

    internal void Add(Delegation delegation, string birthDate)
    {
        (_all ??= []).Add(delegation);
        if (birthDate.Length > 0)
            StatedBirthDate = birthDate;
    }

    /// <summary>Takes in the book of a record that becomes part of this one. Nobody acts for the patient whom either record has
    /// ended or who declined, and nobody twice; of two ends the earlier, of two birth dates the earlier.</summary>
    internal void Absorb(DelegationBook other, DateTimeOffset at)
    {
        var mine = All.Select(one => one with { RevokedAt = IsEnded(other, one, at) ? at : one.RevokedAt }).ToList();
        var theirs = other.All.Select(one => one with { RevokedAt = IsEnded(this, one, at) ? at : one.RevokedAt }).ToList();
        _numbersBefore = Math.Max(NextNumber, other.NextNumber) - 1;
        if (mine.Count + theirs.Count > 0)
        {
            _all = [];
            foreach (var one in mine.Concat(theirs))
                _all.Add(one with { Number = NextNumber });
            EndDoubles(at);
        }

        if (StatedBirthDate.Length == 0
            || (other.StatedBirthDate.Length > 0 && string.CompareOrdinal(other.StatedBirthDate, StatedBirthDate) < 0))
        {
            StatedBirthDate = other.StatedBirthDate;
        }
    }

    // The last word of the other record on the same person and reason is an end.
    private static bool IsEnded(DelegationBook other, Delegation delegation, DateTimeOffset at)
    {
        if (!Lasts(delegation, at))
            return false;
        var same = other.All.Where(one => one.Subject == delegation.Subject && one.Kind == delegation.Kind).ToList();
        return same.Exists(one => one.RevokedAt is not null || one.Answer == InvitationAnswer.Refused)
            && !same.Exists(one => Lasts(one, at));
    }

    private static bool Lasts(Delegation one, DateTimeOffset at) =>
        one.RevokedAt is null && one.Answer != InvitationAnswer.Refused && !(one.End <= at)
        && (one.Answer == InvitationAnswer.Accepted || one.AnswerBefore > at);

    private void EndDoubles(DateTimeOffset at)
    {
        foreach (var same in All.Where(one => Lasts(one, at)).GroupBy(one => (one.Subject, one.Kind)).Where(same => same.Count() > 1).ToList())
        {
            var kept = same.OrderByDescending(one => one.Answer == InvitationAnswer.Accepted).ThenBy(one => one.Number).First();
            var end = same.Min(one => one.End ?? DateTimeOffset.MaxValue);
            var start = same.Max(one => one.Start);
            foreach (var one in same)
            {
                Change(one.Number, known => one.Number != kept.Number
                    ? known with { RevokedAt = at }
                    : known with { Start = start, End = end == DateTimeOffset.MaxValue ? null : end });
            }
        }
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
            _all[number - _numbersBefore - 1] = change(delegation);
    }
}
