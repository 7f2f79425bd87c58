using System.Globalization;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Documents;

/// <summary>The patient masks or unmasks many documents, or all, and says what is to become of future ones.</summary>
/// <param name="Masked">True masks from professionals, false lifts the mask; the other labels stay.</param>
/// <param name="Only">These documents, each with its own outcome; null for all that the patient may see.</param>
/// <param name="Future">Whether documents that come from now on are masked; null leaves it as it is.</param>
/// <remarks>One turn changes at most <see cref="TogetherMax"/> documents; whoever asks for all goes on while the answer says that
/// there are more. What comes in meanwhile is masked if <paramref name="Future"/> says so, which is written first.</remarks>
public sealed record SetMasking(bool Masked, IReadOnlyList<MaskingTarget>? Only, bool? Future) : PatientCommand<MaskingChange>
{
    public const int TogetherMax = 400;

    /// <summary>Documents that may be named in one call.</summary>
    public const int NamedMax = 200;

    /// <summary>The patient, or who acts for the patient.</summary>
    public Actor By { get; init; } = Actor.Patient;

    // A mask is a revocation.
    public override TurnPriority Priority => TurnPriority.Revocation;

    public override Decision<PatientState, PatientEvent, MaskingChange> Decide(PatientState state, TurnContext turn)
    {
        var side = PatientSide.Decide(state, By, PatientAct.WriteDocuments, turn);
        if (side.Refusal is { } refusal)
            return Refuse(refusal, PatientSide.Traces(state, turn, By, AccessAction.SetLabels, [], side.Step, refusal));

        var events = new List<PatientEvent>();
        if (Future is { } future && future != state.MasksFuture)
            events.Add(new FutureMaskingSet(turn.Now, By, future));
        var outcomes = new List<MaskingOutcome>();
        var left = 0;
        if (Only is null)
        {
            var open = state.Index.Entries.Where(entry => side.Sees(entry) && entry.IsMasked != Masked).ToList();
            left = Math.Max(0, open.Count - TogetherMax);
            events.AddRange(open.Take(TogetherMax).Select(entry => Change(state, entry, turn)));
        }
        else
        {
            foreach (var target in Only)
                outcomes.Add(new MaskingOutcome(target.Document, One(state, target, side, turn, events)));
        }

        var documents = events.OfType<ConfidentialityChanged>().Select(change => change.DocumentId).ToList();
        var changed = documents.Count;
        if (events.Count > 0)
            events.AddRange(PatientSide.Traces(state, turn, By, AccessAction.SetLabels, documents, side.Step));
        return events.Count == 0
            ? Reply(new MaskingChange(0, left > 0, outcomes, state.MasksFuture))
            : Emit(events, after => new MaskingChange(changed, left > 0, outcomes, after.MasksFuture));
    }

    // The labels of a document are only those that the patient set or may see: none of the combinations that are refused is met.
    private Refusal? One(
        PatientState state, MaskingTarget target, SideOutcome side, TurnContext turn, List<PatientEvent> events)
    {
        if (state.Index.Find(target.Document) is not { } entry || !side.Sees(entry))
            return AccessDecision.DocumentNotFound;
        if (entry.IsMasked == Masked || events.OfType<ConfidentialityChanged>().Any(known => known.DocumentId == entry.Id))
            return null;
        if (target.EntryVersion is { } version && version != entry.EntryVersion)
        {
            return new Refusal(RefusalCode.StaleVersion, "Another version of the entry is in force.", "entry_version")
            {
                Details = new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["head_document_id"] = entry.Id.ToString(),
                    ["head_unique_id"] = entry.Metadata.UniqueId.ToString(),
                    ["head_entry_version"] = entry.EntryVersion.ToString(CultureInfo.InvariantCulture),
                },
            };
        }

        events.Add(Change(state, entry, turn));
        return null;
    }

    private ConfidentialityChanged Change(PatientState state, DocumentEntry entry, TurnContext turn)
    {
        var labels = Masked
            ? entry.Metadata.Confidentiality | ConfidentialityLabels.MaskedFromProfessionals
            : entry.Metadata.Confidentiality & ~ConfidentialityLabels.MaskedFromProfessionals;
        return new ConfidentialityChanged(turn.Now, By, entry.Id, entry.Metadata.UniqueId, labels)
        {
            Covers = labels & ~entry.Metadata.Confidentiality,
            Recipients = Audience.ForLabels(state, entry, labels, turn),
        };
    }
}

/// <summary>One document of several.</summary>
/// <param name="EntryVersion">The one that the caller saw; null for whichever is in force.</param>
public readonly record struct MaskingTarget(DocumentId Document, int? EntryVersion);

/// <summary>What became of one of several.</summary>
/// <param name="Refusal">Null: it is as asked for.</param>
public sealed record MaskingOutcome(DocumentId Document, Refusal? Refusal);

/// <summary>What became of all.</summary>
/// <param name="Changed">Documents whose labels this turn changed.</param>
/// <param name="More">There are more to change: ask again.</param>
/// <param name="Outcomes">Of the documents that were named, in their order.</param>
/// <param name="MasksFuture">What becomes of future documents, as it is now.</param>
public sealed record MaskingChange(int Changed, bool More, IReadOnlyList<MaskingOutcome> Outcomes, bool MasksFuture);
