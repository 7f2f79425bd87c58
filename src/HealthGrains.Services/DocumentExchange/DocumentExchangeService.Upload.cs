using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Grains;
using HealthGrains.Grains.Contents;
using HealthGrains.Grains.Journal;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.DocumentExchange;

internal sealed partial class DocumentExchangeService
{
    private static readonly Refusal TooManyUploads = new(
        RefusalCode.Overloaded,
        $"A producer has at most {ContentLimits.UnsettledPerOwnerMax} uploads without a document: submit or finish some first.");

    /// <summary>Takes in a large content in chunks: checked while it streams, durable and whole when it answers so.</summary>
    /// <remarks>
    /// <para>A declaration alone opens an upload, or tells of one how far it has come. Whoever names an upload in the declaration
    /// goes on where it stands, and a stream that breaks leaves what it brought. A first stream that brings everything needs no
    /// second one; broken, it leaves nothing, since nobody knows its name.</para>
    /// <para>What is kept in memory is one chunk, whatever the size of the content.</para>
    /// </remarks>
    private async Task<Wire.UploadResponse> UploadAsync(
        IRpcRequestStream<Wire.UploadChunk> chunks, RpcCall call, CancellationToken ct)
    {
        var session = CallerSession.Of(call);
        var producer = (Caller.Producer)session.Caller;
        if (!await chunks.MoveNextAsync(ct) || chunks.Current.Declaration is not { } stated)
            throw Refused(RefusalCode.MetadataInvalid, "The first message declares what will be sent.", "declaration");
        var isContinued = stated.UploadId.Length > 0;
        if (!isContinued)
            return await WorkAsync(chunks, session, await BeginAsync(stated, producer, ct), isContinued, ct);
        using var visit = await _live.EnterAsync((await ContinueAsync(stated, producer, ct)).Declaration.Id, ct);
        try
        {
            // Asked again: a stream that this one took over from may have brought more.
            return await WorkAsync(chunks, session, await ContinueAsync(stated, producer, ct), isContinued, visit.Token);
        }
        catch (OperationCanceledException) when (visit.IsTakenOver && !ct.IsCancellationRequested)
        {
            throw Mismatch(TakenOver);
        }
    }

    private const string TakenOver = "Another stream went on with this upload: ask how far it has come.";

    private async Task<Wire.UploadResponse> WorkAsync(
        IRpcRequestStream<Wire.UploadChunk> chunks,
        CallerSession session,
        UploadStatus status,
        bool isContinued,
        CancellationToken ct)
    {
        if (status.State is UploadState.Complete or UploadState.Settled)
            return await chunks.MoveNextAsync(ct) ? throw Mismatch("The upload is complete already.") : ToWire(status);

        var intake = new UploadIntake(context.Contents, status, context.Time);
        try
        {
            var hasData = await ReceiveAsync(chunks, session, intake, ct);
            if (intake.Received < status.Declaration.Size)
            {
                // Half of a content is kept for who can name it; for who cannot, and sent some, it is a broken promise.
                return isContinued || !hasData
                    ? ToWire(await intake.PauseAsync())
                    : throw Mismatch("Fewer bytes came than were declared.");
            }

            return await intake.TryCompleteAsync() is { } complete
                ? ToWire(complete)
                : throw Mismatch("The bytes received are not those of the declared SHA-256.");
        }
        catch (RpcException refused) when (refused.Code == RpcStatusCode.InvalidArgument)
        {
            // What was wrong is not kept; what earlier streams of a named upload brought was right.
            if (!isContinued)
                await intake.AbandonAsync();
            throw;
        }
        catch (JournalConflictException)
        {
            throw Mismatch(TakenOver);
        }
        catch (Exception broken) when (broken is OperationCanceledException or IOException or RpcException)
        {
            if (isContinued)
                await intake.PauseAsync();
            else
                await intake.AbandonAsync();
            throw;
        }
        finally
        {
            intake.Dispose();
        }
    }

