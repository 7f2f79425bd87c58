namespace HealthGrains.Grains.Duties;

/// <summary>The maxima of what time does.</summary>
public static class DutyLimits
{
    /// <summary>Items of an agenda that are looked at together.</summary>
    public const int PageMax = 200;

    /// <summary>An agenda is looked at again after this long although nothing is due and nobody woke anybody: another process
    /// may have written, or the clock may have been set forward.</summary>
    public static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(30);

    /// <summary>Pause after a page of which something failed; the rest of the agenda is not held up.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);
}
