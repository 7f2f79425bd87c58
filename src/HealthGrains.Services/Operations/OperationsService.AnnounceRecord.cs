using HealthGrains.Domain.Records;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.Operations;

internal sealed partial class OperationsService
{
    /// <summary>The opposition window of one person begins.</summary>
    private async Task<Wire.AnnounceRecordResponse> AnnounceRecordAsync(
        Wire.AnnounceRecordRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, null, context.Identity);
        var announced = await context.AskAsync(target.Journal, new AnnounceRecord(target.By), ct);
        return new Wire.AnnounceRecordResponse { OpensAt = WireTimes.Of(announced.OpensAt), AlreadySo = announced.AlreadySo };
    }
}
