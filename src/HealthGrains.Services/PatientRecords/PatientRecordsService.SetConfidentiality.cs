using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.PatientRecords;

internal sealed partial class PatientRecordsService
{
    /// <summary>Changes who may see one document.</summary>
    private async Task<Wire.SetConfidentialityResponse> SetConfidentialityAsync(
        Wire.SetConfidentialityRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, request.Access, context.Identity);
        var id = ReadDocumentId(request.DocumentId);
        var labels = SubmissionMapping.ToStated(request.Confidentiality).Value
            ?? throw RefusalStatus.Of(new Refusal(
                RefusalCode.MetadataInvalid, "The whole new set of labels must be stated.", "confidentiality"));
        var view = await context.AskAsync(
            target.Journal, new SetConfidentiality(id, request.EntryVersion, labels, target.By) { Entrance = target.Entrance }, ct);
        return new Wire.SetConfidentialityResponse { Document = context.Documents.ToWire(view, target.Patient) };
    }
}
