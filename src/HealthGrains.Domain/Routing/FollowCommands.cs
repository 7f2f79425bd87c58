using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Routing;

/// <summary>An authorised professional asks to be told about this record from now on.</summary>
/// <remarks>Not in an emergency, which lasts for a session and creates no right: following lasts until it is ended, and would go
/// on telling after the emergency. Whoever came in so watches for as long as the session lasts.</remarks>
public sealed record FollowPatient(Actor By) : PatientCommand<FollowAnswer>
{
    /// <summary>Followers of one record.</summary>
    public const int FollowersMax = 1_000;

    public override TurnPriority Priority => TurnPriority.ProfessionalRead;

    public override Decision<PatientState, PatientEvent, FollowAnswer> Decide(PatientState state, TurnContext turn)
    {
        var reader = PatientState.ReaderOf(By);
        var outcome = AccessDecision.ForRecord(state, reader, turn);
        if (outcome.Refusal is { } refusal)
            return Refuse(refusal, ReaderTurn.RefusalTrace(state, turn, By, AccessAction.Follow, [], outcome));
        if (state.Followers.TryGetValue(By.Id, out var follower) && follower.Reader == reader)
            return Reply(new FollowAnswer(follower.Since, true));
        if (follower is null && state.Followers.Count >= FollowersMax)
            return Refuse(RefusalCode.Overloaded, "The record has the most followers that it can have.");
        return Emit([new PatientFollowed(turn.Now, By)], _ => new FollowAnswer(turn.Now, false));
    }
}

/// <summary>A professional asks to be told no more; works without an authorisation.</summary>
public sealed record UnfollowPatient(Actor By) : PatientCommand<FollowAnswer>
{
    public override TurnPriority Priority => TurnPriority.ProfessionalRead;

    public override Decision<PatientState, PatientEvent, FollowAnswer> Decide(PatientState state, TurnContext turn) =>
        state.Followers.ContainsKey(By.Id)
            ? Emit([new PatientUnfollowed(turn.Now, By)], _ => new FollowAnswer(turn.Now, false))
            : Reply(new FollowAnswer(turn.Now, true));
}

/// <summary>Whether the professional follows now as asked.</summary>
public sealed record FollowAnswer(DateTimeOffset Since, bool AlreadySo);

/// <summary>Asks, at the moment of sending, whether a professional may still be told about a document.</summary>
/// <remarks>Leaves no trace: nothing is read. The answer is for the item about to be sent and is not kept.</remarks>
public sealed record MayKnow(Reader Reader, IReadOnlyList<DocumentId> Documents) : PatientCommand<IReadOnlyList<bool>>
{
    public override TurnPriority Priority => TurnPriority.ProfessionalRead;

    public override Decision<PatientState, PatientEvent, IReadOnlyList<bool>> Decide(PatientState state, TurnContext turn)
    {
        var may = new bool[Documents.Count];
        if (AccessDecision.ForRecord(state, Reader, turn).IsAllowed)
        {
            for (var i = 0; i < may.Length; i++)
                may[i] = state.Index.Find(Documents[i]) is { Sealed: false } entry && MayKnowOf(state, entry, turn);
        }

        return Reply(may);
    }

    // News of a withdrawal concerns a document that can no longer be read; who could see it may know that it went.
    private bool MayKnowOf(PatientState state, DocumentEntry entry, TurnContext turn) => entry.Status == DocumentStatus.Deleted
        ? AccessDecision.MayKnowOfWithdrawn(entry, Reader, turn.Matrix)
        : AccessDecision.ForDocument(state, entry, Reader, includeDeprecated: true, turn).IsAllowed;
}

/// <summary>Asks, right before one change is sent to a professional who watches the record, whether it may still leave.</summary>
/// <param name="Shown">The document that is about to be sent with it; null when it is sent without one.</param>
/// <remarks>Leaves no trace: the page that it comes from has left one.</remarks>
public sealed record MayStillSee(Reader Reader, DocumentId? Shown) : PatientCommand<bool>
{
    /// <summary>How the reader came in when the stream began.</summary>
    public Entrance Entrance { get; init; } = Entrance.Normal;

