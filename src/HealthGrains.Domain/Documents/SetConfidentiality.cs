using System.Globalization;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Documents;

/// <summary>Changes who may see one document: the whole new set of labels. It is not a new result.</summary>
/// <param name="EntryVersion">The one that the caller saw; another in force is STALE_VERSION, unless the set is so already.</param>
/// <param name="By">The patient's side, which masks and unmasks; or a professional who may read the document, or wrote it.</param>
/// <remarks>Older versions of the document get what is added, and nothing else; they keep what is lifted. What is
/// announced to a patient who wants documents that come to be masked is masked with it. Source: DMP TD3.3a and
/// TD3.3b; IHE ITI-57.</remarks>
public sealed record SetConfidentiality(DocumentId Id, int EntryVersion, ConfidentialityLabels Labels, Actor By)
    : PatientCommand<DocumentView>
{
    /// <summary>How a professional comes in: normally, and perhaps in a secret session.</summary>
    public Entrance Entrance { get; init; } = Entrance.Normal;

    // A mask is a revocation for this document.
    public override TurnPriority Priority => TurnPriority.Revocation;

    private static readonly Refusal NotThePersons = new(
        RefusalCode.CallerKindForbidden,
        "The person masks and unmasks; the other labels are a professional's.",
        "confidentiality");

    public override Decision<PatientState, PatientEvent, DocumentView> Decide(PatientState state, TurnContext turn)
    {
        var entry = state.Index.Find(Id);
        if (By.IsPatientSide)
        {
            var side = PatientSide.Decide(state, By, PatientAct.WriteDocuments, turn);
            if (side.Refusal is { } refusal)
                return Refuse(refusal, Traces([], side.Step, refusal));
            if (entry is null || !side.Sees(entry))
            {
                var step = entry is null || entry.Sealed || entry.Status == DocumentStatus.Deleted
                    ? PatientSide.StatusStep
                    : PatientSide.LabelStep;
                return Refuse(
                    AccessDecision.DocumentNotFound, Traces(entry is null ? [] : [entry.Id], step, AccessDecision.DocumentNotFound));
            }

            var others = (entry.Metadata.Confidentiality ^ Labels) & ~ConfidentialityLabels.MaskedFromProfessionals;
            return others != ConfidentialityLabels.None
                ? Refuse(NotThePersons, Traces([entry.Id], PatientSide.DelegationStep, NotThePersons))
                : Change(state, entry, Labels, turn, Traces([entry.Id], side.Step), side.Sees);

            IReadOnlyList<PatientEvent> Traces(IReadOnlyList<DocumentId> named, AccessStep step, Refusal? no = null) =>
                PatientSide.Traces(state, turn, By, AccessAction.SetLabels, named, step, no);
        }

        var reader = PatientState.ReaderOf(By);
        var outcome = AccessDecision.ForRecord(state, reader, turn);

        // The author needs no authorisation for a document of their own; a block stops them too.
        if (outcome.Step == AccessStep.Mode && entry is { Sealed: false } && entry.IsOwnOf(reader.Id))
            outcome = new AccessOutcome(AccessStep.Own, null);
        if (outcome.IsAllowed)
        {
            outcome = entry is null
                ? new AccessOutcome(AccessStep.Status, AccessDecision.DocumentNotFound)
                : AccessDecision.ForDocument(state, entry, reader, includeDeprecated: true, turn);
        }

        IReadOnlyList<DocumentId> documents = entry is null ? [] : [entry.Id];
        return outcome.Refusal is { } no
            ? Refuse(no, ReaderTurn.RefusalTrace(state, turn, By, AccessAction.SetLabels, documents, outcome, Entrance))
            : Change(
                state,
                entry!, // ! allowed means found
                Announced(state, entry!),
                turn,
                [ReaderTurn.Trace(state, turn, By, AccessAction.SetLabels, documents, outcome, Entrance)],
                other => AccessDecision.ForDocument(state, other, reader, includeDeprecated: true, turn).IsAllowed);
    }

    // The patient's wish for future documents is for what the patient sees for the first time: also when it is announced.
    private ConfidentialityLabels Announced(PatientState state, DocumentEntry entry) =>
        state.MasksFuture && entry.IsHiddenFromPatient && !Labels.HasFlag(ConfidentialityLabels.HiddenFromPatient)
            ? Labels | ConfidentialityLabels.MaskedFromProfessionals
            : Labels;

    // The trace comes after the change: whether the patient may see it is decided by the labels that are in force then.
    private Decision<PatientState, PatientEvent, DocumentView> Change(
        PatientState state,
        DocumentEntry entry,
        ConfidentialityLabels labels,
        TurnContext turn,
        IReadOnlyList<PatientEvent> traces,
        Func<DocumentEntry, bool> sees)
    {
        if (entry.Metadata.Confidentiality == labels)
        {
            return traces.Count == 0
                ? Reply(DocumentView.Of(state, entry, By, sees))
                : Emit(traces, after => DocumentView.Of(after, entry, By, sees));
        }

        if (LabelRules.Check(labels, entry.Metadata.Confidentiality, state, turn) is { } refusal)
            return Refuse(refusal.Code, refusal.Message, "confidentiality");
        if (entry.EntryVersion != EntryVersion)
        {
            return Refuse(new Refusal(RefusalCode.StaleVersion, "Another version of the entry is in force.", "entry_version")
            {
                Details = new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["head_document_id"] = entry.Id.ToString(),
                    ["head_unique_id"] = entry.Metadata.UniqueId.ToString(),
                    ["head_entry_version"] = entry.EntryVersion.ToString(CultureInfo.InvariantCulture),
                },
            });
        }

        var change = new ConfidentialityChanged(turn.Now, By, entry.Id, entry.Metadata.UniqueId, labels)
        {
            Covers = labels & ~entry.Metadata.Confidentiality,
            Recipients = Audience.ForLabels(state, entry, labels, turn),
        };
        var duties = entry.IsHiddenFromPatient
            ? []
            : DutySchedule.ForHidden(state, entry.Id, entry.Replaces, labels, turn);
        return Emit([change, .. duties, .. traces], after => DocumentView.Of(
            after, after.Index.Find(entry.Id)!, By, sees)); // ! it was just changed
    }
}
