using HealthGrains.Domain.Identity;

namespace HealthGrains.Synthetic;

/// <summary>What the generator makes. The same options make the same bytes, on any machine.</summary>
public sealed record SyntheticOptions
{
    public ulong Seed { get; init; } = 1;

    /// <summary>Persons that documents are about, 1 to 68,000,000: draw from a whole population, for nearly every real
    /// deposit wakes a record that sleeps.</summary>
    public int Patients { get; init; } = 1_000;

    /// <summary>Structures that send documents, 1 to 100,000.</summary>
    public int Organizations { get; init; } = 20;

    /// <summary>FINESS number of the first structure, so that a sender who exists elsewhere can submit what is made; null for
    /// one of the bench range.</summary>
    public Finess? FirstOrganization { get; init; }

    /// <summary>How many documents in a thousand replace an earlier one of the same run, 0 to 500.</summary>
    public int ReplacementsInThousand { get; init; }

    /// <summary>A replacement comes so many documents after what it replaces. A run that keeps fewer documents under way
    /// than this never sends a replacement before its target.</summary>
    public int ReplacementDistance { get; init; } = 1_000;

    /// <summary>The first day of the acts; documents spread over the month that follows.</summary>
    public DateOnly From { get; init; } = new(2025, 10, 1);

    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    internal void Check()
    {
        Within(Patients, 1, 68_000_000, nameof(Patients));
        Within(Organizations, 1, 100_000, nameof(Organizations));
        Within(ReplacementsInThousand, 0, 500, nameof(ReplacementsInThousand));
        Within(ReplacementDistance, 1, int.MaxValue, nameof(ReplacementDistance));
    }

    /// <summary>Different options under one seed are different runs, so their documents need different ids.</summary>
    internal uint Fingerprint()
    {
        var hash = SplitMix64.Mix((ulong)Patients);
        hash = SplitMix64.Mix(hash + (ulong)Organizations);
        hash = SplitMix64.Mix(hash + (ulong)ReplacementsInThousand);
        hash = SplitMix64.Mix(hash + (ulong)ReplacementDistance);
        hash = SplitMix64.Mix(hash + (ulong)From.DayNumber);
        foreach (var c in FirstOrganization?.ToString() ?? "") hash = SplitMix64.Mix(hash + c);
        return (uint)hash;
    }

    private static void Within(int value, int first, int last, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, first, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, last, name);
    }
}
