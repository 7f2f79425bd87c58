using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Caregivers;

/// <summary>Something that happened to the places of one caregiver: a closed family.</summary>
public abstract record CaregiverEvent(DateTimeOffset At);

/// <summary>A place was taken for the delegation with this number in a person's record.</summary>
public sealed record CaregiverPlaceTaken(DateTimeOffset At, PatientId Patient, int Number) : CaregiverEvent(At);

/// <summary>Places were given back: the delegations are over.</summary>
public sealed record CaregiverPlacesLeft(DateTimeOffset At, IReadOnlyList<PatientId> Patients) : CaregiverEvent(At);

/// <summary>One place of a caregiver.</summary>
/// <param name="Number">Of the delegation, within the record.</param>
public readonly record struct CaregiverPlace(PatientId Patient, int Number);

/// <summary>Whom one caregiver helps, or is about to: what no single record can see.</summary>
/// <remarks>
/// <para>K1. A place is taken before the invitation is accepted, so nobody is a caregiver without a place.</para>
/// <para>K2. A place is given back only after the record said that its delegation is over, which it stays. One that was taken for an
/// acceptance that never came is over when its invitation is.</para>
/// <para>K3. From K1 and K2: the delegations of a caregiver that are in force are never more than the places.</para>
/// </remarks>
public sealed class CaregiverState
{
    private readonly List<CaregiverPlace> _places = [];

    /// <summary>In the order in which they were taken.</summary>
    public IReadOnlyList<CaregiverPlace> Places => _places;

    public void Apply(CaregiverEvent change, EventStamp stamp)
    {
        _ = stamp;
        switch (change)
        {
            case CaregiverPlaceTaken taken:
                _places.RemoveAll(place => place.Patient == taken.Patient);
                _places.Add(new CaregiverPlace(taken.Patient, taken.Number));
                break;
            case CaregiverPlacesLeft left:
                _places.RemoveAll(place => left.Patients.Contains(place.Patient));
                break;
            default:
                throw new InvalidOperationException($"{change.GetType().Name} has no effect defined.");
        }
    }
}
