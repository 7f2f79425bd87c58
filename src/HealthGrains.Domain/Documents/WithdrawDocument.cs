using System.Globalization;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Documents;

/// <summary>Withdraws the head of a chain: logical deletion, by the author's organisation only. Final; its predecessor
/// stays replaced.</summary>
/// <param name="Target">By the producer's id.</param>
/// <param name="TwinOf">The other rendering, if the document has one: both go in one step.</param>
/// <param name="By">Who withdraws.</param>
/// <remarks>Needs no reading authorisation, and works on an open record only. Source: DMP TD3.3c; IHE RMU with status
/// Deleted.</remarks>
public sealed record WithdrawDocument(UniqueId Target, UniqueId? TwinOf, string Reason, Actor By)
    : PatientCommand<WithdrawnDocument>
{
    public override TurnPriority Priority => TurnPriority.Revocation;

    public override Decision<PatientState, PatientEvent, WithdrawnDocument> Decide(PatientState state, TurnContext turn)
    {
        SideOutcome? side = By.IsPatientSide ? PatientSide.Decide(state, By, PatientAct.WriteDocuments, turn) : null;
        if (side is { Refusal: { } refusal, Step: var step })
            return Refuse(refusal, PatientSide.Traces(state, turn, By, AccessAction.Deposit, [], step, refusal));
        if (state.Record.IsUnknown)
            return Refuse(RefusalCode.PatientUnknown, "There is no such record.", "patient");

        // What a closing sealed, and for the patient's side what is hidden, is answered like what does not exist.
        var entry = state.Index.FindOwn(Target, By) is { } known
            && known is not { Sealed: true, Status: not DocumentStatus.Deleted }
            && !(side is { } own && known.IsHiddenFrom(own.Audience))
                ? known
                : null;

        // The order of the checks is part of the contract: a repetition, then the record, then its documents.
        if (entry is { Status: DocumentStatus.Deleted } && entry.IsManagedBy(By))
        {
            return Reply(new WithdrawnDocument(entry.Id, Target, entry.WithdrawnAt ?? turn.Now, true)
            {
                EntryVersion = entry.EntryVersion,
            });
        }

        if (!state.Record.IsOpen)
            return Refuse(RefusalCode.RecordClosed, "The record is closed.", "patient");
        if (entry is null)
            return Refuse(RefusalCode.TargetNotFound, "The document to withdraw is not known here.", "unique_id");
        if (!entry.IsManagedBy(By))
            return Refuse(RefusalCode.NotAuthor, "Only the author's organisation may withdraw a document.", "unique_id");
        if (entry.ReplacedBy is not null)
        {
            var head = state.Index.HeadOf(entry);
            return Refuse(new Refusal(
                RefusalCode.StaleVersion, "The document to withdraw is no longer the head of its chain.", "unique_id")
            {
                // A head that is hidden from who asks is not named.
                Details = side is { } asking && !asking.Sees(head) ? null : new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["head_document_id"] = head.Id.ToString(),
                    ["head_unique_id"] = head.Metadata.UniqueId.ToString(),
                    ["head_entry_version"] = head.EntryVersion.ToString(CultureInfo.InvariantCulture),
                },
            });
        }

        var twin = state.Index.Twin(entry) is { Status: DocumentStatus.Approved } other ? other : null;
        if (twin is not null && TwinOf != twin.Metadata.UniqueId)
        {
            return Refuse(
                RefusalCode.TwinMissing, "The document has another rendering, which must be withdrawn with it.", "twin_of");
        }

        if (twin is not null && !twin.IsManagedBy(By))
            return Refuse(RefusalCode.NotAuthor, "The other rendering is a document of another organisation.", "twin_of");

        var events = new List<PatientEvent> { Withdraw(state, entry, turn) };
        if (twin is not null)
            events.Add(Withdraw(state, twin, turn));

        // Where a unique id means two documents, because two records became one, it withdraws both.
        foreach (var apart in state.Index.FindAll(Target))
        {
            if (apart.Id != entry.Id && apart is { Status: DocumentStatus.Approved, Sealed: false, ReplacedBy: null }
                && apart.IsManagedBy(By) && !(side is { } asks && !asks.Sees(apart)))
            {
                events.Add(Withdraw(state, apart, turn));
            }
        }

        return Emit(events, after => new WithdrawnDocument(entry.Id, Target, turn.Now, false)
        {
            EntryVersion = after.Index.Find(entry.Id)!.EntryVersion, // ! it was just changed
        });
    }

    private DocumentWithdrawn Withdraw(PatientState state, DocumentEntry entry, TurnContext turn) =>
        new(turn.Now, By, entry.Id, entry.Metadata.UniqueId, Reason)
        {
            Recipients = Audience.ForWithdrawal(state, entry, turn),
        };
}

/// <summary>A document that is withdrawn now.</summary>
/// <param name="At">The first time.</param>
public sealed record WithdrawnDocument(DocumentId DocumentId, UniqueId UniqueId, DateTimeOffset At, bool AlreadyWithdrawn)
{
    /// <summary>Of the entry after the withdrawal.</summary>
    public required int EntryVersion { get; init; }
}
