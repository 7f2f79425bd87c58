using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Tests.Properties;

/// <summary>The record itself, played with the same moves as <see cref="NaiveRecord"/>.</summary>
internal sealed class RealRecord
{
    private int _documents;
    private int _before;

    /// <summary>As <see cref="TestRecord.DocumentsFrom"/>.</summary>
    public int DocumentsFrom
    {
        init => _documents = value;
    }

    public static readonly TimeSpan HiddenMax = TimeSpan.FromHours(48);

    public TestRecord Record { get; } = new()
    {
        Policy = DomainPolicy.Default with { InvisiblePatientMax = HiddenMax },
    };

    /// <summary>The events of the last move.</summary>
    public IReadOnlyList<PatientEvent> Written { get; private set; } = [];

    /// <summary>The answer in words.</summary>
    public string Play(Move move)
    {
        _before = Record.Events.Count;
        var answer = Ask(move);
        Written = Record.Events.GetRange(_before, Record.Events.Count - _before);
        return answer;
    }

    private string Ask(Move move) => move switch
    {
        SubmitMove submit => Words(Record.Ask(Command(submit)), Receipt),
        WithdrawMove withdraw => Words(
            Record.Ask(new WithdrawDocument(
                TestRecord.Unique(withdraw.Name), Unique(withdraw.TwinOf), "why", withdraw.By)),
            answer => answer.AlreadyWithdrawn ? "again" : "ok" + Told()),
        LabelsMove labels => Words(Record.Ask(Command(labels)), _ => "ok" + Told()),
        PermitMove permit => Words(
            Record.Ask(new AuthorizeProfessional(
                Kind(permit.IsOrganization), permit.Holder, Hours(permit.StartHours), Hours(permit.EndHours), "") { By = permit.By }),
            Changed),
        RevokeMove revoke => Words(
            Record.Ask(new RevokeAuthorization(
                revoke.Number, Kind(revoke.IsOrganization), revoke.Number is null ? revoke.Holder : null, revoke.Deny)),
            Changed),
        BlockMove block => Words(Record.Ask(new BlockProfessional(block.Professional) { By = block.By }), Changed),
        UnblockMove unblock => Words(Record.Ask(new UnblockProfessional(unblock.Professional)), Changed),
        EmergencyMove flags => Words(
            Record.Ask(new SetEmergencyAccess(flags.Regulation, flags.Glass, flags.Masked) { By = flags.By }), Changed),
        OpenMove open => Words(Record.Ask(new OpenRecord { By = open.By }), Changed),
        CloseMove close => Words(Record.Ask(new CloseRecord("why", close.DeletionRequested) { By = close.By }), Changed),
        FollowMove follow => Words(Record.Ask(new FollowPatient(follow.By)), Followed),
        UnfollowMove unfollow => Words(Record.Ask(new UnfollowPatient(unfollow.By)), Followed),
        GetRecordMove get => Words(Record.Ask(new GetRecord(get.By) { Entrance = get.Entrance }), view => $"ok {view.Documents} {view.Sequence}"),
        ListMove list => Words(
            Record.Ask(new ListDocuments(Filter(list), null, 200, list.By) { Entrance = list.Entrance }),
            page => $"ok{Names(page)} left out {page.LeftOut}"),
        ReadMove read => Words(
            Record.Ask(new ReadDocument(null, TestRecord.Unique(read.Name), read.Content, read.By) { Entrance = read.Entrance }), _ => "ok"),
        ChangesMove changes => Words(
            Record.Ask(new ChangesSince(0, 200, changes.By) { Entrance = changes.Entrance }), page => $"ok {page.Last}"),
        DutiesMove => Duties(),
        MaskMove mask => Words(
            Record.Ask(new SetMasking(mask.Masked, Targets(mask.Names), mask.Future)),
            change => "ok" + Told() + string.Concat(change.Outcomes.Select(one => " " + (one.Refusal?.Name ?? "OK")))),
        AdministratorMove admin => Words(Record.Ask(new SetAdministrator(admin.Professional, admin.Is) { By = admin.By }), Changed),
        FamilyDoctorMove doctor => Words(Record.Ask(new SetAttendingPhysician(doctor.Professional, Cast.Insurance)), Changed),
        DelegateMove add => Words(
            Record.Ask(new AddDelegate(add.Subject, "", add.Kind, null, Hours(add.EndHours), add.By) { BirthDate = add.Born }),
            Delegated),
        AnswerMove answer => Words(Record.Ask(new AnswerDelegation(answer.Accept, answer.By)), Delegated),
        EndDelegateMove end => Words(Record.Ask(new RevokeDelegate(end.Number, end.By)), Delegated),
        AccessesMove accesses => Words(
            Record.Ask(new ListAccesses(null, null, null, 10_000) { By = accesses.By }), page => $"ok {page.Accesses.Count}"),
        AnnounceMove => Words(Record.Ask(new AnnounceRecord(Cast.Insurance)), answer => answer.AlreadySo ? "again" : "ok"),
        ConsentsMove consents => Words(
            Record.Ask(new GetConsents(false) { By = consents.By }), view => $"ok {view.Authorizations.Count} {view.Blocked.Count}"),
        MayKnowMove may => MayKnow(may),
        PassMove pass => Pass(pass),
        _ => throw new ArgumentOutOfRangeException(nameof(move)),
    };

