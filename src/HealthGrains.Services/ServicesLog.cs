using Microsoft.Extensions.Logging;

namespace HealthGrains.Services;

/// <summary>What the services log. No line holds a patient identifier, a token, or anything that a caller sent; so
/// none holds an exception's text.</summary>
internal static partial class ServicesLog
{
    [LoggerMessage(EventId = 4001, EventName = "SubmissionFailed", Level = LogLevel.Error,
        Message = "A submission of a bulk stream failed by a fault of ours; its caller was told INTERNAL_ERROR: {ExceptionType} {Stack}")]
    public static partial void SubmissionFailed(ILogger log, string exceptionType, string? stack);

    [LoggerMessage(EventId = 4002, EventName = "ContentMissing", Level = LogLevel.Error,
        Message = "The content of an entry is not in the store (shard {Shard}, position {Position}).")]
    public static partial void ContentMissing(ILogger log, int shard, long position);

    [LoggerMessage(EventId = 4003, EventName = "DamageFound", Level = LogLevel.Critical,
        Message = "A verification found damage: shard {Shard}, position {Position}, version {Version}. {What}")]
    public static partial void DamageFound(ILogger log, int shard, long position, long version, string what);

    [LoggerMessage(EventId = 4005, EventName = "PatientsEnumerated", Level = LogLevel.Error,
        Message = "A professional looks up more patients than the limit of an hour and is refused further ones: ask GetStatus (healthgrains status) who.")]
    public static partial void PatientsEnumerated(ILogger log);

    [LoggerMessage(EventId = 4004, EventName = "WatchRefused", Level = LogLevel.Information,
        Message = "A {What} stream ended because the right to it was lost: {Code}.")]
    public static partial void WatchRefused(ILogger log, string what, string code);

    [LoggerMessage(EventId = 4006, EventName = "DeliveriesRedriven", Level = LogLevel.Information,
        Message = "An operator tried {Selected} stalled deliveries again; {Delivered} arrived.")]
    public static partial void DeliveriesRedriven(ILogger log, long selected, long delivered);
}
