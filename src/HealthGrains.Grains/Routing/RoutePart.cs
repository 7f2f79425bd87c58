using HealthGrains.Domain.Agendas;
using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Senders;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Senders;

namespace HealthGrains.Grains.Routing;

/// <summary>What one page of a shard's log has for one recipient.</summary>
internal abstract record RoutePart(JournalId Recipient)
{
    /// <summary>Of the first entry in the page that names the recipient.</summary>
    public abstract long FirstPosition { get; }
}

internal sealed record InboxPart(JournalId Recipient, IReadOnlyList<Delivery> Items) : RoutePart(Recipient)
{
    public override long FirstPosition => Items[0].Position;
}

internal sealed record SenderPart(JournalId Recipient, IReadOnlyList<LedgerLine> Lines) : RoutePart(Recipient)
{
    public override long FirstPosition => Lines[0].Position;
}

/// <summary>Hands one part over to its recipient, once: for a router, and for an operator who tries again.</summary>
/// <remarks>A recipient remembers how far it has come, so handing over again is harmless, whoever does it. What must hold is that
/// nobody hands over a part before the recipient has everything of the shard that comes before it.</remarks>
/// <param name="engine">Asks the recipients.</param>
/// <param name="uniqueIds">Where each unique id of a producer was first.</param>
/// <param name="raise">Told of each misrouting, perhaps more than once: after an outcome that was not known it is told again rather
/// than not at all.</param>
internal sealed class Handover(IGrainEngine engine, UniqueIdKeys uniqueIds, Action<int, long, MisroutingSuspected> raise)
{
    /// <exception cref="JournalException">Not known whether it was taken in: hand it over again.</exception>
    /// <exception cref="EngineOverloadedException">It was not.</exception>
    public async Task DeliverAsync(int shard, RoutePart part, long upTo, CancellationToken waiting)
    {
        if (part is InboxPart inbox)
        {
            await engine.AskAsync(inbox.Recipient, new DeliverToInbox(shard, upTo, inbox.Items), waiting);
            return;
        }

        var sender = (SenderPart)part;
        var firsts = await uniqueIds.ClaimAsync(sender.Recipient, sender.Lines, waiting);
        var raised = await engine.AskAsync(sender.Recipient, new RecordSubmissions(shard, upTo, sender.Lines, firsts), waiting);
        if (raised.Value.Count == 0)
            return;
        var listed = new List<Misrouting>();
        foreach (var alarm in raised.Value)
        {
            var line = sender.Lines.First(line => line.Document == alarm.SecondDocument && line.Kind == LedgerLineKind.Submitted);
            raise(shard, line.Position, alarm);
            listed.Add(new Misrouting(
                line.Position,
                line.At,
                Domain.Identity.StructureId.Parse(sender.Recipient.Key),
                alarm.UniqueId,
                alarm.FirstPatient,
                alarm.FirstDocument,
                alarm.SecondPatient,
                alarm.SecondDocument));
        }

        // Part of the delivery: as long as it is not listed, it is not handed over.
        await engine.AskAsync(GrainIds.AgendaOf(shard), new NoteMisroutings(listed), waiting);
    }
}
