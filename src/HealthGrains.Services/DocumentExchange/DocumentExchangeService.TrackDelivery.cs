using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Senders;
using HealthGrains.Grains;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.DocumentExchange;

internal sealed partial class DocumentExchangeService
{
    /// <summary>How far one document of the caller has come, in numbers and times: nobody is named.</summary>
    /// <remarks>Nothing is written for it: the record knows who was to be told and who opened it, each inbox what it has and what
    /// was acknowledged, the caller's ledger what it has taken in. They are asked one after the other, so the report is of one
    /// moment only as far as it stood still.</remarks>
    private async Task<Wire.DeliveryReport> TrackDeliveryAsync(
        Wire.TrackDeliveryRequest request, RpcCall call, CancellationToken ct)
    {
        var producer = (Caller.Producer)CallerSession.Of(call).Caller;
        var patient = RecordTarget.PatientOf(request.Patient, context.Identity);
        var unique = ReadUniqueId(request.UniqueId, "unique_id");
        var tracked = await context.AskAsync(GrainIds.Of(patient), new TrackDocument(unique, producer.Actor), ct);
        var stamp = tracked.Entry.Stamp;

        var told = tracked.Recipients;
        var inboxes = new List<InboxTrack>(told.Count);
        foreach (var window in told.Chunk(ServiceLimits.TrackWindowMax))
        {
            inboxes.AddRange(await Task.WhenAll(window.Select(async one => await context.AskAsync(
                GrainIds.InboxOf(one.Reader), new TrackInInbox(one.Stamp.Shard, one.Stamp.Position, one.Document), ct))));
        }

        var isInLedger = await context.AskAsync(
            GrainIds.SenderOf(producer.Organization), new TrackInLedger(stamp.Shard, stamp.Position), ct);
        return Report(tracked, Professionals(tracked, told, inboxes), isInLedger);
    }

    private Wire.DeliveryReport Report(TrackedDocument tracked, Wire.ClassDelivery professionals, bool isInLedger)
    {
        var entry = tracked.Entry;
        var acceptedAt = WireTimes.Of(entry.SubmittedAt);
        var report = new Wire.DeliveryReport
        {
            DocumentId = entry.Id.ToString(),
            UniqueId = entry.Metadata.UniqueId.ToString(),
            AcceptedAt = acceptedAt,
            Deadline = WireTimes.Of(entry.SubmittedAt + tracked.Deadline),
            State = StateOf(professionals),
            Overdue = professionals.Delivered < professionals.Recipients && context.Now > entry.SubmittedAt + tracked.Deadline,
        };

        // The patient's side reads the record itself: what is in it has arrived, and nobody there acknowledges.
        if (!entry.IsHiddenFromPatient)
        {
            report.Classes.Add(new Wire.ClassDelivery
            {
                RecipientClass = Wire.RecipientClass.PatientSide, Recipients = 1, Notified = 1, LastNotifiedAt = acceptedAt,
            });
        }

        if (professionals.Recipients > 0)
            report.Classes.Add(professionals);
        report.Classes.Add(new Wire.ClassDelivery
        {
            RecipientClass = Wire.RecipientClass.Sender, Recipients = 1, Notified = isInLedger ? 1 : 0,
        });
        if (professionals.Recipients == 0)
            report.RoutedAt = acceptedAt;
        else if (professionals.Notified == professionals.Recipients)
            report.RoutedAt = professionals.LastNotifiedAt;
        return report;
    }

    internal static Wire.ClassDelivery Professionals(
        TrackedDocument tracked, IReadOnlyList<ToldReader> told, IReadOnlyList<InboxTrack> inboxes)
    {
        var line = new Wire.ClassDelivery { RecipientClass = Wire.RecipientClass.Professionals, Recipients = told.Count };
        var reads = tracked.FirstReads.ToDictionary(read => read.Reader, read => read.At);
        DateTimeOffset? notifiedAt = null;
        DateTimeOffset? deliveredAt = null;
        for (var i = 0; i < told.Count; i++)
        {
            var inbox = inboxes[i];
            var isRead = reads.TryGetValue(told[i].Reader, out var readAt);
            line.Notified += inbox.IsTaken || isRead ? 1 : 0;
            line.Delivered += inbox.IsAcknowledged || isRead ? 1 : 0;
            line.Read += isRead ? 1 : 0;
            notifiedAt = Later(notifiedAt, inbox.TakenAt);
            deliveredAt = Later(deliveredAt, inbox.AcknowledgedAt ?? (isRead ? readAt : null));
        }

        if (notifiedAt is { } notified)
            line.LastNotifiedAt = WireTimes.Of(notified);
        if (deliveredAt is { } delivered)
            line.LastDeliveredAt = WireTimes.Of(delivered);
        if (reads.Count > 0)
            line.FirstReadAt = WireTimes.Of(reads.Values.Min());
        return line;
    }

    // The record and who is to be told are one commit, so ACCEPTED is never seen alone.
    internal static Wire.DeliveryState StateOf(Wire.ClassDelivery professionals)
    {
        var all = professionals.Recipients;
        return all == 0 || professionals.Notified < all
            ? all == 0 ? Wire.DeliveryState.Notified : Wire.DeliveryState.Routed
            : professionals.Read == all ? Wire.DeliveryState.Read
            : professionals.Delivered == all ? Wire.DeliveryState.Delivered
            : Wire.DeliveryState.Notified;
    }

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null || other > one ? other ?? one : one;
}
