using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Access;

/// <summary>Who saw what: a page of the traces for the patient's side, newest first.</summary>
/// <param name="From">At or after, or null.</param>
/// <param name="To">Before, or null.</param>
/// <param name="Before">Where the previous page ended (<see cref="AccessPage.Next"/>), or null for the first.</param>
/// <remarks>Traces of a document that is hidden from the patient are withheld, and the sequences are the audience's own. Delegates
/// are shown nothing of a secret session, and each page that they read is a trace itself.</remarks>
public sealed record ListAccesses(DateTimeOffset? From, DateTimeOffset? To, int? Before, int PageSize)
    : PatientCommand<AccessPage>
{
    public Actor By { get; init; } = Actor.Patient;

    /// <summary>Only these actions; null for all. Chosen here, so that one call is one turn however few fit.</summary>
    public IReadOnlyList<AccessAction>? Only { get; init; }

    public override TurnPriority Priority => TurnPriority.PatientRead;

    public override Decision<PatientState, PatientEvent, AccessPage> Decide(PatientState state, TurnContext turn)
    {
        var side = PatientSide.Decide(state, By, PatientAct.ReadTraces, turn);
        if (side.Refusal is { } refusal)
            return Refuse(refusal, PatientSide.Traces(state, turn, By, AccessAction.ReadTraces, [], side.Step, refusal));

        int? before = null;
        if (Before is { } mark)
        {
            before = PageMark.Read(state, mark);
            if (before is null)
                return Refuse(PageMark.Expired);
        }

        var all = state.AccessesOf(side.Audience);
        var page = new List<TracedAccess>(PageSize);
        int? next = null;
        for (var i = Math.Min(all.Count, (before ?? int.MaxValue) - 1) - 1; i >= 0; i--)
        {
            var access = all[i];
            if ((From is { } from && access.At < from) || (To is { } to && access.At >= to))
                continue;
            if (Only is { } only && !only.Contains(access.Trace.Action))
                continue;
            if (page.Count == PageSize)
            {
                next = PageMark.Make(state, page[^1].Sequence);
                break;
            }

            page.Add(Shown(state, access, By, turn, side.Audience));
        }

        var traces = PatientSide.Traces(state, turn, By, AccessAction.ReadTraces, [], side.Step);
        return traces.Count == 0 ? Reply(new AccessPage(page, next)) : Emit(traces, _ => new AccessPage(page, next));
    }

    // What was hidden since is not named any more. A professional who acts for the patient stays one: what a mask or the
    // matrix keeps from him or her is not named either.
    internal static TracedAccess Shown(
        PatientState state, TracedAccess access, Actor caller, TurnContext turn, PatientAudience audience)
    {
        bool IsHidden(Identity.DocumentId id) => state.Index.Find(id) is { } entry
            && (entry.IsHiddenFrom(audience)
                || (caller.Kind == ActorKind.Professional
                    && !AccessDecision.ForDocument(
                        state, entry, PatientState.ReaderOf(caller), includeDeprecated: true, turn).IsAllowed));
        access = access with { By = PatientSide.Named(access.By, caller, audience) };
        return access.Trace.Documents.Any(IsHidden)
            ? access with
            {
                Trace = access.Trace with { Documents = [.. access.Trace.Documents.Where(id => !IsHidden(id))] },
            }
            : access;
    }
}

/// <summary>A page of traces.</summary>
/// <param name="Next">What to ask the next page with, or null on the last.</param>
public sealed record AccessPage(IReadOnlyList<TracedAccess> Accesses, int? Next);
