using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Senders;
using HealthGrains.Grains;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using HealthGrains.Services.Calls;

namespace HealthGrains.Services.DocumentExchange;

internal sealed partial class DocumentExchangeService
{
    private static readonly Refusal CursorBeyond =
        new(RefusalCode.MetadataInvalid, "The sequence lies outside the ledger.", "after_sequence");

    /// <summary>What the caller's organisation submitted after a cursor, each with its state, and a balance.</summary>
    private async Task ReconcileAsync(
        Wire.ReconcileRequest request, IRpcReplyStream<Wire.ReconcileLine> replies, RpcCall call, CancellationToken ct)
    {
        var session = CallerSession.Of(call);
        var producer = (Caller.Producer)session.Caller;
        var claims = ProducerClaims.Read(request.Claims);
        using var place = context.Streams.Take(session.Caller.Key);
        var reconciliation = new Reconciliation(context, session, producer, claims, replies);

        // Before the ledger is asked: what was accepted before this call is in it then, or nothing is said of what is not.
        var isComplete = claims is not null && await reconciliation.IsRoutedAsync(ct);
        var ledger = await context.AskAsync(GrainIds.SenderOf(producer.Organization), new GetLedger(), ct);
        if (request.AfterSequence < 0 || request.AfterSequence > ledger.Submitted)
            throw RefusalStatus.Of(CursorBeyond);
        await reconciliation.RunAsync(request.AfterSequence, ledger, isComplete, ct);
    }
}
