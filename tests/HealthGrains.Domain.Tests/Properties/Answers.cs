using System.Text;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Tests.Properties;

/// <summary>Everything that a state answers, as one text: two states are the same if nobody who asks can tell them apart.
/// It asks and applies nothing.</summary>
internal static class Answers
{
    private static readonly DocumentId[] NoIds = [];
    private static readonly Author[] NoAuthors = [];
    private static readonly string[] NoTexts = [];

    public static string ToEverybody(PatientState state, DateTimeOffset now)
    {
        var text = new StringBuilder();
        text.AppendLine(ToPatient(state, now));
        foreach (var someone in Dice.Delegates)
            text.AppendLine(ToDelegate(state, someone, now));
        foreach (var professional in Dice.Professionals)
            text.AppendLine(ToProfessional(state, professional, now));
        foreach (var entry in state.Index.Entries)
            text.Append(Plain(entry)).AppendLine();
        foreach (var follower in state.Followers.Values)
            text.Append(follower).AppendLine();
        Add(text, state.Accesses);
        return text.ToString();
    }

    public static string ToPatient(PatientState state, DateTimeOffset now)
    {
        var text = new StringBuilder();
        Reads(text, state, Actor.Patient, now);
        Add(text, Ask(state, new ListAccesses(null, null, null, 10_000), now), page => Add(text, page.Accesses));
        Add(text, Ask(state, new GetConsents(true), now), view =>
        {
            text.Append(view.Emergency).AppendJoin('\n', view.Authorizations).AppendJoin('\n', view.Blocked).AppendJoin('\n', view.Followers);
            text.AppendJoin('\n', view.Delegations).AppendJoin('\n', view.BlockedBy).Append(view.AttendingPhysician);
            text.Append(view.Version).AppendLine();
        });
        return text.ToString();
    }

    public static string ToDelegate(PatientState state, Actor by, DateTimeOffset now)
    {
        var text = new StringBuilder();
        Reads(text, state, by, now);
        Add(text, Ask(state, new ListAccesses(null, null, null, 10_000) { By = by }, now), page => Add(text, page.Accesses));
        Add(text, Ask(state, new GetConsents(true) { By = by }, now), view =>
            text.AppendJoin('\n', view.Delegations).AppendJoin('\n', view.BlockedBy).Append(view.AttendingPhysician).AppendLine());
        return text.ToString();
    }

    public static string ToProfessional(PatientState state, Actor by, DateTimeOffset now)
    {
        var text = new StringBuilder();
        Reads(text, state, by, now);
        var documents = state.Index.Entries.Select(entry => entry.Id).ToList();
        text.AppendJoin(' ', Ask(state, new MayKnow(PatientState.ReaderOf(by), documents), now).Value).AppendLine();
        return text.ToString();
    }

    private static void Reads(StringBuilder text, PatientState state, Actor by, DateTimeOffset now)
    {
        Add(text, Ask(state, new GetRecord(by), now), view => text.Append(view));
        foreach (var relevant in new[] { false, true })
        {
            var filter = new DocumentFilter { Statuses = Enum.GetValues<DocumentStatus>(), OnlyRelevant = relevant };
            Add(text, Ask(state, new ListDocuments(filter, null, 200, by), now), page =>
            {
                text.Append(page.LeftOut).Append(' ').Append(page.Sequence).Append(' ').Append(page.ConsentVersion);
                foreach (var view in page.Documents)
                    Add(text, view);
            });
        }

        foreach (var name in Dice.Names)
        {
            Add(
                text,
                Ask(state, new ReadDocument(null, TestRecord.Unique(name), true, by), now),
                view => Add(text, view));
        }

        Add(text, Ask(state, new ChangesSince(0, 10_000, by), now), page =>
        {
            foreach (var change in page.Changes)
            {
                text.Append(change.Item).AppendLine();
                if (change.Document is { } view)
                    Add(text, view);
            }
        });
    }

    private static TurnResult<T> Ask<T>(PatientState state, PatientCommand<T> query, DateTimeOffset now)
    {
        var decision = query.Decide(state, new TurnContext(now, DomainPolicy.Default));
        return decision.Refusal is { } refusal
            ? new TurnResult<T>(default, refusal)
            : new TurnResult<T>(decision.AnswerFrom(state), null);
    }

    private static void Add<T>(StringBuilder text, TurnResult<T> result, Action<T> words)
    {
        text.Append(typeof(T).Name).Append(": ");
        if (result.Refusal is { } refusal)
            text.Append(refusal.Name).Append(' ').Append(refusal.Message);
        else
            words(result.Value);
        text.AppendLine();
    }

    private static void Add(StringBuilder text, DocumentView view)
    {
        text.Append(Plain(view.Entry)).Append(view.Replaces).Append('<').Append(view.ReplacedBy).Append(view.Rights);
        text.AppendJoin(',', view.Warnings).AppendJoin(',', view.Entry.Metadata.Authors).AppendLine();
    }

    private static void Add(StringBuilder text, IReadOnlyList<TracedAccess> accesses)
    {
        foreach (var access in accesses)
        {
            text.Append(access.Sequence).Append(access.At.UtcTicks).Append(access.By);
            text.Append(access.Trace with { Documents = NoIds }).AppendJoin(' ', access.Trace.Documents).AppendLine();
        }
    }

    // A record prints the type of a list and not what is in it: the lists are said apart.
    private static DocumentEntry Plain(DocumentEntry entry) => entry with
    {
        Metadata = entry.Metadata with { Authors = NoAuthors, EventCodes = NoTexts, ReferenceIds = NoTexts },
    };
}
