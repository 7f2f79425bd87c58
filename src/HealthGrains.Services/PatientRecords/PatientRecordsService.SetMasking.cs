using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;

namespace HealthGrains.Services.PatientRecords;

internal sealed partial class PatientRecordsService
{
    private const string Done = "OK";

    /// <summary>Masks or unmasks many documents, or all, and decides about those that come.</summary>
    private async Task<Wire.SetMaskingResponse> SetMaskingAsync(
        Wire.SetMaskingRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, null, context.Identity);
        var (masked, only) = ReadScope(request);
        bool? future = request.Future switch
        {
            Wire.Decision.Unspecified => null,
            Wire.Decision.Permit => false,
            Wire.Decision.Deny => true,
            _ => throw Wrong("This decision is not known.", "future"),
        };
        var response = new Wire.SetMaskingResponse { Code = Done };
        while (true)
        {
            var change = await context.AskAsync(target.Journal, new SetMasking(masked, only, future) { By = target.By }, ct);
            response.Changed += change.Changed;
            response.Future = change.MasksFuture ? Wire.Decision.Deny : Wire.Decision.Permit;
            foreach (var outcome in change.Outcomes)
            {
                response.Results.Add(new Wire.MaskingResult
                {
                    DocumentId = outcome.Document.ToString(),
                    Code = outcome.Refusal?.Name ?? Done,
                });
                if (outcome.Refusal is not null)
                    response.Code = RefusalCodes.Name(RefusalCode.PartialSuccess);
            }

            // A long record takes several turns; the answer comes when the last one is durable.
            if (!change.More)
                return response;
        }
    }

    private static (bool Masked, IReadOnlyList<MaskingTarget>? Only) ReadScope(Wire.SetMaskingRequest request)
    {
        if (request.ScopeCase == Wire.SetMaskingRequest.ScopeOneofCase.None)
            return (false, []);
        var masked = request.Visible switch
        {
            Wire.Decision.Permit => false,
            Wire.Decision.Deny => true,
            _ => throw Wrong("Whether professionals may see them must be stated.", "visible"),
        };
        if (request.ScopeCase == Wire.SetMaskingRequest.ScopeOneofCase.All)
            return request.All ? (masked, null) : throw Wrong("All is true, or left out.", "all");
        if (request.Documents.Documents.Count > SetMasking.NamedMax)
            throw Wrong($"At most {SetMasking.NamedMax} documents may be named.", "documents");
        return (masked, [.. request.Documents.Documents.Select(document => new MaskingTarget(
            ReadDocumentId(document.DocumentId), document.EntryVersion == 0 ? null : document.EntryVersion))]);
    }

    private static RpcException Wrong(string message, string field) =>
        RefusalStatus.Of(new Refusal(RefusalCode.MetadataInvalid, message, field));
}
