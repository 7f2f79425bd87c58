using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Services.DomainMapping;

/// <summary>People and systems as the wire names them.</summary>
internal static class ActorMapping
{
    public static Wire.Patient ToWire(PatientId patient) => new() { Ins = patient.Number, Oid = patient.Oid.Text() };

    public static Wire.Actor ToWire(Actor actor) => new()
    {
        Kind = actor.Kind switch
        {
            ActorKind.Patient or ActorKind.Delegate => Wire.Actor.Types.Kind.Patient,
            ActorKind.Professional => Wire.Actor.Types.Kind.HealthcareProfessional,
            ActorKind.Facility => Wire.Actor.Types.Kind.HealthcareFacility,
            ActorKind.Support => Wire.Actor.Types.Kind.Support,
            ActorKind.System => Wire.Actor.Types.Kind.System,
            _ => Wire.Actor.Types.Kind.Unspecified,
        },
        Id = actor.Id,
        Name = actor.Name ?? "",
        Profession = actor.Profession.Code,
        OrganizationId = actor.Structure.ToString(),
    };
}
