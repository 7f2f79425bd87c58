using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Consent;

/// <remarks>
/// <para>Two consents that become one. V1. A block, a denial and a revocation of either stay what they are: a permit goes on only
/// where the other's last word on that holder is not a "no". V2. Whoever sees what is masked does so only where the other
/// consent says nothing else. V3. Numbers of authorisations are given anew and none is used again: a number that somebody was
/// told before means nothing, rather than another authorisation.</para>
/// </remarks>
public sealed partial class ConsentState
{
    private int _numbersBefore;
    private bool _saidAttending;

    /// <summary>The number of the next authorisation.</summary>
    public int NextNumber => _numbersBefore + _authorizations.Count + 1;

    /// <param name="other">Of the record that becomes part of this one; not used afterwards.</param>
    /// <param name="merged">What was decided with it.</param>
    internal void Absorb(ConsentState other, RecordMerged merged)
    {
        var at = merged.At;
        var mine = _authorizations.Select(word => Against(word, other, at)).ToList();
        var theirs = other._authorizations.Select(word => Against(word, this, at)).ToList();
        var version = Version + other.Version + 1;
        _numbersBefore = Math.Max(NextNumber, other.NextNumber) - 1;
        _authorizations.Clear();
        _byHolder.Clear();
        foreach (var word in mine.Concat(theirs))
            Grant(word with { Number = NextNumber });

        foreach (var (professional, since) in other._blocked)
        {
            if (_blocked.TryGetValue(professional, out var known))
            {
                _blocked[professional] = known < since ? known : since;
                continue;
            }

            _blocked.Add(professional, since);
            if (other._blockedByOthers?.GetValueOrDefault(professional) is { } by)
                (_blockedByOthers ??= new Dictionary<string, Actors.Actor>(StringComparer.Ordinal))[professional] = by;
        }

        if (!_saidAttending)
            AttendingPhysician = other.AttendingPhysician;
        else if (other._saidAttending && other.AttendingPhysician != AttendingPhysician)
            AttendingPhysician = null;
        _saidAttending |= other._saidAttending;
        foreach (var (name, row) in other.Purposes)
            AbsorbPurpose(name, row, at);
        foreach (var name in other._purposesOfOthers ?? [])
            (_purposesOfOthers ??= new HashSet<string>(StringComparer.Ordinal)).Add(name);
        (Emergency, EmergencyUntil) = (merged.Emergency, merged.EmergencyUntil);
        _isEmergencyOfOthers |= other._isEmergencyOfOthers;
        Version = version;
    }

    private static Authorization Against(Authorization word, ConsentState other, DateTimeOffset at)
    {
        if (!word.Permit || word.HasEnded(at))
            return word;
        if (other.Refuses(word.Holder, word.HolderId, at))
            return word with { RevokedAt = at };
        return word.IsAdministrator && other.WordsOn(word.Holder, word.HolderId).Any(said => !said.IsAdministrator)
            ? word with { IsAdministrator = false }
            : word;
    }

    // A block, a denial, or a permit that was taken back and not given again.
    private bool Refuses(HolderKind holder, string id, DateTimeOffset at)
    {
        if (holder == HolderKind.Professional && _blocked.ContainsKey(id))
            return true;
        var (takenBack, given) = (false, false);
        foreach (var word in WordsOn(holder, id))
        {
            if (!word.Permit && !word.HasEnded(at))
                return true;
            takenBack |= word is { Permit: true, RevokedAt: not null };
            given |= word.Permit && !word.HasEnded(at);
        }

        return takenBack && !given;
    }

    private IEnumerable<Authorization> WordsOn(HolderKind holder, string id) =>
        _byHolder.TryGetValue((holder, id), out var words) ? words.Select(at => _authorizations[at]) : [];

    // Other terms, or another perimeter, is another question: nobody has answered it for both records.
    private void AbsorbPurpose(string name, PurposeConsent theirs, DateTimeOffset at)
    {
        _purposes ??= new SortedDictionary<string, PurposeConsent>(StringComparer.Ordinal);
        if (!_purposes.TryGetValue(name, out var mine))
            _purposes.Add(name, theirs);
        else if (mine.Permit && !theirs.Permit)
            _purposes[name] = theirs;
        else if (mine.Permit && theirs.Permit
            && (mine.TermsVersion != theirs.TermsVersion || mine.Perimeter != theirs.Perimeter))
            _purposes[name] = mine with { Permit = false, DecidedAt = at };
    }
}
