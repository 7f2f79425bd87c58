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

    [LoggerMessage(EventId = 3008, EventName = "DeliverySetAside", Level = LogLevel.Warning,
        Message = "Shard {Shard}: recipient {Recipient} is set aside at position {Position}, held up by {Reason}; it is tried alone (delivery {Delivery})")]
    public static partial void DeliverySetAside(
        ILogger logger, int shard, string recipient, long position, string reason, string delivery);

    [LoggerMessage(EventId = 3009, EventName = "DeliveryOverdue", Level = LogLevel.Error,
        Message = "Shard {Shard}: delivery {Delivery} to {Recipient} is past its deadline, held up by {Reason} at position {Position} after {Attempts} tries; it is tried on")]
    public static partial void DeliveryOverdue(
        ILogger logger, int shard, string delivery, string recipient, string reason, long position, int attempts);

    [LoggerMessage(EventId = 3010, EventName = "DeliveryResumed", Level = LogLevel.Information,
        Message = "Shard {Shard}: recipient {Recipient} has taken everything in and is with the others again")]
    public static partial void DeliveryResumed(ILogger logger, int shard, string recipient);

    [LoggerMessage(EventId = 3011, EventName = "NobodyMoreIsSetAside", Level = LogLevel.Error,
        Message = "Shard {Shard} stands still: as many recipients are set aside as may be")]
    public static partial void NobodyMoreIsSetAside(ILogger logger, int shard);

    [LoggerMessage(EventId = 3012, EventName = "AsidesTakenOver", Level = LogLevel.Warning,
        Message = "Shard {Shard}: another router has taken over what was set aside here")]
    public static partial void AsidesTakenOver(ILogger logger, int shard);
}
