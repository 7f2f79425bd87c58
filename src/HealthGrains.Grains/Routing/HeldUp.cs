using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Routing;

/// <summary>Why a delivery did not work: codes for operators. An exception's text can hold what it was about; these do not.</summary>
public static class HeldUp
{
    /// <summary>It did not answer within <see cref="RoutingLimits.AttemptMax"/>.</summary>
    public const string NoAnswer = "NO_ANSWER";

    /// <summary>An entry of the log is none that this version knows: the shard stands still.</summary>
    public const string UnreadableEntry = "UNREADABLE_ENTRY";

    public static string By(Exception failure) => failure switch
    {
        JournalUnavailableException { Reason: JournalUnavailableReason.Busy } => "STORE_BUSY",
        JournalUnavailableException { Reason: JournalUnavailableReason.DiskFull } => "DISK_FULL",
        JournalUnavailableException => "STORE_AWAY",
        JournalOutcomeUnknownException => "OUTCOME_UNKNOWN",
        JournalDamagedException => "DAMAGED",
        JournalConflictException => "RACED",
        EngineOverloadedException => "OVERLOADED",
        FormatException => UnreadableEntry,
        OperationCanceledException => NoAnswer,
        _ => "INTERNAL",
    };
}
