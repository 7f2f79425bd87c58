using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;

namespace HealthGrains.Services.DocumentExchange;

internal sealed partial class DocumentExchangeService
{
    /// <summary>Accepts documents in bulk: pipelined, one result for each request in the order in which they end.</summary>
    /// <remarks>A refused document is a result like any other and never ends the stream. The stream is read no further while
    /// <see cref="ServiceLimits.SubmitManyInFlightMax"/> requests, or <see cref="ServiceLimits.SubmitManyBytesMax"/> bytes,
    /// are under way; a request is under way until its result was taken, so a caller who reads no results is not read either.
    /// If the caller's side breaks, what is under way still ends and its results are sent first where that is possible.</remarks>
    private Task SubmitManyAsync(
        IRpcRequestStream<Wire.SubmitRequest> requests,
        IRpcReplyStream<Wire.SubmitResult> replies,
        RpcCall call,
        CancellationToken ct)
    {
        var session = CallerSession.Of(call);
        var lanes = new PatientLanes(ServiceLimits.SubmitManyPerPatientMax);
        return new SubmitPipeline(
            (request, waiting) => SubmitForResultAsync(request, session, lanes, waiting),
            ServiceLimits.SubmitManyInFlightMax,
            ServiceLimits.SubmitManyBytesMax).RunAsync(requests, replies, ct);
    }

    private async ValueTask<Wire.SubmitResult> SubmitForResultAsync(
        Wire.SubmitRequest request, CallerSession session, PatientLanes lanes, CancellationToken waiting)
    {
        // What is too long is refused, and is not sent back whole: an answer does not grow with a mistake.
        var result = new Wire.SubmitResult
        {
            CorrelationId = request.CorrelationId.Length <= ServiceLimits.CorrelationIdCharsMax
                ? request.CorrelationId
                : CutAt(request.CorrelationId, ServiceLimits.CorrelationIdCharsMax),
        };
        Refusal? refusal;
        try
        {
            // A stream outlives a token; what comes after its end comes from nobody.
            refusal = session.CheckExpired(context.Now);
            if (refusal is null)
            {
                (var visit, refusal) = await context.Admission.EnterPacedAsync(session.Caller, waiting);
                using (visit)
                {
                    if (refusal is null)
                        (result.Receipt, refusal) = await SubmitOneAsync(request, session.Caller, lanes, waiting);
                    else
                        context.Instruments.Refused(refusal.Code);
                }
            }
        }
        catch (OperationCanceledException) when (waiting.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception failure)
        {
            // The border of one request of the stream: its fault is its own result and leaves the others alone.
            refusal = RefusalStatus.RefusalOf(failure);
            if (refusal is null)
            {
                ServicesLog.SubmissionFailed(context.Log, failure);
                refusal = InternalError;
            }

            context.Instruments.Refused(refusal.Code);
        }

        if (refusal is not null)
            result.Refusal = DomainMapping.RefusalMapping.ToWire(refusal);
        return result;
    }

    // Never between the halves of a surrogate pair: such a text cannot be sent.
    private static string CutAt(string text, int length) =>
        text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    private static readonly Refusal InternalError =
        new(RefusalCode.InternalError, "A fault of the server: it is not known whether the document was accepted.");
}
