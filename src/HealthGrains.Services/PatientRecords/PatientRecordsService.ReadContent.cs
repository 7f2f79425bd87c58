using Google.Protobuf;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;

namespace HealthGrains.Services.PatientRecords;

internal sealed partial class PatientRecordsService
{
    /// <summary>The content: first the entry, then the bytes.</summary>
    /// <remarks>The patient's turn comes first: it decides, and its trace is durable before the first byte is even read from
    /// the store. The store checks the hash of the whole before it gives the last chunk.</remarks>
    private async Task ReadContentAsync(
        Wire.ReadContentRequest request,
        IRpcReplyStream<Wire.ContentChunk> replies,
        RpcCall call,
        CancellationToken ct)
    {
        var target = RecordTarget.ForReading(CallerSession.Of(call), request.Patient, request.Access, context.Identity);
        var command = request.DocumentCase switch
        {
            Wire.ReadContentRequest.DocumentOneofCase.DocumentId =>
                new ReadDocument(ReadDocumentId(request.DocumentId), null, true, target.By) { Entrance = target.Entrance },
            Wire.ReadContentRequest.DocumentOneofCase.UniqueId =>
                new ReadDocument(null, ReadUniqueId(request.UniqueId), true, target.By) { Entrance = target.Entrance },
            _ => throw RefusalStatus.Of(NoDocumentNamed),
        };
        if (request.Offset < 0)
            throw RefusalStatus.Of(OffsetBeyond);

        var (view, home) = await context.AskThereAsync(target.Journal, command, ct);
        if (request.Offset > view.Entry.Size)
            throw RefusalStatus.Of(OffsetBeyond);

        await replies.WriteAsync(new Wire.ContentChunk { Entry = context.Documents.ToWire(view, target.Patient) }, ct);
        var at = 0L;
        await foreach (var chunk in context.ContentOf(home, view.Entry, ct))
        {
            var skip = (int)Math.Clamp(request.Offset - at, 0, chunk.Length);
            if (skip < chunk.Length)
            {
                // The message is handed over before the next chunk is asked for, so its bytes need no copy.
                await replies.WriteAsync(
                    new Wire.ContentChunk { Data = UnsafeByteOperations.UnsafeWrap(chunk[skip..]), Offset = at + skip }, ct);
            }

            at += chunk.Length;
        }

        if (at != view.Entry.Size)
        {
            ServicesLog.ContentMissing(context.Log, view.Entry.Stamp.Shard, view.Entry.Stamp.Position);
            throw RefusalStatus.Of(ContentMissing);
        }
    }

    private static readonly Refusal OffsetBeyond =
        new(RefusalCode.MetadataInvalid, "The offset lies outside the content.", "offset");

    internal static readonly Refusal ContentMissing =
        new(RefusalCode.InternalError, "The content is not where its entry says that it is.");
}
