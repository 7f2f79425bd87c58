using HealthGrains.Domain.Records;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.PatientRecords;

internal sealed partial class PatientRecordsService
{
    /// <summary>The state of a record and the caller's standing in it.</summary>
    private async Task<Wire.GetRecordResponse> GetRecordAsync(
        Wire.GetRecordRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.ForReading(CallerSession.Of(call), request.Patient, request.Access, context.Identity);
        var view = await context.AskAsync(target.Journal, new GetRecord(target.By) { Entrance = target.Entrance }, ct);
        return RecordMapping.ToWire(view, target.Patient);
    }
}
