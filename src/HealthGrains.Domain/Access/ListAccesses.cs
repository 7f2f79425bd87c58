using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Access;

/// <summary>Who saw what: a page of the traces for the patient, newest first.</summary>
/// <param name="From">At or after, or null.</param>
/// <param name="To">Before, or null.</param>
/// <param name="Before">Where the previous page ended (a trace's sequence), or null for the first.</param>
/// <remarks>Traces of a document that is still hidden from the patient are withheld until it is shown.</remarks>
public sealed record ListAccesses(DateTimeOffset? From, DateTimeOffset? To, int? Before, int PageSize)
    : PatientCommand<AccessPage>
{
    public override TurnPriority Priority => TurnPriority.PatientRead;

    public override Decision<PatientState, PatientEvent, AccessPage> Decide(PatientState state, TurnContext turn)
    {
        if (PatientSide.Check(state) is { } refusal)
            return Refuse(refusal);

        var page = new List<TracedAccess>(PageSize);
        int? next = null;
        for (var i = Math.Min(state.Accesses.Count, (Before ?? int.MaxValue) - 1) - 1; i >= 0; i--)
        {
            var access = state.Accesses[i];
            if ((From is { } from && access.At < from) || (To is { } to && access.At >= to) || IsWithheld(state, access))
                continue;
            if (page.Count == PageSize)
            {
                next = page[^1].Sequence;
                break;
            }

            page.Add(Filtered(state, access));
        }

        return Reply(new AccessPage(page, next));
    }

    private static bool IsWithheld(PatientState state, TracedAccess access) =>
        access.Trace.Action is AccessAction.ReadEntry or AccessAction.ReadContent
        && access.Trace.Documents is [var document]
        && IsHidden(state, document);

    private static TracedAccess Filtered(PatientState state, TracedAccess access) =>
        access.Trace.Documents.Any(id => IsHidden(state, id))
            ? access with
            {
                Trace = access.Trace with { Documents = [.. access.Trace.Documents.Where(id => !IsHidden(state, id))] },
            }
            : access;

    private static bool IsHidden(PatientState state, DocumentId id) =>
        state.Index.Find(id) is { IsHiddenFromPatient: true };
}

/// <summary>A page of traces.</summary>
/// <param name="Next">What to ask the next page with, or null on the last.</param>
public sealed record AccessPage(IReadOnlyList<TracedAccess> Accesses, int? Next);
