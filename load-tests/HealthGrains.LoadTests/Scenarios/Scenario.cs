using HealthGrains.LoadTests.Measuring;

namespace HealthGrains.LoadTests.Scenarios;

/// <summary>What one call of a scenario does.</summary>
internal enum Operation
{
    Submit,
    Read,
    Consent,
}

/// <summary>Who exists, who listens and what is called.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Summary">One line for the help and the report.</param>
internal sealed record Scenario(string Name, string Summary)
{
    public const int ColdPopulation = 1_000_000;

    /// <summary>Patients with open records, who are watched.</summary>
    public int Hot { get; init; } = 200;

    /// <summary>Patients of whom cold documents are drawn; 0 for none.</summary>
    public int Cold { get; init; }

    /// <summary>Of how many documents one goes to a hot patient; only with <see cref="Cold"/>.</summary>
    public int HotEvery { get; init; } = 1;

    public int Professionals { get; init; } = 10;

    /// <summary>Every professional follows every hot patient, instead of one each.</summary>
    public bool AllFollow { get; init; }

    public bool Bursts { get; init; }

    /// <summary>Of ten calls, how many read.</summary>
    public int ReadsInTen { get; init; }

    /// <summary>Of ten calls, how many give and take a right.</summary>
    public int ConsentsInTen { get; init; }

    /// <summary>All watchers are cut and come back this often.</summary>
    public TimeSpan? CutEvery { get; init; }

    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("steady", "one rate, 200 patients, each watched or followed"),
        new("burst", "four seconds at the rate, one second at a multiple of it") { Bursts = true },
        new("hot-patient", "all documents to one patient") { Hot = 1, Professionals = 1 },
        new("cold-patients", "drawn from 1,000,000 patients; one document in fifty to a watched one")
        {
            Hot = 8, Cold = ColdPopulation, HotEvery = 50,
        },
        new("wide-follow", "four patients, each followed by 64 professionals") { Hot = 4, Professionals = 64, AllFollow = true },
        new("readers-mixed", "four submissions and six reads in ten calls") { ReadsInTen = 6 },
        new("reconnect-storm", "all watchers are cut every two seconds and resume") { CutEvery = TimeSpan.FromSeconds(2) },
        new("consent-churn", "two in ten calls give a right, use it, take it and try again") { ConsentsInTen = 2 },
    ];

    /// <summary>Identities that the world must have.</summary>
    public int Population => Math.Max(Math.Max(Hot, Cold), 1);

    public Operation OperationOf(long number) => (number % 10) switch
    {
        var digit when digit < ReadsInTen => Operation.Read,
        var digit when digit < ReadsInTen + ConsentsInTen => Operation.Consent,
        _ => Operation.Submit,
    };

    /// <summary>Whose document it is, spread without a pattern and the same each time.</summary>
    public int PatientOf(long number)
    {
        var mixed = unchecked((ulong)(number + 1) * 0x9E3779B97F4A7C15UL);
        mixed = unchecked((mixed ^ (mixed >> 32)) * 0xD6E8FEB86659FD93UL);
        mixed ^= mixed >> 32;
        return Hot > 0 && (Cold == 0 || number % HotEvery == 0) ? (int)(mixed % (ulong)Hot) : (int)(mixed % (ulong)Cold);
    }

    /// <summary>Whether a professional follows a hot patient.</summary>
    public bool Follows(int professional, int patient) =>
        patient < Hot && (AllFollow || patient % Professionals == professional);

    public Schedule ScheduleOf(double rate, double factor, TimeSpan length, TimeSpan ramp) =>
        Bursts ? Schedule.Bursts(rate, factor, length) : Schedule.Steady(rate, length, ramp);
}
