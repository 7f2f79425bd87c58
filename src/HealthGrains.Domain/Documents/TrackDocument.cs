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
        if (state.Index.Find(Document) is not { } entry
            || entry.Depositor.Kind != ActorKind.Facility
            || entry.Depositor.Structure != By.Structure)
        {
            return Refuse(RefusalCode.TargetNotFound, "This producer submitted no such document.", "unique_id");
        }

        // The first opening by each of those who were told; who reads without having been told is no recipient.
        var reads = new Dictionary<ProfessionalId, DateTimeOffset>();
        if (entry.Told.Count > 0)
        {
            var told = entry.Told.ToDictionary(id => id.ToString(), StringComparer.Ordinal);
            foreach (var access in state.Accesses)
            {
                if (access.Trace is { Action: AccessAction.ReadContent, Refused: null }
                    && access.Trace.Documents.Contains(entry.Id)
                    && told.TryGetValue(access.By.Id, out var reader))
                {
                    reads.TryAdd(reader, access.At);
                }
            }
        }

        return Reply(new TrackedDocument(entry, reads, turn.Policy.DeliveryDeadline));
    }
}

/// <summary>What the record knows of the way of one document.</summary>
/// <param name="Entry">As it stands now.</param>
/// <param name="FirstReads">When those who were told, and have opened it, did so first.</param>
/// <param name="Deadline">How long after acceptance it may be on its way.</param>
public sealed record TrackedDocument(
    DocumentEntry Entry, IReadOnlyDictionary<ProfessionalId, DateTimeOffset> FirstReads, TimeSpan Deadline);
