using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Policies;

namespace HealthGrains.Domain.Consent;

/// <summary>Whom an authorisation names. Stored: never renumbered.</summary>
public enum HolderKind
{
    Professional = 1,
    Organization = 2,
}

/// <summary>What an authorisation rests on. Stored: never renumbered.</summary>
public enum AuthorizationBasis
{
    /// <summary>The patient's own act.</summary>
    Patient = 1,

    /// <summary>Consent presumed within the care team.</summary>
    CareTeam = 2,

    /// <summary>Explicit consent outside the care team.</summary>
    Explicit = 3,
}

/// <summary>One authorisation to read, or its refusal.</summary>
/// <param name="Number">Counts the authorisations of one record, from 1: its id within the record.</param>
/// <param name="HolderId">IdNat_PS or Struct_IdNat.</param>
/// <param name="Permit">False for a deny.</param>
/// <param name="End">Null until it is revoked.</param>
public sealed record Authorization(
    int Number,
    HolderKind Holder,
    string HolderId,
    bool Permit,
    AuthorizationBasis Basis,
    DateTimeOffset Start,
    DateTimeOffset? End,
    bool IsAdministrator)
{
    public DateTimeOffset? RevokedAt { get; init; }

    public Actor GrantedBy { get; init; } = Actor.Patient;

    /// <summary>For display; decides nothing.</summary>
    public string HolderName { get; init; } = "";

    /// <summary>No administrator any more from then on; null for as long as the permit lasts.</summary>
    public DateTimeOffset? AdministratorUntil { get; init; }

    /// <summary>Somebody else than the person named the administrator.</summary>
    internal bool IsAdministratorOfOthers { get; init; }

    public bool IsAdministratorAt(DateTimeOffset now) => IsAdministrator && !(AdministratorUntil <= now);

    public bool IsActive(DateTimeOffset now) => RevokedAt is null && Start <= now && (End is not { } end || now < end);

    /// <summary>True if it was revoked or has run out; one that is still to begin has not ended.</summary>
    public bool HasEnded(DateTimeOffset now) => RevokedAt is not null || End <= now;
}

/// <summary>What the authorisations say about one reader.</summary>
public enum ConsentAnswer
{
    /// <summary>No valid permit.</summary>
    Missing,

    Permitted,

    /// <summary>A deny on the structure that the reader acts in.</summary>
    StructureDenied,
}

/// <summary>The consent state of one patient. It changes by events alone.</summary>
/// <remarks>C1. A matching deny wins over any permit. C2. A block ends the permits that name the professional, and
/// unblocking brings none of them back. C3. <see cref="Version"/> grows with every change.</remarks>
public sealed partial class ConsentState
{
    private static readonly SortedDictionary<string, PurposeConsent> NoPurposes = [];

    private readonly List<Authorization> _authorizations = [];

    // Where the words on one holder stand: each submission asks for every follower, and a record may hold thousands of words.
    private readonly Dictionary<(HolderKind, string), List<int>> _byHolder = [];
    private readonly Dictionary<string, DateTimeOffset> _blocked = new(StringComparer.Ordinal);

    // Null in most records.
    private Dictionary<string, Actor>? _blockedByOthers;
    private SortedDictionary<string, PurposeConsent>? _purposes;

    // Purposes that somebody else than the person decided. Null in most records.
    private HashSet<string>? _purposesOfOthers;
    private bool _isEmergencyOfOthers;

    public ConsentState()
    {
    }

    private ConsentState(ConsentState other)
    {
        foreach (var authorization in other._authorizations)
            Grant(authorization);
        foreach (var (professional, since) in other._blocked)
            _blocked.Add(professional, since);
        _blockedByOthers = other._blockedByOthers is null ? null : new Dictionary<string, Actor>(other._blockedByOthers, StringComparer.Ordinal);
        _purposes = other._purposes is null ? null : new SortedDictionary<string, PurposeConsent>(other._purposes, StringComparer.Ordinal);
        _purposesOfOthers = other._purposesOfOthers is null ? null : new HashSet<string>(other._purposesOfOthers, StringComparer.Ordinal);
        _isEmergencyOfOthers = other._isEmergencyOfOthers;
        AttendingPhysician = other.AttendingPhysician;
        (_saidAttending, _numbersBefore) = (other._saidAttending, other._numbersBefore);
        (Emergency, EmergencyUntil) = (other.Emergency, other.EmergencyUntil);
        Version = other.Version;
    }

    /// <summary>All, also those that have ended, in the order of their numbers.</summary>
    public IReadOnlyList<Authorization> Authorizations => _authorizations;

    /// <summary>IdNat_PS → since when.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Blocked => _blocked;

    /// <summary>Counts the changes of consent, from 0.</summary>
    public long Version { get; private set; }

