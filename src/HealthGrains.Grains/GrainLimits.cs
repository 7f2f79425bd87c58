namespace HealthGrains.Grains;

/// <summary>The maxima of grains and their engine. Each has a behaviour and a test.</summary>
public static class GrainLimits
{
    /// <summary>How often one command is decided when other owners of the grain keep winning the race.</summary>
    public const int TurnAttemptsMax = 4;

    /// <summary>Calls that wait for one grain; one more is refused at once.</summary>
    public const int MailboxDepthMax = 64;

    /// <summary>Grains in memory; beyond it idle ones are let go, then calls to further grains are refused.</summary>
    public const int ActivationsMax = 200_000;

    /// <summary>A grain that nobody has asked for this long is let go.</summary>
    public static readonly TimeSpan IdleMax = TimeSpan.FromMinutes(10);

    /// <summary>How long a call may wait for its turn before lower priorities are shed.</summary>
    public static readonly TimeSpan AdmissionWaitMax = TimeSpan.FromMilliseconds(200);

    /// <summary>Watchers on one process.</summary>
    public const int WatchersMax = 50_000;
}
