using Microsoft.Extensions.Logging;

namespace HealthGrains.Host.Serving;

/// <summary>What the host logs: where it serves and how it ends, never whom it serves.</summary>
internal static partial class HostLog
{
    [LoggerMessage(1000, LogLevel.Information,
        "healthgrains serves grpc={Grpc} web={Web} store={Store} engine={Engine} data={Data} in {Seconds} s", EventName = "Serves")]
    public static partial void Serves(this ILogger log, string grpc, string web, string store, string engine, string data, string seconds);

    [LoggerMessage(1001, LogLevel.Information, "healthgrains stops: draining for up to {Seconds} s", EventName = "Stops")]
    public static partial void Stops(this ILogger log, double seconds);

    [LoggerMessage(1002, LogLevel.Information, "healthgrains stopped; everything acknowledged is stored", EventName = "Stopped")]
    public static partial void Stopped(this ILogger log);

    [LoggerMessage(1003, LogLevel.Critical, "The store has stopped itself: {Line} The process ends; the next start recovers.",
        EventName = "StoreFailed")]
    public static partial void StoreFailed(this ILogger log, string line);

    [LoggerMessage(1004, LogLevel.Warning,
        "The gRPC port {Grpc} takes plaintext from other machines: development only", EventName = "PlaintextBeyondLoopback")]
    public static partial void PlaintextBeyondLoopback(this ILogger log, string grpc);

    [LoggerMessage(1006, LogLevel.Warning,
        "The habilitation matrix {Version} is a placeholder, not the official annex: not for real persons", EventName = "MatrixIsPlaceholder")]
    public static partial void MatrixIsPlaceholder(this ILogger log, string version);

    [LoggerMessage(1007, LogLevel.Information, "The habilitation matrix {Version} is in force now", EventName = "MatrixReplaced")]
    public static partial void MatrixReplaced(this ILogger log, string version);

    [LoggerMessage(1008, LogLevel.Error,
        "The new habilitation matrix is not taken ({Trouble}); {Version} stays in force", EventName = "MatrixNotTaken")]
    public static partial void MatrixNotTaken(this ILogger log, string trouble, string version);

    [LoggerMessage(1005, LogLevel.Warning,
        "Tokens of the development key {KeyFile} are taken: whoever can read it is everybody", EventName = "DevelopmentKeyTrusted")]
    public static partial void DevelopmentKeyTrusted(this ILogger log, string keyFile);

    [LoggerMessage(1009, LogLevel.Warning,
        "No --postgresql was given: a scratch cluster of our own serves in {Directory}, for a first look and not for production",
        EventName = "ScratchClusterServes")]
    public static partial void ScratchClusterServes(this ILogger log, string directory);
}
