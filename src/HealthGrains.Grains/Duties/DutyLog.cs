using Microsoft.Extensions.Logging;

namespace HealthGrains.Grains.Duties;

/// <summary>What the work of time logs: no patient, and of a failure only its type and its place.</summary>
internal static partial class DutyLog
{
    [LoggerMessage(EventId = 3101, EventName = "AgendaHeldUp", Level = LogLevel.Warning,
        Message = "The agenda of shard {Shard} is held up by {Failure}; next try in {Pause}")]
    public static partial void AgendaHeldUp(ILogger logger, int shard, string failure, TimeSpan pause);

    [LoggerMessage(EventId = 3102, EventName = "DutyHeldUp", Level = LogLevel.Warning,
        Message = "What a record of shard {Shard} owes is held up by {Failure}; next try in {Pause}")]
    public static partial void DutyHeldUp(ILogger logger, int shard, string failure, TimeSpan pause);

    [LoggerMessage(EventId = 3103, EventName = "AgendaFailed", Level = LogLevel.Error,
        Message = "The agenda of shard {Shard} met a bug, {Failure}; next try in {Pause}\n{Place}")]
    public static partial void AgendaFailed(ILogger logger, int shard, string failure, TimeSpan pause, string? place);

    [LoggerMessage(EventId = 3104, EventName = "RecordErased", Level = LogLevel.Information,
        Message = "{Contents} contents of a destroyed record were deleted")]
    public static partial void RecordErased(ILogger logger, long contents);
}
