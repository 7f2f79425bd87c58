namespace HealthGrains.Services.Admission;

/// <summary>The maxima of admission. Rates are defaults of <see cref="AdmissionRules"/>, which an operator sets.</summary>
/// <remarks>All of them count on one process: where several serve one database, an identity that calls all of them has each
/// limit as many times as there are processes.</remarks>
public static class AdmissionLimits
{
    /// <summary>Calls and submissions a second of one organisation's systems, in production.</summary>
    public const int OrganizationPerSecond = 500;

    /// <summary>Calls and submissions of one organisation at once, in production.</summary>
    public const int OrganizationBurst = 5_000;

    /// <summary>Calls a second of one patient, or of who acts for patients.</summary>
    public const int PatientPerSecond = 20;

    /// <summary>Calls of one patient at once.</summary>
    public const int PatientBurst = 200;

    /// <summary>Calls a second of one professional.</summary>
    public const int ProfessionalPerSecond = 50;

    /// <summary>Calls of one professional at once.</summary>
    public const int ProfessionalBurst = 500;

    /// <summary>How many times all of these rates outside production, where one identity stands for many.</summary>
    public const int OutsideProduction = 40;

    /// <summary>Identities whose rates are kept. More share one bucket of each kind in each part of the table.</summary>
    public const int IdentitiesMax = 200_000;

    /// <summary>Distinct patients that one professional may look up in any hour. One more is refused, and an alarm is raised.</summary>
    public const int PatientsPerHourMax = 1_000;

    /// <summary>The hour.</summary>
    public static readonly TimeSpan LookupWindow = TimeSpan.FromHours(1);

    /// <summary>Lookups remembered, of all professionals together; at it a further patient is refused to everybody.</summary>
    public const int LookupsMax = 4_000_000;

    /// <summary>How often lookups older than the hour are looked for.</summary>
    public static readonly TimeSpan LookupSweepEvery = TimeSpan.FromMinutes(5);

    /// <summary>Alarms of lookups kept for operators; of more, the oldest goes.</summary>
    public const int LookupAlarmsMax = 100;

    /// <summary>The expected wait of a turn from which nobody may have more than a fair share of the calls under way: half of
    /// the wait from which submissions are refused to everybody.</summary>
    public static readonly TimeSpan FairShareFrom = Grains.GrainLimits.AdmissionWaitMax / 2;

    /// <summary>Calls under way that are never more than a fair share.</summary>
    public const int FairShareFloor = 32;

    /// <summary>How long a request of <c>SubmitMany</c> waits for its organisation's rate or share; then it is refused. The
    /// stream is not read meanwhile, so its sender slows down.</summary>
    public static readonly TimeSpan PaceMax = TimeSpan.FromSeconds(1);

    /// <summary>How often such a request looks whether there is room.</summary>
    public static readonly TimeSpan PaceLook = TimeSpan.FromMilliseconds(10);
}
