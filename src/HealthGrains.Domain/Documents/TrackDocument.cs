using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Documents;

/// <summary>What the record knows of the way of one document, for the producer that deposited it.</summary>
/// <remarks>Refuses with TARGET_NOT_FOUND what another producer deposited, like what does not exist. The professionals in the answer
/// are for counting: they are named to nobody.</remarks>
public sealed record TrackDocument(UniqueId Document, Actor By) : PatientCommand<TrackedDocument>
{
    public override TurnPriority Priority => TurnPriority.Replay;

    public override Decision<PatientState, PatientEvent, TrackedDocument> Decide(PatientState state, TurnContext turn)
    {
        if (state.Index.FindAll(Document).Select(AsDeposited).FirstOrDefault(one => one is not null) is not { } entry)
            return Refuse(RefusalCode.TargetNotFound, "This producer submitted no such document.", "unique_id");
        var recipients = RecipientsOf(entry);
        var known = state.Index.Find(entry.Id)!.Id; // ! one id of a document leads to it, whichever it is

        // The first opening by each of those who were told; who reads without having been told is no recipient.
        var reads = new List<FirstRead>();
        if (recipients.Count > 0)
        {
            var told = recipients.ToDictionary(one => one.Reader.ToString(), one => one.Reader, StringComparer.Ordinal);
            foreach (var access in state.Accesses)
            {
                if (access.Trace is { Action: AccessAction.ReadContent, Refused: null }
                    && access.Trace.Documents.Contains(known)
                    && told.Remove(access.By.Id, out var reader))
                {
                    reads.Add(new FirstRead(reader, access.At));
                }
            }
        }

        return Reply(new TrackedDocument(entry, reads, turn.Policy.DeliveryDeadline) { Recipients = recipients });
    }

    // The entry as this producer deposited it; what two producers deposited in two records may be one document now.
    private DocumentEntry? AsDeposited(DocumentEntry entry)
    {
        if (IsOurs(entry.Depositor))
            return entry;
        return Array.Find(entry.OtherDeposits, other => IsOurs(other.Depositor)) is { } ours
            ? entry with
            {
                Id = ours.Id, Depositor = ours.Depositor, SubmittedAt = ours.SubmittedAt, Stamp = ours.Stamp, Told = ours.Told,
            }
            : null;
    }

    private bool IsOurs(Actor depositor) => depositor.Kind == ActorKind.Facility && depositor.Structure == By.Structure;

    private List<ToldReader> RecipientsOf(DocumentEntry entry)
    {
        var recipients = entry.Told.Select(id => new ToldReader(id, entry.Stamp, entry.Id)).ToList();
        foreach (var other in entry.OtherDeposits.Where(other => other.Id != entry.Id && IsOurs(other.Depositor)))
        {
            foreach (var reader in other.Told.Where(id => !recipients.Exists(known => known.Reader == id)))
                recipients.Add(new ToldReader(reader, other.Stamp, other.Id));
        }

        return recipients;
    }
}

/// <summary>What the record knows of the way of one document.</summary>
/// <param name="Entry">As it stands now.</param>
/// <param name="FirstReads">When those who were told, and have opened it, did so first.</param>
/// <param name="Deadline">How long after acceptance it may be on its way.</param>
public sealed record TrackedDocument(
    DocumentEntry Entry, IReadOnlyList<FirstRead> FirstReads, TimeSpan Deadline)
{
    /// <summary>Who was to be told, each with the entry by which.</summary>
    public IReadOnlyList<ToldReader> Recipients { get; init; } = [];
}

/// <summary>One who was to be told of a document.</summary>
/// <param name="Stamp">Of the entry that named the reader: by it the inbox knows what it has.</param>
/// <param name="Document">As that entry called it.</param>
public readonly record struct ToldReader(ProfessionalId Reader, EventStamp Stamp, DocumentId Document);

/// <summary>When one of those who were told opened the document first.</summary>
public readonly record struct FirstRead(ProfessionalId Reader, DateTimeOffset At);
