using Microsoft.Extensions.Logging;

namespace HealthGrains.Rpc;

/// <summary>What this layer logs. No text of an exception, which may quote what a caller sent; no payload, no metadata, nothing that a caller wrote but the path of a mapped method.</summary>
internal static partial class RpcLog
{
    [LoggerMessage(1, LogLevel.Error, "{Method} failed with an exception that is no status: {ExceptionType} {Stack}", EventName = "HandlerFailed")]
    public static partial void HandlerFailed(ILogger logger, string method, string exceptionType, string? stack);

    [LoggerMessage(2, LogLevel.Error, "{Method} failed after its call was over: {ExceptionType} {Stack}", EventName = "LateHandlerFailed")]
    public static partial void LateHandlerFailed(ILogger logger, string method, string exceptionType, string? stack);

    [LoggerMessage(3, LogLevel.Warning, "A connection was ended: too many {Frame} frames.", EventName = "ConnectionCalmed")]
    public static partial void ConnectionCalmed(ILogger logger, string frame);

    [LoggerMessage(4, LogLevel.Warning, "A connection was refused: {Limit} is reached.", EventName = "ConnectionRefused")]
    public static partial void ConnectionRefused(ILogger logger, string limit);

    [LoggerMessage(5, LogLevel.Information, "Draining: health says NOT_SERVING, calls may finish within {Seconds} s.",
        EventName = "Draining")]
    public static partial void Draining(ILogger logger, double seconds);
}