    /// <summary>As the patient decided; null while the parameter decides.</summary>
    public EmergencyFlags? Emergency { get; private set; }

    /// <summary>From when on they permit no more than the parameter does; null for ever.</summary>
    public DateTimeOffset? EmergencyUntil { get; private set; }

    public EmergencyFlags EmergencyUnder(DomainPolicy policy, DateTimeOffset now) =>
        Emergency is not { } flags ? policy.EmergencyDefaults
        : !(EmergencyUntil <= now) ? flags
        : new EmergencyFlags(
            flags.RegulationCentre && policy.EmergencyDefaults.RegulationCentre,
            flags.BreakTheGlass && policy.EmergencyDefaults.BreakTheGlass,
            flags.MaskedDocuments && policy.EmergencyDefaults.MaskedDocuments);

    /// <summary>The declared family doctor (médecin traitant), as health insurance knows it; null if none.</summary>
    public ProfessionalId? AttendingPhysician { get; private set; }

    /// <summary>What the person decided of each purpose, by its name.</summary>
    public IReadOnlyDictionary<string, PurposeConsent> Purposes => _purposes ?? NoPurposes;

    /// <summary>Who blocked: the patient, or who acted for the patient.</summary>
    public Actor BlockedBy(string professional) =>
        _blockedByOthers?.GetValueOrDefault(professional) ?? Actor.Patient;

    /// <summary>True if a permit that is in force makes this professional an administrator of the record.</summary>
    public bool IsAdministrator(ProfessionalId professional, DateTimeOffset now) =>
        _byHolder.TryGetValue((HolderKind.Professional, professional.ToString()), out var own)
        && own.Exists(at => _authorizations[at] is { Permit: true } permit && permit.IsAdministratorAt(now) && permit.IsActive(now));

    /// <summary>True if masked documents are not hidden from this professional.</summary>
    public bool SeesMasked(ProfessionalId professional, DateTimeOffset now, DomainPolicy policy) =>
        (policy.AttendingPhysicianSeesMasked && AttendingPhysician == professional) || IsAdministrator(professional, now);

    public bool IsBlocked(ProfessionalId professional) => _blocked.ContainsKey(professional.ToString());

    /// <summary>A copy on which a change can be tried; this one is not touched.</summary>
    internal ConsentState Copy() => new(this);

    /// <summary>The word that answers for a reader: the denial that refuses, else the permit that lasts longest; null if there is
    /// none.</summary>
    public Authorization? Deciding(Reader reader, DateTimeOffset now) => Naming(reader)
        .Where(word => word.IsActive(now))
        .OrderBy(word => word.Permit).ThenByDescending(word => word.End ?? DateTimeOffset.MaxValue).FirstOrDefault();

    public ConsentAnswer Evaluate(Reader reader, DateTimeOffset now)
    {
        var permitted = false;
        foreach (var authorization in Naming(reader))
        {
            if (!authorization.IsActive(now))
                continue;
            if (!authorization.Permit)
                return ConsentAnswer.StructureDenied;
            permitted = true;
        }

        return permitted ? ConsentAnswer.Permitted : ConsentAnswer.Missing;
    }

    /// <summary>The end of the reader's longest permit; null if one has no end, or if there is none.</summary>
    public DateTimeOffset? PermittedUntil(Reader reader, DateTimeOffset now)
    {
        DateTimeOffset? until = null;
        foreach (var authorization in Naming(reader))
        {
            if (!authorization.Permit || !authorization.IsActive(now))
                continue;
            if (authorization.End is not { } end)
                return null;
            until = until is { } later && later > end ? later : end;
        }

        return until;
    }

    private IEnumerable<Authorization> Naming(Reader reader)
    {
        if (_byHolder.TryGetValue((HolderKind.Professional, reader.Id.ToString()), out var own))
        {
            foreach (var at in own)
                yield return _authorizations[at];
        }

        if (!reader.Structure.IsNone
            && _byHolder.TryGetValue((HolderKind.Organization, reader.Structure.ToString()), out var structures))
        {
            foreach (var at in structures)
                yield return _authorizations[at];
        }
    }

    /// <summary>Applies an event of consent, to the state of a record and to one that is tried out.</summary>
    /// <returns>False if the event is about something else.</returns>
    internal bool TryApply(PatientEvent change)
    {
        switch (change)
        {
            case AuthorizationGranted granted:
                Grant(granted.Authorization);
                return true;
            case AuthorizationRevoked revoked:
                Revoke(revoked.AuthorizationNumber, revoked.At);
                return true;
            case ProfessionalBlocked blocked:
                Block(blocked.Professional, blocked.At, blocked.By);
                return true;
            case ProfessionalUnblocked unblocked:
                Unblock(unblocked.Professional);
                return true;
            case EmergencyAccessSet emergency:
                SetEmergency(emergency);
                return true;
            case AdministratorSet administrator:
                SetAdministrator(administrator);
                return true;
            case AttendingPhysicianSet attending:
                SetAttendingPhysician(attending.Physician);
                return true;
            case PurposeConsentSet purpose:
                SetPurpose(purpose);
                return true;
            case RecordClosed closed:
                Close(closed.At);
                return true;
            case MajorityReached majority:
                ComeOfAge(majority.At);
                return true;
            default:
                return false;
        }
    }

