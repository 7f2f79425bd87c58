using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;

namespace HealthGrains.Services.Paging;

/// <summary>How many items a page has: 0 means the default, more than the maximum is clipped.</summary>
internal static class PageSizes
{
    private static readonly Refusal Negative =
        new(RefusalCode.MetadataInvalid, "A page size is not negative.", "page_size");

    /// <exception cref="RpcException">METADATA_INVALID for a negative one.</exception>
    public static int Of(int stated) => stated switch
    {
        < 0 => throw RefusalStatus.Of(Negative),
        0 => ServiceLimits.PageSizeDefault,
        _ => Math.Min(stated, ServiceLimits.PageSizeMax),
    };
}
