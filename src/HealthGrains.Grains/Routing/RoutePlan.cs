using HealthGrains.Domain.Agendas;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Senders;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Patients;

namespace HealthGrains.Grains.Routing;

/// <summary>What one page of a shard's log has for each recipient: a pure reading of the events.</summary>
/// <remarks>The patient's grain decided who is to be told; this only sorts it by recipient, in order of position.</remarks>
internal sealed class RoutePlan
{
    public Dictionary<ProfessionalId, List<Delivery>> Inboxes { get; } = [];

    public Dictionary<StructureId, List<LedgerLine>> Senders { get; } = [];

    /// <summary>What the records of this shard owe to time.</summary>
    public List<AgendaItem> Duties { get; } = [];

    /// <summary>Everything up to here is in the plan.</summary>
    public long UpTo { get; private set; }

    /// <summary>One part for each recipient.</summary>
    public IEnumerable<RoutePart> Parts
    {
        get
        {
            foreach (var (professional, items) in Inboxes)
                yield return new InboxPart(GrainIds.InboxOf(professional), items);
            foreach (var (structure, lines) in Senders)
                yield return new SenderPart(GrainIds.SenderOf(structure), lines);
        }
    }

    /// <summary>What an entry says of itself, for the list of what is held up.</summary>
    public static HeldDelivery HeldOf(IReadOnlyList<LogEntry> page, RoutePart part, string reason)
    {
        var entry = page.First(entry => entry.Position == part.FirstPosition);
        var change = PatientEventCodec.Decode(entry.Body);
        return new HeldDelivery(
            part.Recipient.Value,
            entry.Position,
            change.At,
            change switch
            {
                DocumentSubmitted submitted => submitted.DocumentId,
                DocumentWithdrawn withdrawn => withdrawn.DocumentId,
                ConfidentialityChanged labels => labels.DocumentId,
                _ => null,
            },
            GrainIds.PatientOf(entry.Journal),
            change.By.Structure,
            reason);
    }

    /// <param name="page">In position order; at least one entry.</param>
    /// <returns>The plan of the page, or of what stands in it before an entry that this version does not know.</returns>
    /// <exception cref="FormatException">The first entry is none that this version knows: it cannot be routed.</exception>
    public static RoutePlan Of(IReadOnlyList<LogEntry> page)
    {
        var plan = new RoutePlan();
        foreach (var entry in page)
        {
            try
            {
                if (entry.Journal.Kind == JournalKind.Patient)
                    plan.Add(entry, PatientEventCodec.Decode(entry.Body));
            }
            catch (FormatException) when (plan.UpTo > 0)
            {
                // What comes before it is not held up; it is met again as the first entry of the next page.
                return plan;
            }

            plan.UpTo = entry.Position;
        }

        return plan;
    }

    private void Add(LogEntry entry, PatientEvent change)
    {
        switch (change)
        {
            case DocumentSubmitted submitted:
                Tell(entry, submitted.Recipients, submitted.At, submitted.RecipientsCode, submitted.DocumentId);
                Record(
                    entry,
                    submitted,
                    LedgerLineKind.Submitted,
                    submitted.Metadata.UniqueId,
                    submitted.DocumentId,
                    submitted.Recipients.Count);
                break;
            case DocumentWithdrawn withdrawn:
                Tell(entry, withdrawn.Recipients, withdrawn.At, ChangeCode.DocumentWithdrawn, withdrawn.DocumentId);
                Record(
                    entry,
                    withdrawn,
                    LedgerLineKind.Withdrawn,
                    withdrawn.UniqueId,
                    withdrawn.DocumentId,
                    withdrawn.Recipients.Count);
                break;
            case ConfidentialityChanged labels:
                Tell(entry, labels.Recipients, labels.At, ChangeCode.DocumentAdded, labels.DocumentId);
                break;
            case DutyScheduled duty:
                Duties.Add(new AgendaItem(entry.Position, duty.Due, GrainIds.PatientOf(entry.Journal)));
                break;
        }
    }

    private void Tell(
        LogEntry entry, IReadOnlyList<ProfessionalId> recipients, DateTimeOffset at, ChangeCode code, DocumentId document)
    {
        foreach (var recipient in recipients)
        {
            if (!Inboxes.TryGetValue(recipient, out var items))
                Inboxes.Add(recipient, items = []);
            items.Add(new Delivery(entry.Position, at, code, GrainIds.PatientOf(entry.Journal), document));
        }
    }

    private void Record(
        LogEntry entry, PatientEvent change, LedgerLineKind kind, UniqueId unique, DocumentId document, int recipients)
    {
        // The ledger is that of the organisation that acted; a professional's own deposit belongs to their structure.
        if (change.By.Structure is not { IsNone: false } sender)
            return;
        if (!Senders.TryGetValue(sender, out var lines))
            Senders.Add(sender, lines = []);
        lines.Add(new LedgerLine(
            entry.Position, change.At, kind, unique, GrainIds.PatientOf(entry.Journal), document, recipients));
    }
}