    // Until nothing is due, as whoever works by the clock asks.
    private string Duties()
    {
        while (true)
        {
            var done = Record.Ask(new PerformDuties()).Value;
            if (done.ErasesContents)
                Record.Ask(new ConfirmErasure(1));
            else if (done.Events == 0)
                return done.Next is { } next ? $"ok {next:u}" : "ok";
        }
    }

    private IReadOnlyList<MaskingTarget>? Targets(string? names) => names is null
        ? null
        : [.. names.Split(' ').Select(name => new MaskingTarget(
            Record.State.Index.Find(TestRecord.Unique(name))?.Id ?? DocumentId.Of(Guid.AllBitsSet), null))];

    private static string Words<T>(TurnResult<T> result, Func<T, string> words) =>
        result.Refusal?.Name ?? words(result.Value);

    private static string Changed(ConsentChange change) => change.AlreadySo ? "again" : "ok";

    private static string Delegated(DelegateAnswer answer) => (answer.AlreadySo ? "again " : "ok ") + answer.Status;

    private static string Followed(FollowAnswer answer) => answer.AlreadySo ? "again" : "ok";

    private static string Names(DocumentPage page) => string.Concat(
        page.Documents.Select(view => " " + view.Entry.Metadata.Title).Order(StringComparer.Ordinal));

    private static HolderKind Kind(bool isOrganization) =>
        isOrganization ? HolderKind.Organization : HolderKind.Professional;

    private static UniqueId? Unique(string? name) => name is null ? null : TestRecord.Unique(name);

    private static DocumentFilter Filter(ListMove list) => new()
    {
        Statuses = list.All ? Enum.GetValues<DocumentStatus>() : [],
        OnlyRelevant = list.Relevant,
    };

    private string Receipt(SubmissionReceipt receipt) =>
        receipt.AlreadyKnown ? "again" : receipt.DocumentId is null ? "valid" : "ok" + Told();

    private string Told() => string.Concat(
        Record.Events.Skip(_before).SelectMany(change => (change switch
        {
            DocumentSubmitted submitted => submitted.Recipients,
            DocumentWithdrawn withdrawn => withdrawn.Recipients,
            ConfidentialityChanged labels => labels.Recipients,
            _ => [],
        }).Select(id => " " + id).Order(StringComparer.Ordinal)));

    private DateTimeOffset? Hours(int? hours) => hours is { } h ? Record.Now.AddHours(h) : null;

    private SetConfidentiality Command(LabelsMove move)
    {
        var entry = Record.State.Index.Find(TestRecord.Unique(move.Name));
        return new SetConfidentiality(
            entry?.Id ?? DocumentId.Of(Guid.AllBitsSet), (entry?.EntryVersion ?? 1) + (move.Stale ? 1 : 0), move.Labels, move.By);
    }

    private SubmitDocument Command(SubmitMove move)
    {
        var metadata = Record.Metadata(move.Name, move.Labels, move.Author, move.Type);
        return new SubmitDocument(
            DocumentId.Of(new Guid(++_documents, 9, 9, [9, 9, 9, 9, 9, 9, 9, 9])),
            metadata with { ServiceStart = move.ActYears == 0 ? null : Record.Now.AddYears(move.ActYears) },
            TestRecord.ContentOf(move.Content),
            move.By)
        {
            ClassCode = "10",
            BodySha256 = move.Body is null ? null : TestRecord.ContentOf(move.Body).Sha256,
            Replaces = Unique(move.Replaces),
            TwinOf = Unique(move.TwinOf),
            Change = move.LabelsOnly ? ChangeKind.ConfidentialityOnly : ChangeKind.Content,
            Feeding = move.Opposed ? FeedingOpposition.Opposed : FeedingOpposition.NotOpposed,
            Problem = LabelRules.Check(move.Labels, false, Record.Policy),
            ValidateOnly = move.ValidateOnly,
            Traits = move.Body is null ? null : new PatientTraits("Test", move.Name, "F", move.Born),
        };
    }

    private string MayKnow(MayKnowMove move)
    {
        var id = Record.State.Index.Find(TestRecord.Unique(move.Name))?.Id ?? DocumentId.Of(Guid.AllBitsSet);
        return Record.MayKnow(move.Reader, id)[0] ? "yes" : "no";
    }

    private string Pass(PassMove move)
    {
        Record.Pass(TimeSpan.FromHours(move.Hours));
        return "ok";
    }
}
