using Google.Protobuf.WellKnownTypes;
using HealthGrains.Domain.Documents.Intake;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;

namespace HealthGrains.Services.DomainMapping;

/// <summary>Times on the wire (google.protobuf.Timestamp) and in the domain: UTC, to 100 nanoseconds.</summary>
internal static class WireTimes
{
    private const long SecondsMin = -62_135_596_800;
    private const long SecondsMax = 253_402_300_799;
    private const int NanosecondsPerTick = 100;

    public static Timestamp Of(DateTimeOffset time) => Timestamp.FromDateTimeOffset(time);

    public static Timestamp? Of(DateTimeOffset? time) => time is { } some ? Of(some) : null;

    /// <summary>As stated; the protobuf type also holds what is no time.</summary>
    public static StatedTime Stated(Timestamp? time)
    {
        if (time is null)
            return default;
        if (time.Seconds is < SecondsMin or > SecondsMax || time.Nanos is < 0 or > 999_999_999)
            return new StatedTime(null, IsMalformed: true);
        return new StatedTime(
            DateTimeOffset.UnixEpoch.AddTicks((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanos / NanosecondsPerTick)));
    }

    /// <exception cref="RpcException">METADATA_INVALID for what is no time.</exception>
    public static DateTimeOffset? Read(Timestamp? time, string field) => Stated(time) is { IsMalformed: false } stated
        ? stated.Value
        : throw RefusalStatus.Of(new Refusal(RefusalCode.MetadataInvalid, "Not a point in time.", field));
}
