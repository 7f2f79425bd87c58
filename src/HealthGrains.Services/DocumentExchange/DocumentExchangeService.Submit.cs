using HealthGrains.Domain.Documents.Intake;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;
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
    private static readonly Refusal NoSuchUpload =
        new(RefusalCode.TargetNotFound, "There is no such upload, or it has expired.", "upload_id");

    /// <summary>Accepts one document. When it answers, entry and content are durable.</summary>
    private async Task<Wire.SubmitResponse> SubmitAsync(Wire.SubmitRequest request, RpcCall call, CancellationToken ct)
    {
        var (receipt, refusal) = await SubmitOneAsync(request, CallerSession.Of(call).Caller, null, ct);
        return refusal is null ? new Wire.SubmitResponse { Receipt = receipt } : throw RefusalStatus.Of(refusal);
    }

    /// <summary>One submission: prepared here, decided in the patient's turn.</summary>
    /// <returns>The receipt, or the refusal; nothing was stored with a refusal.</returns>
    private async ValueTask<(Wire.Receipt? Receipt, Refusal? Refusal)> SubmitOneAsync(
        Wire.SubmitRequest request, Caller caller, PatientLanes? lanes, CancellationToken waiting)
    {
        var result = await DecideAsync(request, caller, lanes, waiting);
        if (result.Refusal is { } refusal)
            context.Instruments.Refused(refusal.Code);
        return result;
    }

    private async ValueTask<(Wire.Receipt? Receipt, Refusal? Refusal)> DecideAsync(
        Wire.SubmitRequest request, Caller caller, PatientLanes? lanes, CancellationToken waiting)
    {
        if (request.CorrelationId.Length > ServiceLimits.CorrelationIdCharsMax)
            return (null, CorrelationIdTooLong);
        UploadStatus? upload = null;
        var statement = SubmissionMapping.ToStatement(request);
        if (request.SourceCase == Wire.SubmitRequest.SourceOneofCase.UploadId)
        {
            upload = await FindUploadAsync(request.UploadId, caller, waiting);
            if (upload is not { State: UploadState.Complete or UploadState.Settled })
                return (null, NoSuchUpload);
            statement = statement with { Uploaded = await _uploaded.ReadAsync(upload, statement.Metadata.MimeType, waiting) };
        }

        // The id is drawn here: the domain has no randomness. Version 7 keeps ids of one time together in the index.
        var now = context.Now;
        var intake = DocumentIntake.Prepare(
            statement,
            caller.Actor,
            caller is Caller.Patient self ? self.Id : default,
            DocumentId.Of(Guid.CreateVersion7(now)),
            context.Intake,
            now);
        if (intake.Command is not { } command)
            return (null, intake.Refusal);
        var journal = GrainIds.Of(intake.Patient);
        if (upload is not null)
        {
            // Asked there and nowhere else: what was uploaded for one journal is no content of another, also when the number
            // becomes an alias at this moment.
            journal = await context.HomeOfAsync(journal, waiting);
            if (upload.Declaration.Journal != journal)
                return (null, NoSuchUpload);
        }

        TurnResult<Domain.Documents.SubmissionReceipt> result;
        using (lanes is null ? null : await lanes.EnterAsync(intake.Patient, waiting))
        {
            result = upload is null
                ? await context.TryAskAsync(journal, command, waiting)
                : await context.Engine.AskAsync(journal, command, waiting);
        }
        if (result.Refusal is { } refusal)
            return (null, refusal);
        var receipt = result.Value;
        if (upload is { State: UploadState.Complete } && !command.ValidateOnly && !receipt.AlreadyKnown)
            await SettleAsync(upload);
        if (!command.ValidateOnly)
            context.Instruments.Accepted(receipt.AlreadyKnown);
        return (SubmissionMapping.ToWire(receipt, intake.Warnings), null);
    }

    // A note for the collector, which would otherwise ask the record: the document is accepted with or without it.
    private async ValueTask SettleAsync(UploadStatus upload)
    {
        try
        {
            await context.Contents.SettleAsync(upload.Declaration.Id, CancellationToken.None);
        }
        catch (JournalException)
        {
            // The collector finds it.
        }
    }

    private static readonly Refusal CorrelationIdTooLong = new(
        RefusalCode.MetadataInvalid,
        $"A correlation id has at most {ServiceLimits.CorrelationIdCharsMax} characters.",
        "correlation_id");
}
