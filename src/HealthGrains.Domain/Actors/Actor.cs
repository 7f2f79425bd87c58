using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Actors;

/// <summary>Who acted, as the record keeps it. The numbers are stored: never changed, never reused.</summary>
public enum ActorKind
{
    /// <summary>The person whose record it is.</summary>
    Patient = 1,

    /// <summary>A health or social-care professional in a direct session.</summary>
    Professional = 2,

    /// <summary>A care structure's system (indirect mode).</summary>
    Facility = 3,

    /// <summary>A legal representative or a caregiver.</summary>
    Delegate = 4,

    /// <summary>Support and operations staff.</summary>
    Support = 5,

    /// <summary>This system itself: a timer, a default.</summary>
    System = 6,
}

/// <summary>Who acted, in which hat, for whom. Names serve traces only and decide nothing.</summary>
/// <param name="Kind">The sort of actor.</param>
/// <param name="Id">IdNat_PS of a professional, Struct_IdNat of a facility, a subject for others; empty for the patient.</param>
public sealed record Actor(ActorKind Kind, string Id)
{
    public static readonly Actor System = new(ActorKind.System, "");

    public static readonly Actor Patient = new(ActorKind.Patient, "");

    public string? Name { get; init; }

    /// <summary>The profession of the hat that was worn; none for who is no professional.</summary>
    public ProfessionCode Profession { get; init; }

    /// <summary>The structure that the actor acted in; none if not known.</summary>
    public StructureId Structure { get; init; }

    /// <summary>The structure that a depositing system acted for, when it is another.</summary>
    public StructureId OnBehalfOf { get; init; }

    /// <summary>The facility's system.</summary>
    public static Actor Facility(StructureId structure, StructureId onBehalfOf = default) =>
        new(ActorKind.Facility, structure.ToString()) { Structure = structure, OnBehalfOf = onBehalfOf };

    /// <summary>A professional acting in a structure.</summary>
    public static Actor Professional(
        ProfessionalId id, ProfessionCode profession, StructureId structure, string? name = null) =>
        new(ActorKind.Professional, id.ToString()) { Profession = profession, Structure = structure, Name = name };

    /// <summary>The person, or a legal representative or caregiver: who reads on the patient's side.</summary>
    public bool IsPatientSide => Kind is ActorKind.Patient or ActorKind.Delegate;

    /// <summary>True if the actor acts in, or for, this structure.</summary>
    public bool ActsFor(string? structure) =>
        !string.IsNullOrEmpty(structure)
        && ((!Structure.IsNone && structure == Structure.ToString())
            || (!OnBehalfOf.IsNone && structure == OnBehalfOf.ToString()));
}
