using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;

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

    public bool IsActive(DateTimeOffset now) => RevokedAt is null && Start <= now && (End is not { } end || now < end);

    /// <summary>True if it was revoked or has run out; one that is still to begin has not ended.</summary>
    public bool HasEnded(DateTimeOffset now) => RevokedAt is not null || End <= now;

    public bool Names(Reader reader) => Holder == HolderKind.Professional
        ? HolderId == reader.Id.ToString()
        : !reader.Structure.IsNone && HolderId == reader.Structure.ToString();
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
public sealed class ConsentState
{
    private readonly List<Authorization> _authorizations = [];
    private readonly Dictionary<string, DateTimeOffset> _blocked = new(StringComparer.Ordinal);

    /// <summary>All, also those that have ended, in the order of their numbers.</summary>
    public IReadOnlyList<Authorization> Authorizations => _authorizations;

    /// <summary>IdNat_PS → since when.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Blocked => _blocked;

    /// <summary>Counts the changes of consent, from 0.</summary>
    public long Version { get; private set; }

    public bool IsBlocked(ProfessionalId professional) => _blocked.ContainsKey(professional.ToString());

    public ConsentAnswer Evaluate(Reader reader, DateTimeOffset now)
    {
        var permitted = false;
        foreach (var authorization in _authorizations)
        {
            if (!authorization.IsActive(now) || !authorization.Names(reader))
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
        foreach (var authorization in _authorizations)
        {
            if (!authorization.Permit || !authorization.IsActive(now) || !authorization.Names(reader))
                continue;
            if (authorization.End is not { } end)
                return null;
            until = until is { } later && later > end ? later : end;
        }

        return until;
    }

    internal void Grant(Authorization authorization)
    {
        _authorizations.Add(authorization);
        Version++;
    }

    internal void Revoke(int number, DateTimeOffset at)
    {
        for (var i = 0; i < _authorizations.Count; i++)
        {
            if (_authorizations[i].Number == number && _authorizations[i].RevokedAt is null)
                _authorizations[i] = _authorizations[i] with { RevokedAt = at };
        }

        Version++;
    }

    internal void Block(ProfessionalId professional, DateTimeOffset at)
    {
        var id = professional.ToString();
        _blocked[id] = at;
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

    internal void Unblock(ProfessionalId professional)
    {
        _blocked.Remove(professional.ToString());
        Version++;
    }
}
