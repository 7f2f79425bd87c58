using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Patients;

namespace HealthGrains.Domain.Delegates;

/// <summary>Somebody was invited to act for the patient, or recorded as the one who does.</summary>
public sealed record DelegateAdded(DateTimeOffset At, Actor By, Delegation Delegation) : PatientEvent(At, By)
{
    /// <summary>yyyyMMdd, as health insurance states it; empty when it was not stated.</summary>
    public string BirthDate { get; init; } = "";
}

/// <summary>The invited person accepted or refused.</summary>
public sealed record DelegationAnswered(DateTimeOffset At, Actor By, int Number, bool Accepted) : PatientEvent(At, By);

/// <summary>A delegation, or an invitation, was ended by either side.</summary>
public sealed record DelegationEnded(DateTimeOffset At, Actor By, int Number) : PatientEvent(At, By);