    private static async Task<bool> ReceiveAsync(
        IRpcRequestStream<Wire.UploadChunk> chunks, CallerSession session, UploadIntake intake, CancellationToken ct)
    {
        var hasData = false;
        while (await chunks.MoveNextAsync(ct))
        {
            var chunk = chunks.Current;
            if (chunk.PartCase != Wire.UploadChunk.PartOneofCase.Data || chunk.Data.IsEmpty)
                throw Refused(RefusalCode.MetadataInvalid, "Every message after the declaration holds data.", "data");
            if (chunk.Data.Length > ContentLimits.ChunkBytesMax)
                throw Refused(RefusalCode.DocumentTooLarge, "A chunk has at most 1 MiB.", "data");
            if (!hasData)
                await intake.CatchUpAsync(ct);
            hasData = true;
            session.ThrowIfExpired(intake.Now);
            if (chunk.Offset != intake.Received)
                throw Mismatch("A chunk does not begin where the last one ended.", "offset");
            if (intake.Received + chunk.Data.Length > intake.Size)
                throw Mismatch("More bytes came than were declared.");
            await intake.AddAsync(chunk.Data.Memory);
        }

        return hasData;
    }

    private async ValueTask<UploadStatus> BeginAsync(
        Wire.UploadDeclaration stated, Caller.Producer producer, CancellationToken ct)
    {
        var (journal, sha256) = await CheckAsync(stated, ct);
        var declaration = new UploadDeclaration(
            UploadId.Of(Guid.NewGuid()), journal, producer.Organization.ToString(), stated.Size, sha256);
        var now = context.Now;
        return await context.Contents.BeginAsync(declaration, now, ct)
            ? new UploadStatus(declaration, 0, UploadState.Open, now)
            : throw RefusalStatus.Of(TooManyUploads);
    }

    private async ValueTask<UploadStatus> ContinueAsync(
        Wire.UploadDeclaration stated, Caller.Producer producer, CancellationToken ct)
    {
        var (journal, sha256) = await CheckAsync(stated, ct);
        if (await FindUploadAsync(stated.UploadId, producer, ct) is not { } status)
            throw RefusalStatus.Of(NoSuchUpload);
        var declared = status.Declaration;
        return declared.Journal == journal && declared.Size == stated.Size && declared.Sha256 == sha256
            ? status
            : throw Refused(RefusalCode.MetadataInvalid, "The upload was declared with other values.", "declaration");
    }

    /// <summary>An upload of this producer that has not expired.</summary>
    private async ValueTask<UploadStatus?> FindUploadAsync(string id, Caller caller, CancellationToken ct)
    {
        if (!UploadId.TryParse(id, out var upload) || caller is not Caller.Producer producer)
            return null;
        var status = await context.Contents.FindAsync(upload, ct);
        return status is { State: not UploadState.Removing }
            && status.Declaration.Owner == producer.Organization.ToString()
            && (status.State == UploadState.Settled || context.Now < status.ExpiresAt)
                ? status
                : null;
    }

    // An upload belongs to the journal that will answer for its document, under whichever number it comes.
    private async ValueTask<(JournalId Journal, Sha256 Sha256)> CheckAsync(Wire.UploadDeclaration stated, CancellationToken ct)
    {
        var patient = RecordTarget.PatientOf(stated.Patient, context.Identity);
        if (stated.Size < 1)
            throw Refused(RefusalCode.MetadataInvalid, "A document has at least one byte.", "declaration.size");
        if (stated.Size > ContentLimits.UploadBytesMax)
            throw Refused(RefusalCode.DocumentTooLarge, "An upload has at most 100 MiB.", "declaration.size");
        return Sha256.TryRead(stated.Sha256.Span, out var sha256)
            ? (await context.HomeOfAsync(GrainIds.Of(patient), ct), sha256)
            : throw Refused(RefusalCode.MetadataInvalid, "A SHA-256 is 32 bytes.", "declaration.sha256");
    }

    private static Wire.UploadResponse ToWire(UploadStatus status)
    {
        var wire = new Wire.UploadResponse
        {
            UploadId = status.Declaration.Id.ToString(),
            Size = status.Declaration.Size,
            Sha256 = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(status.Declaration.Sha256.ToArray()),
            ExpiresAt = WireTimes.Of(status.ExpiresAt),
            Received = status.Received,
        };
        return wire;
    }

    private static RpcException Mismatch(string what, string field = "data") =>
        Refused(RefusalCode.HashMismatch, what, field);

    private static RpcException Refused(RefusalCode code, string what, string field) =>
        RefusalStatus.Of(new Refusal(code, what, field));
}
