namespace HealthGrains.Grains.Engine;

/// <summary>The maxima of one standalone engine; by default those of <see cref="GrainLimits"/>.</summary>
public sealed record StandaloneEngineOptions
{
    public static readonly StandaloneEngineOptions Default = new();

    /// <summary><see cref="GrainLimits.ActivationsMax"/>, from 1.</summary>
    public int ActivationsMax { get; init; } = GrainLimits.ActivationsMax;

    /// <summary><see cref="GrainLimits.CallsMax"/>, from 1.</summary>
    public int CallsMax { get; init; } = GrainLimits.CallsMax;

    /// <summary><see cref="GrainLimits.MailboxDepthMax"/>, from 1.</summary>
    public int MailboxDepthMax { get; init; } = GrainLimits.MailboxDepthMax;

    /// <summary><see cref="GrainLimits.IdleMax"/>.</summary>
    public TimeSpan IdleMax { get; init; } = GrainLimits.IdleMax;

    /// <summary><see cref="GrainLimits.AdmissionWaitMax"/>.</summary>
    public TimeSpan AdmissionWaitMax { get; init; } = GrainLimits.AdmissionWaitMax;

    internal StandaloneEngineOptions Checked()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ActivationsMax);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(CallsMax);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MailboxDepthMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(IdleMax, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(AdmissionWaitMax, TimeSpan.FromMilliseconds(4));
        return this;
    }
}
