using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;
using HealthGrains.Services.Paging;

namespace HealthGrains.Services.PatientRecords;

internal sealed partial class PatientRecordsService
{
    /// <summary>What changed after a cursor, in one page.</summary>
    private async Task<Wire.ChangesSinceResponse> ChangesSinceAsync(
        Wire.ChangesSinceRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.ForReading(CallerSession.Of(call), request.Patient, request.Access, context.Identity);
        var page = await context.AskAsync(
            target.Journal,
            new Domain.Routing.ChangesSince(request.AfterSequence, PageSizes.Of(request.PageSize), target.By)
            {
                Entrance = target.Entrance,
            },
            ct);
        var next = page.Changes.Count == 0 ? request.AfterSequence : page.Changes[^1].Item.Sequence;
        var response = new Wire.ChangesSinceResponse { NextSequence = next, HasMore = next < page.Last };
        foreach (var change in page.Changes)
            response.Changes.Add(RecordMapping.ToWire(change, target.Patient, context.Documents));
        return response;
    }
}
