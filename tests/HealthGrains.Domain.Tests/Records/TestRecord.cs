using System.Globalization;
using System.Text;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Tests.Records;

/// <summary>One patient's record and a clock: asks commands and applies what they decide, as a grain would.</summary>
internal sealed class TestRecord
{
    private int _documents;

    public PatientState State { get; private set; } = new();

    /// <summary>Where the numbers of its documents begin: two records that meet have none in common.</summary>
    public int DocumentsFrom
    {
        init => _documents = value;
    }

    /// <summary>Everything that was decided to have happened, in order.</summary>
    public List<PatientEvent> Events { get; } = [];

    public DateTimeOffset Now { get; set; } = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    public DomainPolicy Policy { get; set; } = DomainPolicy.Default;

    /// <summary>Open but not activated, as the first deposit leaves it; the base of the professional rows.</summary>
    public static TestRecord Open()
    {
        var record = new TestRecord();
        record.Happened(new RecordOpened(record.Now, Actor.System, Activated: false, RestoresContent: false));
        return record;
    }

    /// <summary>Activated by the person.</summary>
    public static TestRecord Activated()
    {
        var record = new TestRecord();
        record.Ask(new OpenRecord());
        return record;
    }

    /// <summary>Given each command before it is asked; what it gives back is asked. For tests of how commands travel.</summary>
    public Func<object, object>? OnTheWay { get; set; }

    /// <summary>Given each command with its result before that is told; what it gives back is told.</summary>
    public Func<object, object, object>? OnTheWayBack { get; set; }

    public TurnContext Turn => new(Now, Policy);

    public TurnResult<TAnswer> Ask<TAnswer>(PatientCommand<TAnswer> command)
    {
        command = (PatientCommand<TAnswer>)(OnTheWay?.Invoke(command) ?? command);
        var decision = command.DecideHere(State, new TurnContext(Now, Policy));
        Happened([.. decision.Events]);
        var result = decision.Refusal is { } refusal
            ? new TurnResult<TAnswer>(default, refusal)
            : new TurnResult<TAnswer>(decision.AnswerFrom(State), null);
        return OnTheWayBack is null ? result : (TurnResult<TAnswer>)OnTheWayBack(command, result);
    }

    /// <summary>Asks, and insists on a refusal.</summary>
    public Refusal AskInVain<TAnswer>(PatientCommand<TAnswer> command)
    {
        var result = Ask(command);
        Assert.True(result.Refusal is not null, $"{command.GetType().Name} should have been refused.");
        return result.Refusal;
    }

    /// <summary>Asks, and insists that nothing was written.</summary>
    public TurnResult<TAnswer> AskQuietly<TAnswer>(PatientCommand<TAnswer> command)
    {
        var before = Events.Count;
        var result = Ask(command);
        Assert.Equal(before, Events.Count);
        return result;
    }

    public void Happened(params PatientEvent[] events)
    {
        foreach (var change in events)
        {
            Events.Add(change);
            State.Apply(change, new EventStamp(Events.Count, 3, 100 + Events.Count));
        }
    }

    /// <summary>The same record after a restart.</summary>
    public void Restart()
    {
        State = new PatientState();
        for (var i = 0; i < Events.Count; i++)
            State.Apply(Events[i], new EventStamp(i + 1, 3, 101 + i));
    }

    public void Pass(TimeSpan time) => Now += time;

    /// <summary>A submission by the hospital's system of a report that the hospital's doctor wrote, unless said otherwise.</summary>
    public SubmitDocument Submission(
        string name,
        ConfidentialityLabels labels = ConfidentialityLabels.None,
        string? replaces = null,
        string? twinOf = null,
        Actor? by = null,
        Actor? author = null,
        string type = "11502-2",
        string? content = null) =>
        new(
            DocumentId.Of(new Guid(++_documents, 7, 7, [1, 2, 3, 4, 5, 6, 7, 8])),
            Metadata(name, labels, author ?? Cast.HospitalDoctor, type),
            ContentOf(content ?? "content of " + name),
            by ?? Cast.HospitalSystem)
        {
            ClassCode = "10",
            Replaces = replaces is null ? null : Unique(replaces),
            TwinOf = twinOf is null ? null : Unique(twinOf),
        };

    /// <summary>Submits, and insists that it is accepted.</summary>
    public DocumentId Submit(
        string name,
        ConfidentialityLabels labels = ConfidentialityLabels.None,
        string? replaces = null,
        string? twinOf = null,
        Actor? by = null,
        Actor? author = null) =>
        Accept(Submission(name, labels, replaces, twinOf, by, author));

    public DocumentId Accept(SubmitDocument submission) =>
        Ask(submission).Value.DocumentId ?? throw new InvalidOperationException("It was only validated.");

    public TurnResult<WithdrawnDocument> Withdraw(string name, string? twinOf = null, Actor? by = null) =>
        Ask(new WithdrawDocument(
            Unique(name), twinOf is null ? null : Unique(twinOf), "by mistake", by ?? Cast.HospitalSystem));