    private void Grant(Authorization authorization)
    {
        var holder = (authorization.Holder, authorization.HolderId);
        if (!_byHolder.TryGetValue(holder, out var words))
            _byHolder.Add(holder, words = []);
        words.Add(_authorizations.Count);
        _authorizations.Add(authorization);
        Version++;
    }

    private void Revoke(int number, DateTimeOffset at)
    {
        for (var i = 0; i < _authorizations.Count; i++)
        {
            if (_authorizations[i].Number == number && _authorizations[i].RevokedAt is null)
                _authorizations[i] = _authorizations[i] with { RevokedAt = at };
        }

        Version++;
    }

    private void Block(ProfessionalId professional, DateTimeOffset at, Actor by)
    {
        var id = professional.ToString();
        _blocked[id] = at;
        if (by.Kind != ActorKind.Patient)
            (_blockedByOthers ??= new Dictionary<string, Actor>(StringComparer.Ordinal))[id] = by;
        for (var i = 0; i < _authorizations.Count; i++)
        {
            var authorization = _authorizations[i];
            if (authorization is { Permit: true, Holder: HolderKind.Professional, RevokedAt: null }
                && authorization.HolderId == id)
            {
                _authorizations[i] = authorization with { RevokedAt = at };
            }
        }

        Version++;
    }

    private void SetAdministrator(AdministratorSet change)
    {
        foreach (var number in change.Numbers)
        {
            var at = _authorizations.FindIndex(known => known.Number == number);
            if (at >= 0)
            {
                _authorizations[at] = _authorizations[at] with
                {
                    IsAdministrator = change.IsAdministrator,
                    AdministratorUntil = change.Until,
                    IsAdministratorOfOthers = change.By.Kind != ActorKind.Patient,
                };
            }
        }

        Version++;
    }

    // Whoever was let in is let in anew, once the record is open again.
    private void Close(DateTimeOffset at)
    {
        for (var i = 0; i < _authorizations.Count; i++)
        {
            if (_authorizations[i] is { Permit: true } permit && !permit.HasEnded(at))
                _authorizations[i] = permit with { RevokedAt = at };
        }

        Version++;
    }

    // What others permitted in a minor's name is over. What an earlier version kept has no end of its own: it ends here. What they
    // refused, and what a professional stated for himself or herself, stays.
    private void ComeOfAge(DateTimeOffset at)
    {
        for (var i = 0; i < _authorizations.Count; i++)
        {
            var word = _authorizations[i];
            if (word is { Permit: true, Basis: AuthorizationBasis.Patient, GrantedBy.Kind: not ActorKind.Patient } && !word.HasEnded(at))
                word = word with { End = at };
            if (word is { IsAdministratorOfOthers: true, AdministratorUntil: null })
                word = word with { AdministratorUntil = at };
            _authorizations[i] = word;
        }

        if (_isEmergencyOfOthers)
            EmergencyUntil ??= at;
        foreach (var purpose in _purposesOfOthers ?? [])
        {
            if (_purposes is not null && _purposes.TryGetValue(purpose, out var row) && row.Permit)
                _purposes.Remove(purpose);
        }

        _purposesOfOthers = null;
        Version++;
    }

    private void SetAttendingPhysician(ProfessionalId? physician)
    {
        AttendingPhysician = physician;
        _saidAttending = true;
        Version++;
    }

    private void SetPurpose(PurposeConsentSet change)
    {
        var purpose = change.Consent.Purpose;
        (_purposes ??= new SortedDictionary<string, PurposeConsent>(StringComparer.Ordinal))[purpose] = change.Consent;
        if (change.By.Kind != ActorKind.Patient)
            (_purposesOfOthers ??= new HashSet<string>(StringComparer.Ordinal)).Add(purpose);
        else
            _purposesOfOthers?.Remove(purpose);
        Version++;
    }

    /// <summary>Counts a change of what is kept elsewhere.</summary>
    internal void Touch() => Version++;

    private void SetEmergency(EmergencyAccessSet change)
    {
        (Emergency, EmergencyUntil) = (change.Flags, change.Until);
        _isEmergencyOfOthers = change.By.Kind != ActorKind.Patient;
        Version++;
    }

    private void Unblock(ProfessionalId professional)
    {
        _blocked.Remove(professional.ToString());
        _blockedByOthers?.Remove(professional.ToString());
        Version++;
    }
}
