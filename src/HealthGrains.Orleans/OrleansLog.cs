using Microsoft.Extensions.Logging;

namespace HealthGrains.Orleans;

/// <summary>What the cluster engine logs. No journal is named.</summary>
internal static partial class OrleansLog
{
    [LoggerMessage(4001, LogLevel.Information,
        "The cluster has {Silos} silos; {Shards} shards are here", EventName = "MembersChanged")]
    public static partial void MembersChanged(ILogger log, int silos, int shards);

    [LoggerMessage(4002, LogLevel.Warning,
        "The router of shard {Shard} was not reached ({Failure}); it is asked again", EventName = "RouterNotKept")]
    public static partial void RouterNotKept(ILogger log, int shard, string failure);

    [LoggerMessage(4003, LogLevel.Information,
        "A wake-up for {Journals} journals was lost ({Failure})", EventName = "WakeLost")]
    public static partial void WakeLost(ILogger log, int journals, string failure);

    [LoggerMessage(4005, LogLevel.Information,
        "The router of shard {Shard} runs here", EventName = "RouterBegan")]
    public static partial void RouterBegan(ILogger log, int shard);

    [LoggerMessage(4006, LogLevel.Information,
        "The router of shard {Shard} ran here; it ended in {Took}", EventName = "RouterEnded")]
    public static partial void RouterEnded(ILogger log, int shard, TimeSpan took);

    [LoggerMessage(4004, LogLevel.Warning,
        "The silo did not stop in {AtMost} ({Failure}); the others will see that it is gone", EventName = "SiloStopFailed")]
    public static partial void SiloStopFailed(ILogger log, TimeSpan atMost, string failure);
}
