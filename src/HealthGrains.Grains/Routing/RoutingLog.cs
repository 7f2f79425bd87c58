using Microsoft.Extensions.Logging;

namespace HealthGrains.Grains.Routing;

/// <summary>What routing logs. Documents are named by the server's own ids; patients and professionals are not named.</summary>
internal static partial class RoutingLog
{
    [LoggerMessage(EventId = 3001, EventName = "ShardHeldUp", Level = LogLevel.Warning,
        Message = "Routing of shard {Shard} is held up by {Failure}; next try in {Pause}")]
    public static partial void ShardHeldUp(ILogger logger, int shard, string failure, TimeSpan pause);

    [LoggerMessage(EventId = 3002, EventName = "DeliveryHeldUp", Level = LogLevel.Warning,
        Message = "A delivery from shard {Shard} is held up by {Failure}; next try in {Pause}")]
    public static partial void DeliveryHeldUp(ILogger logger, int shard, string failure, TimeSpan pause);

    [LoggerMessage(EventId = 3003, EventName = "MisroutingSuspected", Level = LogLevel.Error,
        Message = "One unique id was accepted for two patients: documents {First} and {Second}; one is probably misrouted")]
    public static partial void MisroutingSuspected(ILogger logger, string first, string second);

    // The message of an exception can hold what it was about: only its type and its place are told.
    [LoggerMessage(EventId = 3004, EventName = "ShardFailed", Level = LogLevel.Error,
        Message = "Routing of shard {Shard} met a bug, {Failure}; next try in {Pause}\n{Place}")]
    public static partial void ShardFailed(ILogger logger, int shard, string failure, TimeSpan pause, string? place);
}
