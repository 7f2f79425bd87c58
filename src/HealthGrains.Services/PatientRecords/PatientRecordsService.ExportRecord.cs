using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;

namespace HealthGrains.Services.PatientRecords;

internal sealed partial class PatientRecordsService
{
    /// <summary>Everything that the record holds for its owner.</summary>
    private async Task ExportRecordAsync(
        Wire.ExportRecordRequest request,
        IRpcReplyStream<Wire.ExportChunk> replies,
        RpcCall call,
        CancellationToken ct)
    {
        var session = CallerSession.Of(call);
        var target = RecordTarget.Of(session, request.Patient, null, context.Identity);
        DocumentId? after = null;
        if (request.AfterDocumentId.Length > 0)
        {
            after = DocumentId.TryParse(request.AfterDocumentId, out var id)
                ? id
                : throw RefusalStatus.Of(new Refusal(RefusalCode.MetadataInvalid, "Not a document id.", "after_document_id"));
        }

        using var place = context.Streams.Take(session.Caller.Key);

        // Contents are read from the record's own journal, also where the number is an alias of it.
        var (home, through) = await context.TraceHomeAsync(target.Journal, ct);
        target = target with { Journal = home };
        await new RecordExport(context, session, target, through, replies).RunAsync(after, !request.WithoutContent, ct);
    }
}
