namespace HealthGrains.Domain.Delegates;

/// <summary>How many may act for one person.</summary>
public static class DelegateLimits
{
    /// <summary>Caregivers of a person, invitations included. One more is refused with <c>OVERLOADED</c>.</summary>
    public const int CaregiversMax = 3;

    /// <summary>Persons whom one caregiver helps, invitations that are being accepted included. One more is refused with
    /// <c>OVERLOADED</c>.</summary>
    public const int PersonsHelpedMax = 5;

    /// <summary>Legal representatives of a minor, invitations included. One more is refused with <c>OVERLOADED</c>.</summary>
    public const int RepresentativesMax = 2;

    /// <summary>Professionals who exercise a person's rights. One more is refused with <c>OVERLOADED</c>.</summary>
    public const int ProfessionalsMax = 10;

    /// <summary>Delegations that one record keeps, ended ones included. One more is refused with <c>OVERLOADED</c>.</summary>
    public const int RecordMax = 1_000;
}
