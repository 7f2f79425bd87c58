using Microsoft.Extensions.Logging;

namespace HealthGrains.Grains;

/// <summary>Everything that grains, their engine and their helpers log. Ids and names are stable.</summary>
/// <remarks>A journal is named by <see cref="JournalPseudonym"/>. An exception is told by its type and stack alone: its
/// message may quote what it stumbled over. The sentence of an invariant is ours and holds no data.</remarks>
internal static partial class GrainsLog
{
    [LoggerMessage(2001, LogLevel.Error,
        "A turn of {Journal} ended with a bug: {ExceptionType}: {Sentence} {Stack}", EventName = "TurnBug")]
    public static partial void TurnBug(
        this ILogger log, string journal, string exceptionType, string sentence, string? stack);

    [LoggerMessage(2002, LogLevel.Critical,
        "The journal of {Journal} is damaged in shard {Shard} at position {Position}, version {Version}: {What}",
        EventName = "JournalDamaged")]
    public static partial void JournalDamaged(
        this ILogger log, string journal, int shard, long position, long version, string what);

    [LoggerMessage(2003, LogLevel.Information,
        "The engine drains: {Refused} waiting calls were refused, {Running} turns are running.", EventName = "EngineDraining")]
    public static partial void EngineDraining(this ILogger log, int refused, int running);

    [LoggerMessage(2004, LogLevel.Information, "The engine is drained.", EventName = "EngineDrained")]
    public static partial void EngineDrained(this ILogger log);

    [LoggerMessage(2005, LogLevel.Warning,
        "The engine still ran {Running} turns after {AtMost}; their outcome is the journal's.", EventName = "EngineDrainTimedOut")]
    public static partial void EngineDrainTimedOut(this ILogger log, int running, TimeSpan atMost);

    [LoggerMessage(2006, LogLevel.Warning,
        "{Shed} calls waited too long for their turn and were shed; {UnderWay} are under way.", EventName = "LateCallsShed")]
    public static partial void LateCallsShed(this ILogger log, int shed, int underWay);

    [LoggerMessage(2101, LogLevel.Warning,
        "A snapshot of {Journal} failed and is forgotten: {ExceptionType}: {Stack}", EventName = "SnapshotFailed")]
    public static partial void SnapshotFailed(this ILogger log, string journal, string exceptionType, string? stack);
}
