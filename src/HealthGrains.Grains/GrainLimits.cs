using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains;

/// <summary>The maxima of grains and their engine. Each has a behaviour and a test.</summary>
public static class GrainLimits
{
    /// <summary>How often one command is decided when other owners of the grain keep winning the race.</summary>
    public const int TurnAttemptsMax = 4;

    /// <summary>Calls that wait for one grain; one more is refused at once, or takes the place of a lower priority. More than
    /// the streams of one connection, so that one honest client cannot fill it with a burst.</summary>
    public const int MailboxDepthMax = 256;

    /// <summary>A grain with more waiting calls than this is under high load: late calls are shed.</summary>
    public const int MailboxDepthHigh = MailboxDepthMax / 2;

    /// <summary>Calls under way in one engine, running and waiting; not more than a store queues, so that a call that was
    /// let in is not turned away there. <see cref="CallsMaxFor"/> keeps a reserve for the higher priorities.</summary>
    public const int CallsMax = JournalLimits.QueuedTurnsMax;

    /// <summary>The engine is under high load beyond this part of its calls: late calls are shed.</summary>
    public const int CallsHighDivisor = 4;

    /// <summary>While fewer turns than this run, the engine counts as idle: nobody is shed because of the expected wait.</summary>
    public const int TurnsRunningBusy = 64;

    /// <summary>Grains in memory; beyond it idle ones are let go, then calls to further grains are refused.</summary>
    public const int ActivationsMax = 200_000;

    /// <summary>Turns that one grain runs before others get the thread.</summary>
    public const int TurnsPerSchedulingMax = 16;

    /// <summary>Watchers on one process.</summary>
    public const int WatchersMax = 50_000;

    /// <summary>Journals that wait for a snapshot; one more is forgotten until its grain asks again.</summary>
    public const int SnapshotQueueMax = 1_024;

    /// <summary>Entries of a producer's ledger after which a snapshot is taken: a start reads no more of them, but for those that
    /// come while the snapshot is written.</summary>
    public const int LedgerEntriesPerSnapshot = 256;

    /// <summary>Entries of an inbox after which a snapshot is taken at the latest: its state is bounded, so a start need not read half of
    /// a long journal.</summary>
    public const int InboxEntriesPerSnapshotMax = 4_096;

    /// <summary>A grain that nobody has asked for this long is let go.</summary>
    public static readonly TimeSpan IdleMax = TimeSpan.FromMinutes(10);

    /// <summary>How long a call may wait for its turn, under high load, before it is shed: lower priorities first.</summary>
    public static readonly TimeSpan AdmissionWaitMax = TimeSpan.FromMilliseconds(200);

    /// <summary>How long disposing an engine waits for turns that have begun.</summary>
    public static readonly TimeSpan DisposeWaitMax = TimeSpan.FromSeconds(10);

    /// <summary>How many calls may be under way, of <paramref name="callsMax"/>, when one more of this priority comes.</summary>
    /// <remarks>Half for replays, all of them for emergency reads: whoever saturates the engine with submissions still
    /// leaves room for reads and revocations.</remarks>
    public static int CallsMaxFor(TurnPriority priority, int callsMax) => priority switch
    {
        TurnPriority.EmergencyRead => callsMax,
        TurnPriority.Revocation => Sixteenths(callsMax, 15),
        TurnPriority.PatientRead => Sixteenths(callsMax, 14),
        TurnPriority.ProfessionalRead => Sixteenths(callsMax, 12),
        TurnPriority.Submit => Sixteenths(callsMax, 10),
        TurnPriority.Replay => Sixteenths(callsMax, 8),
        _ => throw new ArgumentOutOfRangeException(nameof(priority)),
    };

    /// <summary>The expected wait beyond which a call of this priority is refused at the door, from the limit of the engine;
    /// null for those that are never refused for it.</summary>
    /// <remarks>Replays go first, at three quarters; reads by the patient last. Emergency reads and revocations wait.</remarks>
    public static TimeSpan? ExpectedWaitMaxFor(TurnPriority priority, TimeSpan admissionWaitMax) => priority switch
    {
        TurnPriority.EmergencyRead or TurnPriority.Revocation => null,
        TurnPriority.PatientRead => admissionWaitMax * 4,
        TurnPriority.ProfessionalRead => admissionWaitMax * 2,
        TurnPriority.Submit => admissionWaitMax,
        TurnPriority.Replay => admissionWaitMax * 3 / 4,
        _ => throw new ArgumentOutOfRangeException(nameof(priority)),
    };

    private static int Sixteenths(int whole, int parts) => Math.Max(1, (int)((long)whole * parts / 16));
}
