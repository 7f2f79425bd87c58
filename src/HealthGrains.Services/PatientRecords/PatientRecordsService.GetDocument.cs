using HealthGrains.Domain.Access;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;

namespace HealthGrains.Services.PatientRecords;

internal sealed partial class PatientRecordsService
{
    /// <summary>One entry of the index.</summary>
    private async Task<Wire.Document> GetDocumentAsync(Wire.GetDocumentRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.ForReading(CallerSession.Of(call), request.Patient, request.Access, context.Identity);
        var command = request.DocumentCase switch
        {
            Wire.GetDocumentRequest.DocumentOneofCase.DocumentId =>
                new ReadDocument(ReadDocumentId(request.DocumentId), null, false, target.By) { Entrance = target.Entrance },
            Wire.GetDocumentRequest.DocumentOneofCase.UniqueId =>
                new ReadDocument(null, ReadUniqueId(request.UniqueId), false, target.By) { Entrance = target.Entrance },
            _ => throw RefusalStatus.Of(NoDocumentNamed),
        };
        var view = await context.AskAsync(target.Journal, command, ct);
        return context.Documents.ToWire(view, target.Patient);
    }
}