    public override TurnPriority Priority => TurnPriority.ProfessionalRead;

    public override Decision<PatientState, PatientEvent, bool> Decide(PatientState state, TurnContext turn) =>
        Reply(AccessDecision.ForRecord(state, Reader, turn, Entrance).IsAllowed
            && (!Entrance.IsEmergency || state.EmergencyUntil(Reader, Entrance.Mode, turn.Now) is not null)
            && (Shown is not { } id
                || (state.Index.Find(id) is { } entry
                    && AccessDecision.ForDocument(state, entry, Reader, includeDeprecated: true, turn, Entrance).IsAllowed)));
}

/// <summary>What one audience of the record is told after a cursor.</summary>
/// <param name="After">0 from the beginning.</param>
/// <param name="Max">1 to 200.</param>
/// <param name="By">The patient's side, or a professional who may read the record.</param>
/// <remarks>For anybody but the person a page that tells anything is traced; in an emergency each call is, also one that finds
/// nothing.</remarks>
public sealed record ChangesSince(long After, int Max, Actor By) : PatientCommand<ChangePage>
{
    /// <summary>How a professional comes in; the patient's side has no need of it.</summary>
    public Entrance Entrance { get; init; } = Entrance.Normal;

    /// <summary>It goes on with a stream that is open: it opens no further emergency session, and ends with the one that there
    /// is.</summary>
    public bool Continues { get; init; }

    /// <summary>The numbers that led to this record, in order: each had an order of its own until the records became one.</summary>
    public IReadOnlyList<PatientId> Through { get; init; } = [];

    public override Command<PatientState, PatientEvent, ChangePage> AskedThrough(PatientId number) =>
        this with { Through = [.. Through, number] };

    public override TurnPriority Priority => By.IsPatientSide ? TurnPriority.PatientRead
        : Entrance.IsEmergency ? TurnPriority.EmergencyRead
        : TurnPriority.ProfessionalRead;

    public override Decision<PatientState, PatientEvent, ChangePage> Decide(PatientState state, TurnContext turn)
    {
        if (By.IsPatientSide)
            return OnPatientSide(state, turn);

        var reader = PatientState.ReaderOf(By);
        var outcome = AccessDecision.ForRecord(state, reader, turn, Entrance);
        var session = Entrance.IsEmergency ? state.EmergencyUntil(reader, Entrance.Mode, turn.Now) : null;
        if (outcome.IsAllowed && Entrance.IsEmergency && Continues && session is null)
            outcome = new AccessOutcome(AccessStep.Mode, EmergencyIsOver);
        if (outcome.Refusal is { } no)
            return Refuse(no, ReaderTurn.RefusalTrace(state, turn, By, AccessAction.ListDocuments, [], outcome, Entrance));
        Func<DocumentEntry, bool> sees =
            entry => AccessDecision.ForDocument(state, entry, reader, includeDeprecated: true, turn, Entrance).IsAllowed;
        Func<DocumentEntry, bool> knowsThatItWent =
            entry => AccessDecision.MayKnowOfWithdrawn(entry, reader, turn.Matrix);
        var told = DocumentsTold(state, state.ProfessionalFeed, sees, knowsThatItWent);
        return Page(
            state,
            PatientAudience.Patient,
            state.ProfessionalFeed,
            sees,
            knowsThatItWent,
            told.Count == 0 && (Continues || !Entrance.IsEmergency)
                ? []
                : ReaderTurn.Granted(state, turn, By, AccessAction.ListDocuments, told, outcome, Entrance),
            Entrance.IsEmergency
                ? session ?? turn.Now + turn.Policy.EmergencySession
                : state.Consent.PermittedUntil(reader, turn.Now));
    }

    private static readonly Refusal EmergencyIsOver = new(
        RefusalCode.EmergencyReasonRequired, "The emergency session is over: say anew why.", "access.reason");

