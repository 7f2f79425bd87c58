using Google.Protobuf;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.PatientRecords;

/// <summary>One export of a record, as it is sent.</summary>
/// <remarks>
/// <para>X1. Documents come by pages, each through the patient's turn, which decides anew and leaves the trace before the first of
/// them is sent. At most one page of entries and one chunk of a content are held.</para>
/// <para>X2. Each document is sent on an answer of its own, and nothing at all on one that is older than
/// <see cref="ServiceLimits.RecheckAfter"/>. A right that is lost ends the stream with the refusal, in the middle of a content
/// too; a document that was hidden or withdrawn since its page is left out.</para>
/// <para>X3. Traces are sent up to those of the export's own last page: others who read on do not keep it from ending.</para>
/// </remarks>
internal sealed class RecordExport(
    ServiceContext context, CallerSession session, RecordTarget target, IRpcReplyStream<Wire.ExportChunk> replies)
{
    private static readonly Refusal Gone =
        new(RefusalCode.DocumentNotFound, "The document was hidden or withdrawn while it was sent.", "document_id");

    private readonly Wire.ExportSummary _summary = new();
    private long _answered;

    public async Task RunAsync(DocumentId? after, bool withContent, CancellationToken ct)
    {
        var page = await PatientlyAsync(Question(after), ct);
        _answered = context.Time.GetTimestamp();
        await replies.WriteAsync(
            new Wire.ExportChunk
            {
                Header = new Wire.ExportHeader
                {
                    Patient = ActorMapping.ToWire(target.Patient), At = WireTimes.Of(context.Now), Sequence = page.Sequence,
                },
            },
            ct);
        while (true)
        {
            foreach (var view in page.Documents)
                await SendAsync(view, withContent, ct);
            if (!page.HasMore)
                break;
            page = await PatientlyAsync(Question(page.Documents[^1].Entry.Id), ct);
        }

        // Asked once more, since what comes now asks for the right to look, not for the right to take along.
        await MayLeaveAsync(null, ct);
        var consents = await PatientlyAsync(new GetConsents(IncludeEnded: true) { By = target.By }, ct);
        await replies.WriteAsync(
            new Wire.ExportChunk { Consents = ConsentMapping.ToWire(consents, ActorMapping.ToWire(target.Patient)) }, ct);
        await SendTracesAsync(page.Traces, ct);
        await replies.WriteAsync(new Wire.ExportChunk { Summary = _summary }, ct);
    }

    private ExportDocuments Question(DocumentId? after) => new(after, ListDocuments.PageSizeMax, target.By);

    private async Task SendAsync(DocumentView view, bool withContent, CancellationToken ct)
    {
        if (!await MayLeaveAsync(view.Entry.Id, ct))
            return;
        await replies.WriteAsync(new Wire.ExportChunk { Entry = context.Documents.ToWire(view, target.Patient) }, ct);
        _summary.Documents++;
        if (!withContent)
            return;

        var at = 0L;
        await foreach (var chunk in context.ContentOf(target.Journal, view.Entry, ct))
        {
            if (context.Time.GetElapsedTime(_answered) > ServiceLimits.RecheckAfter && !await MayLeaveAsync(view.Entry.Id, ct))
                throw RefusalStatus.Of(Gone);

            // The message is handed over before the next chunk is asked for, so its bytes need no copy.
            await replies.WriteAsync(new Wire.ExportChunk { Data = UnsafeByteOperations.UnsafeWrap(chunk), Offset = at }, ct);
            at += chunk.Length;
        }

        _summary.Bytes += at;
        if (at == view.Entry.Size)
            return;

        // Contents go with the record: then it is the record that is told, not a fault.
        if (!await MayLeaveAsync(view.Entry.Id, ct))
            throw RefusalStatus.Of(Gone);
        ServicesLog.ContentMissing(context.Log, view.Entry.Stamp.Shard, view.Entry.Stamp.Position);
        throw RefusalStatus.Of(PatientRecordsService.ContentMissing);
    }

    private async Task SendTracesAsync(int upTo, CancellationToken ct)
    {
        for (int? after = 0; after is { } from;)
        {
            var page = await PatientlyAsync(new ExportAccesses(from, upTo, ServiceLimits.PageSizeMax, target.By), ct);
            foreach (var access in page.Accesses)
            {
                if (context.Time.GetElapsedTime(_answered) > ServiceLimits.RecheckAfter)
                    await MayLeaveAsync(null, ct);
                await replies.WriteAsync(new Wire.ExportChunk { Trace = RecordMapping.ToWire(access) }, ct);
                _summary.Traces++;
            }

            after = page.Next;
        }
    }

    /// <returns>False when this document may not be seen any more.</returns>
    /// <exception cref="RpcException">The record may not be exported any more.</exception>
    private ValueTask<bool> MayLeaveAsync(DocumentId? shown, CancellationToken ct) =>
        PatientlyAsync(new MayExport(target.By, shown), ct);

    private async ValueTask<TAnswer> PatientlyAsync<TAnswer>(
        Domain.Patients.PatientCommand<TAnswer> question, CancellationToken ct)
    {
        session.ThrowIfExpired(context.Now);
        var result = await context.AskOnlyThereAsync(target.Journal, question, ct);
        if (result.Refusal is { } refusal)
        {
            ServicesLog.WatchRefused(context.Log, "record export", refusal.Name);
            throw RefusalStatus.Of(refusal);
        }

        _answered = context.Time.GetTimestamp();
        return result.Value;
    }
}
