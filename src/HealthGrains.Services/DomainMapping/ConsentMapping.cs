using System.Globalization;
using HealthGrains.Domain.Consent;

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
        var wire = new Wire.GetConsentsResponse { Patient = patient, ConsentVersion = view.Version, Emergency = ToWire(view.Emergency) };
        foreach (var authorization in view.Authorizations)
            wire.Authorizations.Add(ToWire(authorization, view.At));
        foreach (var (professional, since) in view.Blocked)
        {
            wire.Blocks.Add(new Wire.Block
            {
                ProfessionalId = professional,
                Since = WireTimes.Of(since),
                BlockedBy = ActorMapping.ToWire(Domain.Actors.Actor.Patient),
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