    public TurnResult<DocumentView> Read(Actor by, DocumentId id, bool content = false, Entrance? entrance = null) =>
        Ask(new ReadDocument(id, null, content, by) { Entrance = entrance ?? Entrance.Normal });

    public TurnResult<DocumentPage> List(Actor by, params DocumentStatus[] statuses) =>
        Ask(new ListDocuments(new DocumentFilter { Statuses = statuses }, null, 50, by));

    public TurnResult<DocumentPage> ListRelevant(Actor by) =>
        Ask(new ListDocuments(new DocumentFilter { OnlyRelevant = true }, null, 50, by));

    public TurnResult<ChangePage> Changes(Actor by, long after = 0) => Ask(new ChangesSince(after, 200, by));

    public AccessPage Accesses() => Ask(new ListAccesses(null, null, null, 200)).Value;

    public TurnResult<ConsentChange> Permit(Actor professional, DateTimeOffset? end = null) =>
        Ask(new AuthorizeProfessional(HolderKind.Professional, professional.Id, null, end, ""));

    public TurnResult<ConsentChange> Permit(StructureId structure) =>
        Ask(new AuthorizeProfessional(HolderKind.Organization, structure.ToString(), null, null, ""));

    public TurnResult<ConsentChange> Revoke(Actor professional) =>
        Ask(new RevokeAuthorization(null, HolderKind.Professional, professional.Id, false));

    public TurnResult<ConsentChange> Deny(StructureId structure) =>
        Ask(new RevokeAuthorization(null, HolderKind.Organization, structure.ToString(), true));

    public TurnResult<ConsentChange> Block(Actor professional) =>
        Ask(new BlockProfessional(Cast.IdOf(professional)));

    public TurnResult<ConsentChange> Unblock(Actor professional) =>
        Ask(new UnblockProfessional(Cast.IdOf(professional)));

    public TurnResult<ConsentChange> Emergency(bool? regulation = null, bool? breakTheGlass = null, bool? masked = null) =>
        Ask(new SetEmergencyAccess(regulation, breakTheGlass, masked));

    public TurnResult<ConsentChange> Administrator(Actor professional, bool isAdministrator = true) =>
        Ask(new SetAdministrator(Cast.IdOf(professional), isAdministrator));

    public TurnResult<ConsentChange> Attending(Actor professional) =>
        Ask(new SetAttendingPhysician(Cast.IdOf(professional), Cast.Insurance));

    /// <summary>Health insurance records a minor's representative.</summary>
    public TurnResult<DelegateAnswer> Represent(string subject, DateTimeOffset born) =>
        Ask(new AddDelegate(subject, "", DelegationKind.LegalRepresentation, null, null, Cast.Insurance)
        {
            BirthDate = born.ToString("yyyyMMdd", CultureInfo.InvariantCulture),
        });

    public TurnResult<DelegateAnswer> Invite(
        string subject, DateTimeOffset? end = null, Actor? by = null, DelegationKind kind = DelegationKind.Caregiving) =>
        Ask(new AddDelegate(subject, "", kind, null, end, by ?? Actor.Patient));

    public TurnResult<DelegateAnswer> Accept(Actor by) => Ask(new AnswerDelegation(true, by));

    /// <summary>A caregiver who was invited and accepted.</summary>
    public TurnResult<DelegateAnswer> Help(string subject, DateTimeOffset? end = null)
    {
        Assert.Null(Invite(subject, end).Refusal);
        return Accept(Cast.Delegate(subject));
    }

    public TurnResult<DelegateAnswer> End(int number, Actor? by = null) => Ask(new RevokeDelegate(number, by ?? Actor.Patient));

    public IReadOnlyList<TracedAccess> AccessesOf(Actor by) =>
        Ask(new ListAccesses(null, null, null, 200) { By = by }).Value.Accesses;

    public TurnResult<ConsentChange> Close(bool deletionRequested = false) =>
        Ask(new CloseRecord("no longer wanted", deletionRequested));

    public IReadOnlyList<bool> MayKnow(Actor professional, params DocumentId[] documents) =>
        Ask(new MayKnow(PatientState.ReaderOf(professional), documents)).Value;

    public static UniqueId Unique(string name) =>
        UniqueId.Parse("2.25.1^" + name.Replace(' ', '-'));

    public static DocumentContent ContentOf(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return new DocumentContent(Sha256.Of(bytes), bytes);
    }

    public DocumentMetadata Metadata(string name, ConfidentialityLabels labels, Actor author, string type) => new()
    {
        UniqueId = Unique(name),
        Title = name,
        TypeCode = type,
        MimeType = "text/xml",
        CreatedAt = Now.AddHours(-1),
        Authors = [AuthorOf(author)],
        Confidentiality = labels,
    };

    public static Author AuthorOf(Actor author) => new(
        author.Id,
        author.Name ?? "",
        author.Structure.ToString(),
        string.Create(CultureInfo.InvariantCulture, $"Structure {author.Structure}"),
        "",
        "G15_10/SM26",
        AuthorKind.Professional);
}
