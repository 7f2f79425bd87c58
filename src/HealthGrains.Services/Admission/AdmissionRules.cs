namespace HealthGrains.Services.Admission;

/// <summary>So many a second, and so many at once.</summary>
/// <param name="PerSecond">Above zero.</param>
/// <param name="Burst">At least 1.</param>
public sealed record CallRate(double PerSecond, int Burst)
{
    internal CallRate Times(int factor) => new(PerSecond * factor, Burst * factor);
}

/// <summary>How much each identity may ask; a rate that is null is not limited.</summary>
public sealed record AdmissionRules
{
    /// <summary>For real persons.</summary>
    public static readonly AdmissionRules Production = new();

    /// <summary>Where one identity stands for many: demonstrations, tests, load tests.</summary>
    public static readonly AdmissionRules Bench = new()
    {
        Organization = Production.Organization!.Times(AdmissionLimits.OutsideProduction), // ! set below
        Patient = Production.Patient!.Times(AdmissionLimits.OutsideProduction), // ! set below
        Professional = Production.Professional!.Times(AdmissionLimits.OutsideProduction), // ! set below
    };

    /// <summary>Of one organisation's systems, over all of their connections; <c>Admission:Organization</c>.</summary>
    public CallRate? Organization { get; init; } = new(AdmissionLimits.OrganizationPerSecond, AdmissionLimits.OrganizationBurst);

    /// <summary>Of one patient, delegate or operator; <c>Admission:Patient</c>. Changes of consent have a bucket of their own,
    /// so that an app that reads in a circle does not keep its user from revoking.</summary>
    public CallRate? Patient { get; init; } = new(AdmissionLimits.PatientPerSecond, AdmissionLimits.PatientBurst);

    /// <summary>Of one professional; <c>Admission:Professional</c>. Emergencies have a bucket of their own.</summary>
    public CallRate? Professional { get; init; } = new(AdmissionLimits.ProfessionalPerSecond, AdmissionLimits.ProfessionalBurst);

    /// <summary>Distinct patients that one professional may look up in any hour, from 1; <c>Admission:PatientsPerHour</c>.</summary>
    public int PatientsPerHour { get; init; } = AdmissionLimits.PatientsPerHourMax;
}
