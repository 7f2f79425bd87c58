using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Senders;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Routing;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;
using Difference = HealthGrains.Contracts.V1.ReconcileLine.Types.Difference;

namespace HealthGrains.Services.DocumentExchange;

/// <summary>One reconciliation, as it is sent.</summary>
/// <remarks>
/// <para>The ledger says what was submitted, in its order; the records and inboxes say how far each document has come, as for
/// <c>TrackDelivery</c>. Held at once are one page of the log, <see cref="ServiceLimits.ReconcileWindowMax"/> lines and the claims.</para>
/// <para>A document that its record does not give any more has neither bytes nor a comparison, and is ROUTED, which the ledger proves.</para>
/// </remarks>
internal sealed class Reconciliation(
    ServiceContext context,
    CallerSession session,
    Caller.Producer producer,
    ProducerClaims? claims,
    IRpcReplyStream<Wire.ReconcileLine> replies)
{
    private readonly JournalId _ledger = GrainIds.SenderOf(producer.Organization);
    private readonly Wire.ReconcileTotals _totals = new();

    /// <summary>Waits until all that is in the logs now is routed, and not longer than <see cref="ServiceLimits.ReconcileWaitMax"/>.</summary>
    /// <returns>False when it was not: then the ledger may not have what was accepted before.</returns>
    public async Task<bool> IsRoutedAsync(CancellationToken ct)
    {
        var heads = await context.Store.ReadPositionsAsync(ct);
        var started = context.Time.GetTimestamp();
        for (var shard = 0; shard < heads.Count;)
        {
            if (await context.Store.ReadCheckpointAsync(Router.CheckpointName, shard, ct) >= heads[shard])
            {
                shard++;
                continue;
            }

            if (context.Time.GetElapsedTime(started) >= ServiceLimits.ReconcileWaitMax)
                return false;
            await Task.Delay(ServiceLimits.ReconcilePause, context.Time, ct);
        }

        return true;
    }

    /// <param name="after">Lines after this sequence.</param>
    /// <param name="ledger">The ledger as it is now: what comes later is the next call's.</param>
    /// <param name="isComplete">Whether it is known that what is not in the ledger was not received.</param>
    /// <param name="ct">Ends it.</param>
    public async Task RunAsync(long after, LedgerView ledger, bool isComplete, CancellationToken ct)
    {
        var suspected = new HashSet<DocumentId>();
        foreach (var alarm in ledger.Alarms)
        {
            suspected.Add(alarm.FirstDocument);
            suspected.Add(alarm.SecondDocument);
        }

        var window = new List<(long Sequence, LedgerLine Line)>(ServiceLimits.ReconcileWindowMax);
        await foreach (var line in context.LedgerLines.ReadAsync(_ledger, after, ledger.Submitted, ct))
        {
            window.Add(line);
            if (window.Count == ServiceLimits.ReconcileWindowMax)
                await SendAsync(window, suspected, ct);
        }

        await SendAsync(window, suspected, ct);
        if (claims is not null)
            await SendUnmetAsync(claims, isComplete, ct);
        await replies.WriteAsync(new Wire.ReconcileLine { Sequence = ledger.Submitted, Totals = _totals }, ct);
    }

    private async Task SendAsync(
        List<(long Sequence, LedgerLine Line)> window, HashSet<DocumentId> suspected, CancellationToken ct)
    {
        session.ThrowIfExpired(context.Now);
        var tracked = await Task.WhenAll(window.Select(numbered => TrackAsync(numbered.Line.Patient, numbered.Line.UniqueId, ct)));
        for (var i = 0; i < tracked.Length; i++)
        {
            var (sequence, line) = window[i];
            var reply = new Wire.ReconcileLine
            {
                Sequence = sequence,
                UniqueId = line.UniqueId.ToString(),
                DocumentId = line.Document.ToString(),
                AcceptedAt = WireTimes.Of(line.At),
                State = Wire.DeliveryState.Routed,
                MisroutingSuspected = suspected.Contains(line.Document),
            };
            var deadline = line.At + context.Dependencies.Policy.DeliveryDeadline;
            var isDelivered = false;
            if (tracked[i] is { } found)
            {
                var entry = found.Document.Entry;
                reply.Sha256 = Google.Protobuf.ByteString.CopyFrom(entry.Sha256.ToArray());
                reply.State = DocumentExchangeService.StateOf(found.Professionals);
                reply.Difference = claims?.Meet(line.UniqueId, entry.Sha256) ?? Difference.Unspecified;
                isDelivered = found.Professionals.Delivered == found.Professionals.Recipients;
            }
            else
            {
                claims?.MeetUnseen(line.UniqueId);
            }

            _totals.Accepted++;
            if (isDelivered)
                _totals.Delivered++;
            else if (context.Now > deadline)
                _totals.Dead++;
            else
                _totals.Open++;
            await replies.WriteAsync(reply, ct);
        }

        window.Clear();
    }

    // What was claimed and is not after the cursor: either it is before it, or it was never received.
    private async Task SendUnmetAsync(ProducerClaims unmet, bool isComplete, CancellationToken ct)
    {
        foreach (var (id, claimed) in unmet.Unmet)
        {
            session.ThrowIfExpired(context.Now);
            var reply = new Wire.ReconcileLine { UniqueId = id.ToString() };
            if (await context.UniqueIds.FindAsync(_ledger, id, ct) is { } known)
            {
                if (await TrackAsync(known.Patient, id, ct) is not { } found || found.Document.Entry.Sha256 == claimed)
                    continue;
                reply.DocumentId = known.Document.ToString();
                reply.Sha256 = Google.Protobuf.ByteString.CopyFrom(found.Document.Entry.Sha256.ToArray());
                reply.AcceptedAt = WireTimes.Of(found.Document.Entry.SubmittedAt);
                reply.State = DocumentExchangeService.StateOf(found.Professionals);
                reply.Difference = Difference.OtherBytes;
            }
            else if (isComplete)
            {
                reply.Difference = Difference.NotReceived;
            }

            await replies.WriteAsync(reply, ct);
        }
    }

    private async Task<Found?> TrackAsync(PatientId patient, UniqueId id, CancellationToken ct)
    {
        var answer = await context.AskPatientlyAsync(GrainIds.Of(patient), new TrackDocument(id, producer.Actor), ct);
        if (answer.Refusal is not null)
            return null;
        var tracked = answer.Value;
        var inboxes = new List<InboxTrack>(tracked.Recipients.Count);
        foreach (var told in tracked.Recipients)
        {
            var track = await context.AskPatientlyAsync(
                GrainIds.InboxOf(told.Reader), new TrackInInbox(told.Stamp.Shard, told.Stamp.Position, told.Document), ct);
            inboxes.Add(track.Value);
        }

        return new Found(tracked, DocumentExchangeService.Professionals(tracked, tracked.Recipients, inboxes));
    }

    private sealed record Found(TrackedDocument Document, Wire.ClassDelivery Professionals);
}
