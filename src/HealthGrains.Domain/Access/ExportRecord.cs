using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Access;

/// <summary>The next documents of an export, in the order in which the record took them.</summary>
/// <param name="After">The last document that the caller has whole; null from the beginning.</param>
/// <param name="PageSize">1 to <see cref="ListDocuments.PageSizeMax"/>; a page also ends after
/// <see cref="ListDocuments.PageBytesMax"/>.</param>
/// <param name="By">The person, or a minor's legal representative.</param>
/// <remarks>All statuses but withdrawn ones, as far as this audience may see them. Each page leaves a trace with the documents that
/// it holds, the person's own too: what was taken along is out of the record's protection, and the person must see when that
/// was. Source of the right: Regulation (EU) 2025/327, article 3.</remarks>
public sealed record ExportDocuments(DocumentId? After, int PageSize, Actor By) : PatientCommand<ExportPage>
{
    /// <summary>The numbers that led to this record, in order.</summary>
    public IReadOnlyList<PatientId> Through { get; init; } = [];

    public override TurnPriority Priority => TurnPriority.PatientRead;

    public override Command<PatientState, PatientEvent, ExportPage> AskedThrough(PatientId number) =>
        this with { Through = [.. Through, number] };

    public override Decision<PatientState, PatientEvent, ExportPage> Decide(PatientState state, TurnContext turn)
    {
        var side = PatientSide.Decide(state, By, PatientAct.Export, turn);
        if (side.Refusal is { } refusal)
            return Refuse(refusal, PatientSide.Traces(state, turn, By, AccessAction.Export, [], side.Step, refusal));
        if (state.Index.After(After, Through) is not { } entries)
            return Refuse(RefusalCode.MetadataInvalid, "The record has no such document.", "after_document_id");
        var page = new List<DocumentView>();
        var bytes = 0;
        var hasMore = false;
        foreach (var entry in entries)
        {
            if (!side.Sees(entry))
                continue;
            bytes += entry.Metadata.BytesAtMost;
            hasMore = page.Count == PageSize || (page.Count > 0 && bytes > ListDocuments.PageBytesMax);
            if (hasMore)
                break;
            page.Add(DocumentView.Of(state, entry, By, side.Sees));
        }

        var trace = new AccessTrace(
            AccessAction.Export, [.. page.Select(view => view.Entry.Id)], AccessMode.Normal, "", null, side.Step, "");
        return Emit(
            [new RecordAccessed(turn.Now, By, trace)],
            after => new ExportPage(page, hasMore, state.Feeds.Of(side.Audience).Last, after.AccessesOf(side.Audience).Count));
    }
}

/// <summary>Some documents of an export.</summary>
/// <param name="HasMore">There are further documents after the last one.</param>
/// <param name="Sequence">The last sequence of the caller's audience.</param>
/// <param name="Traces">How many traces this audience may see now, the one of this page included.</param>
public sealed record ExportPage(IReadOnlyList<DocumentView> Documents, bool HasMore, long Sequence, int Traces);

/// <summary>Asks, while an export runs, whether it may go on.</summary>
/// <param name="Shown">The document that is about to be sent; null for what is not about one.</param>
/// <returns>False when the document may not be seen any more. A lost right to export is a refusal.</returns>
/// <remarks>Leaves no trace: the page that it comes from has left one.</remarks>
public sealed record MayExport(Actor By, DocumentId? Shown) : PatientCommand<bool>
{
    public override TurnPriority Priority => TurnPriority.PatientRead;

    public override Decision<PatientState, PatientEvent, bool> Decide(PatientState state, TurnContext turn)
    {
        var side = PatientSide.Decide(state, By, PatientAct.Export, turn);
        return side.Refusal is { } refusal
            ? Refuse(refusal)
            : Reply(Shown is not { } id || (state.Index.Find(id) is { } entry && side.Sees(entry)));
    }
}

/// <summary>The next traces of an export, oldest first.</summary>
/// <param name="After">The last sequence that was sent, 0 from the beginning.</param>
/// <param name="UpTo">The last sequence that the export covers, so that it ends while others read on.</param>
public sealed record ExportAccesses(int After, int UpTo, int PageSize, Actor By) : PatientCommand<AccessPage>
{
    public override TurnPriority Priority => TurnPriority.PatientRead;

    public override Decision<PatientState, PatientEvent, AccessPage> Decide(PatientState state, TurnContext turn)
    {
        var side = PatientSide.Decide(state, By, PatientAct.Export, turn);
        if (side.Refusal is { } refusal)
            return Refuse(refusal);
        var all = state.AccessesOf(side.Audience);
        var end = Math.Min(UpTo, all.Count);
        var page = new List<TracedAccess>();
        var at = After;
        while (at < end && page.Count < PageSize)
            page.Add(ListAccesses.Shown(state, all[at++], By, turn, side.Audience));
        return Reply(new AccessPage(page, at < end ? at : null));
    }
}
