using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Access;

/// <summary>A page of the index, newest creation time first.</summary>
/// <param name="Filter">Which documents.</param>
/// <param name="After">Where the previous page ended, or null for the first.</param>
/// <param name="PageSize">1 to <see cref="PageSizeMax"/>.</param>
/// <param name="By">The patient's side or a professional.</param>
/// <remarks>Rights are decided anew for each page. For anybody but the person the page is traced with the documents that it shows.</remarks>
public sealed record ListDocuments(DocumentFilter Filter, PagePlace? After, int PageSize, Actor By)
    : PatientCommand<DocumentPage>
{
    public const int PageSizeMax = 200;

    /// <summary>Bytes of the entries of one page: what a message holds is bounded, and what an entry may hold is much. One
    /// entry always fits.</summary>
    public const int PageBytesMax = 3 * 1024 * 1024;

    /// <summary>How a professional comes in; the patient's side has no need of it.</summary>
    public Entrance Entrance { get; init; } = Entrance.Normal;

    public override TurnPriority Priority => By.IsPatientSide ? TurnPriority.PatientRead
        : Entrance.IsEmergency ? TurnPriority.EmergencyRead
        : TurnPriority.ProfessionalRead;

    public override Decision<PatientState, PatientEvent, DocumentPage> Decide(PatientState state, TurnContext turn)
    {
        if (By.IsPatientSide)
        {
            var side = PatientSide.Decide(state, By, PatientAct.Read, turn);
            if (side.Refusal is { } refusal)
            {
                return Refuse(
                    refusal, PatientSide.Traces(state, turn, By, AccessAction.ListDocuments, [], side.Step, refusal));
            }

            if (IsExpired(state))
                return Refuse(PageMark.Expired);
            var own = Page(state, turn, state.Feeds.Of(side.Audience), side.Sees, side.Sees);
            return Emit(
                PatientSide.Traces(
                    state, turn, By, AccessAction.ListDocuments, [.. own.Documents.Select(view => view.Entry.Id)], side.Step),
                _ => own);
        }

        var reader = PatientState.ReaderOf(By);
        var outcome = AccessDecision.ForRecord(state, reader, turn, Entrance);
        if (outcome.Refusal is { } no)
            return Refuse(no, ReaderTurn.RefusalTrace(state, turn, By, AccessAction.ListDocuments, [], outcome, Entrance));

        if (IsExpired(state))
            return Refuse(PageMark.Expired);
        var page = Page(
            state,
            turn,
            state.ProfessionalFeed,
            entry => AccessDecision.ForDocument(state, entry, reader, Filter.IncludesDeprecated, turn, Entrance).IsAllowed,
            entry => AccessDecision.ForDocument(state, entry, reader, includeDeprecated: true, turn, Entrance).IsAllowed);
        return Emit(
            ReaderTurn.Granted(
                state, turn, By, AccessAction.ListDocuments, [.. page.Documents.Select(view => view.Entry.Id)], outcome, Entrance),
            _ => page);
    }

    private bool IsExpired(PatientState state) => After is { } place && PageMark.Read(state, place.Ordinal) is null;

    // What is known of links and twins includes older versions, which the list itself leaves out unless asked for.
    private DocumentPage Page(
        PatientState state,
        TurnContext turn,
        AudienceFeed feed,
        Func<DocumentEntry, bool> sees,
        Func<DocumentEntry, bool> known)
    {
        var matching = state.Index.Entries.Where(entry => sees(entry) && Filter.Matches(entry)).ToList();
        var leftOut = 0;
        if (Filter.OnlyRelevant)
        {
            var all = matching.Count;
            matching.RemoveAll(entry => !Relevance.IsRelevant(state, entry, sees, turn.Now));
            leftOut = all - matching.Count;
        }

        matching.Sort((a, b) => PagePlace.Of(a).CompareTo(PagePlace.Of(b)));
        var after = After is { } mark && PageMark.Read(state, mark.Ordinal) is { } ordinal ? mark with { Ordinal = ordinal } : After;
        var from = after is { } place ? matching.FindIndex(entry => PagePlace.Of(entry).CompareTo(place) > 0) : 0;
        var page = from < 0 ? [] : matching.GetRange(from, Fitting(matching, from));
        var more = from >= 0 && from + page.Count < matching.Count;
        return new DocumentPage(
            [.. page.Select(entry => DocumentView.Of(state, entry, By, known))],
            more ? PagePlace.Of(page[^1]) with { Ordinal = PageMark.Make(state, page[^1].Ordinal) } : null,
            leftOut,
            feed.Last,
            state.Consent.Version);
    }

    private int Fitting(List<DocumentEntry> matching, int from)
    {
        var count = 0;
        var bytes = 0;
        while (count < PageSize && from + count < matching.Count)
        {
            bytes += matching[from + count].Metadata.BytesAtMost;
            if (count > 0 && bytes > PageBytesMax)
                break;
            count++;
        }

        return count;
    }
}

/// <summary>Which documents to list. Empty sets mean any.</summary>
public sealed record DocumentFilter
{
    public IReadOnlyList<string> TypeCodes { get; init; } = [];

    public IReadOnlyList<string> ClassCodes { get; init; } = [];

    /// <summary>At or after.</summary>
    public DateTimeOffset? CreatedAfter { get; init; }

    /// <summary>Before.</summary>
    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>Empty: approved only.</summary>
    public IReadOnlyList<DocumentStatus> Statuses { get; init; } = [];

    /// <summary>Leave out what the rule of the first automatic search leaves out.</summary>
    public bool OnlyRelevant { get; init; }

    public bool IncludesDeprecated => Statuses.Any(status => status != DocumentStatus.Approved);

    public bool Matches(DocumentEntry entry) =>
        (Statuses.Count == 0 ? entry.Status == DocumentStatus.Approved : Statuses.Contains(entry.Status))
        && (TypeCodes.Count == 0 || TypeCodes.Contains(entry.Metadata.TypeCode))
        && (ClassCodes.Count == 0 || ClassCodes.Contains(entry.ClassCode))
        && (CreatedAfter is not { } after || entry.Metadata.CreatedAt >= after)
        && (CreatedBefore is not { } before || entry.Metadata.CreatedAt < before);
}

/// <summary>A place in the order of a list: newest creation time first, then newest submission first.</summary>
public readonly record struct PagePlace(long CreatedAtTicks, int Ordinal) : IComparable<PagePlace>
{
    public static PagePlace Of(DocumentEntry entry) => new(entry.Metadata.CreatedAt.UtcTicks, entry.Ordinal);

    public int CompareTo(PagePlace other)
    {
        var byTime = other.CreatedAtTicks.CompareTo(CreatedAtTicks);
        return byTime != 0 ? byTime : other.Ordinal.CompareTo(Ordinal);
    }
}

/// <summary>One page of the index.</summary>
/// <param name="Next">Where the next page begins after, or null on the last.</param>
/// <param name="LeftOut">Documents that the caller may see and that relevance alone left out.</param>
/// <param name="Sequence">The last sequence of the caller's audience.</param>
/// <param name="ConsentVersion">Of the consent state that decided.</param>
public sealed record DocumentPage(
    IReadOnlyList<DocumentView> Documents, PagePlace? Next, int LeftOut, long Sequence, long ConsentVersion);
