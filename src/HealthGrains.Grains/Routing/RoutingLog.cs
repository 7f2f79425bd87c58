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

    [LoggerMessage(EventId = 3005, EventName = "ShardChangesHands", Level = LogLevel.Debug,
        Message = "Shard {Shard}: epoch {Before} was held here, {After} is now (0: none)")]
    public static partial void ShardChangesHands(ILogger logger, int shard, long before, long after);

    [LoggerMessage(EventId = 3006, EventName = "LeasesNotRenewed", Level = LogLevel.Warning,
        Message = "The leases of the shards could not be renewed: {Failure}; others take them over if this lasts")]
    public static partial void LeasesNotRenewed(ILogger logger, string failure);

    [LoggerMessage(EventId = 3007, EventName = "LeaseLost", Level = LogLevel.Warning,
        Message = "Shard {Shard} is routed by another process since; this one was away too long")]
    public static partial void LeaseLost(ILogger logger, int shard);
}
