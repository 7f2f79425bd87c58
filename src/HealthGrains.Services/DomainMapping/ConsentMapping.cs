using System.Globalization;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Delegates;

namespace HealthGrains.Services.DomainMapping;

/// <summary>The consent state and its changes.</summary>
internal static class ConsentMapping
{
    public static Wire.ConsentReceipt ToReceipt(ConsentChange change) => new()
    {
        At = WireTimes.Of(change.At),
        ConsentVersion = change.ConsentVersion,
        AlreadySo = change.AlreadySo,
    };

    public static Wire.ConsentReceipt ToReceipt(DelegateAnswer answer) => new()
    {
        At = WireTimes.Of(answer.At),
        ConsentVersion = answer.ConsentVersion,
        AlreadySo = answer.AlreadySo,
    };

    public static Wire.Delegate ToWire(DelegateAnswer answer) => ToWire(answer.Delegation, answer.Status);

    public static Wire.PurposeConsent ToWire(PurposeConsent consent) => new()
    {
        Purpose = consent.Purpose,
        Decision = consent.Permit ? Wire.Decision.Permit : Wire.Decision.Deny,
        DecidedAt = WireTimes.Of(consent.DecidedAt),
        TermsVersion = consent.TermsVersion,
        Perimeter = consent.Perimeter,
    };

    private static Wire.Delegate ToWire(Delegation delegation, DelegationStatus status) => new()
    {
        DelegateId = delegation.Number.ToString(CultureInfo.InvariantCulture),
        Subject = delegation.Subject,
        Name = delegation.Name,
        Kind = delegation.Kind switch
        {
            DelegationKind.LegalRepresentation => Wire.Delegate.Types.Kind.LegalRepresentation,
            DelegationKind.Caregiving => Wire.Delegate.Types.Kind.Caregiving,
            DelegationKind.HealthcareProfessional => Wire.Delegate.Types.Kind.HealthcareProfessional,
            _ => Wire.Delegate.Types.Kind.Unspecified,
        },
        State = status switch
        {
            DelegationStatus.Pending => Wire.Delegate.Types.State.Pending,
            DelegationStatus.Accepted => Wire.Delegate.Types.State.Accepted,
            DelegationStatus.Refused => Wire.Delegate.Types.State.Refused,
            DelegationStatus.Expired => Wire.Delegate.Types.State.Expired,
            DelegationStatus.Revoked => Wire.Delegate.Types.State.Revoked,
            _ => Wire.Delegate.Types.State.Unspecified,
        },
        Start = WireTimes.Of(delegation.Start),
        End = WireTimes.Of(delegation.RevokedAt ?? delegation.End),
    };

    public static Wire.Authorization ToWire(Authorization authorization, DateTimeOffset at) => new()
    {
        AuthorizationId = authorization.Number.ToString(CultureInfo.InvariantCulture),
        Holder = authorization.Holder == HolderKind.Professional
            ? new Wire.Holder { ProfessionalId = authorization.HolderId }
            : new Wire.Holder { OrganizationId = authorization.HolderId },
        Decision = authorization.Permit ? Wire.Decision.Permit : Wire.Decision.Deny,
        Basis = authorization.Basis switch
        {
            AuthorizationBasis.Patient => Wire.Authorization.Types.Basis.Patient,
            AuthorizationBasis.CareTeam => Wire.Authorization.Types.Basis.CareTeam,
            AuthorizationBasis.Explicit => Wire.Authorization.Types.Basis.Explicit,
            _ => Wire.Authorization.Types.Basis.Unspecified,
        },
        Start = WireTimes.Of(authorization.Start),

        // A revocation ends it, however long it was given for.
        End = WireTimes.Of(authorization.RevokedAt ?? authorization.End),
        IsAdmin = authorization.IsAdministrator,
        IsActive = authorization.IsActive(at),
        GrantedBy = ActorMapping.ToWire(authorization.GrantedBy),
        HolderName = authorization.HolderName,
    };

    public static Wire.EmergencyAccess ToWire(EmergencyFlags flags)
    {
        return new Wire.EmergencyAccess
        {
            RegulationCentre = Decided(flags.RegulationCentre),
            BreakTheGlass = Decided(flags.BreakTheGlass),
            MaskedDocuments = Decided(flags.MaskedDocuments),
        };

        static Wire.Decision Decided(bool permit) => permit ? Wire.Decision.Permit : Wire.Decision.Deny;
    }

    public static Wire.GetConsentsResponse ToWire(ConsentView view, Wire.Patient patient)
    {
        var wire = new Wire.GetConsentsResponse
        {
            Patient = patient,
            ConsentVersion = view.Version,
            Emergency = ToWire(view.Emergency),
            AttendingPhysicianId = view.AttendingPhysician?.ToString() ?? "",
        };
        var blockedBy = new Dictionary<string, Domain.Actors.Actor>(view.BlockedBy, StringComparer.Ordinal);
        wire.Purposes.Add(view.Purposes.Select(ToWire));
        wire.Delegates.Add(view.Delegations.Select(one => ToWire(one.Delegation, one.Status)));
        foreach (var authorization in view.Authorizations)
            wire.Authorizations.Add(ToWire(authorization, view.At));
        foreach (var (professional, since) in view.Blocked)
        {
            wire.Blocks.Add(new Wire.Block
            {
                ProfessionalId = professional,
                Since = WireTimes.Of(since),
                BlockedBy = ActorMapping.ToWire(blockedBy.GetValueOrDefault(professional, Domain.Actors.Actor.Patient)),
            });
        }

        foreach (var follower in view.Followers)
        {
            wire.Followers.Add(new Wire.Follower
            {
                ProfessionalId = follower.Reader.Id.ToString(),
                Since = WireTimes.Of(follower.Since),
            });
        }

        return wire;
    }
}