    private Decision<PatientState, PatientEvent, ChangePage> OnPatientSide(PatientState state, TurnContext turn)
    {
        var side = PatientSide.Decide(state, By, PatientAct.Read, turn);
        if (side.Refusal is { } refusal)
            return Refuse(refusal, PatientSide.Traces(state, turn, By, AccessAction.ListDocuments, [], side.Step, refusal));
        var feed = state.Feeds.Of(side.Audience);
        Func<DocumentEntry, bool> knowsThatItWent = entry => !entry.IsHiddenFrom(side.Audience);
        var told = By.Kind == ActorKind.Patient ? [] : DocumentsTold(state, feed, side.Sees, knowsThatItWent);
        return Page(
            state,
            side.Audience,
            feed,
            side.Sees,
            knowsThatItWent,
            told.Count == 0 ? [] : PatientSide.Traces(state, turn, By, AccessAction.ListDocuments, told, side.Step),
            side.Until);
    }

    private List<DocumentId> DocumentsTold(
        PatientState state, AudienceFeed feed, Func<DocumentEntry, bool> sees, Func<DocumentEntry, bool> knowsThatItWent) =>
        [.. Fitting(state, feed).Select(item => Told(state, item, sees, knowsThatItWent).Document).OfType<DocumentId>().Distinct()];

    private Decision<PatientState, PatientEvent, ChangePage> Page(
        PatientState state,
        PatientAudience audience,
        AudienceFeed feed,
        Func<DocumentEntry, bool> sees,
        Func<DocumentEntry, bool> knowsThatItWent,
        IReadOnlyList<PatientEvent> events,
        DateTimeOffset? permittedUntil)
    {
        if (After > feed.Last || After < 0)
        {
            return Refuse(
                RefusalCode.MetadataInvalid, "The cursor is beyond the last change of this record.", "after_sequence");
        }

        var items = Fitting(state, feed)
            .Select(item => Told(state, item, sees, knowsThatItWent))
            .Select(item => item with { By = PatientSide.Named(item.By, By, audience) })
            .ToList();
        var views = items.Select(item =>
            item.Document is { } id && state.Index.Find(id) is { } entry && sees(entry)
                ? DocumentView.Of(state, entry, By, sees)
                : null);
        var page = new ChangePage([.. items.Zip(views, (item, view) => new Change(item, view))], feed.Last)
        {
            PermittedUntil = permittedUntil,
        };
        return events.Count == 0 ? Reply(page) : Emit(events, _ => page);
    }

    // As many as fit one message.
    private IEnumerable<FeedItem> Fitting(PatientState state, AudienceFeed feed)
    {
        var bytes = 0;
        foreach (var item in feed.After(After, Max, Through))
        {
            var before = bytes;
            bytes += item.Document is { } id && state.Index.Find(id) is { } entry ? entry.Metadata.BytesAtMost : 512;
            if (before > 0 && bytes > ListDocuments.PageBytesMax)
                yield break;
            yield return item;
        }
    }

    // Of news of what a closing sealed, or of what is hidden from the caller since, the place in the sequence remains, not
    // whose document it was. That a document was withdrawn may be known by whoever could see it.
    private static FeedItem Told(
        PatientState state,
        FeedItem item,
        Func<DocumentEntry, bool> sees,
        Func<DocumentEntry, bool> knowsThatItWent) =>
        item.Document is { } id && state.Index.Find(id) is { } entry
        && (entry.Sealed || !(entry.Status == DocumentStatus.Deleted ? knowsThatItWent(entry) : sees(entry)))
            ? item with { Document = null, By = Actor.System }
            : item;
}

/// <summary>One change with the document as the caller may see it now; null when it is not visible any more.</summary>
public sealed record Change(FeedItem Item, DocumentView? Document);

/// <summary>A page of changes.</summary>
/// <param name="Last">The audience's last sequence.</param>
public sealed record ChangePage(IReadOnlyList<Change> Changes, long Last)
{
    /// <summary>When the reader's longest permit, the emergency session, or the delegation ends by itself; null for the patient, and without end. Whoever
    /// goes on watching asks again then: the end of a permit is no event that would wake anybody.</summary>
    public DateTimeOffset? PermittedUntil { get; init; }
}
