using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Tests.Records;
using static HealthGrains.Domain.Documents.ConfidentialityLabels;

namespace HealthGrains.Domain.Tests.Properties;

/// <summary>A record as somebody would write it in an afternoon: lists, loops and the sentences of the rules. It is slow
/// and knows no events; what it answers is what the record has to answer.</summary>
internal sealed class NaiveRecord
{
    public sealed record Paper(SubmitMove As, int Number)
    {
        public string? ReplacedBy { get; set; }

        public bool Withdrawn { get; set; }

        public bool Sealed { get; set; }

        public string? Twin { get; set; }

        public bool InForce => ReplacedBy is null && !Withdrawn;

        public ConfidentialityLabels Covered { get; set; }

        public ConfidentialityLabels Now { get; set; } = As.Labels;

        public int Withheld { get; set; }

        public DateTimeOffset? ShownAt { get; set; }

        public int WithheldFromDelegates { get; set; }

        public bool ToldOf { get; set; }

        public bool DelegatesToldOf { get; set; }

        public bool HiddenFromDelegates => Hidden || Secret;

        public bool Secret => (Now | Covered).HasFlag(HiddenFromRepresentatives);

        public bool Hidden => (Now | Covered).HasFlag(HiddenFromPatient);

        public bool Masked => (Now | Covered).HasFlag(MaskedFromProfessionals);
    }

    public sealed record Word(string Holder, bool Permit, DateTimeOffset Start, DateTimeOffset? End)
    {
        public bool Revoked { get; set; }

        public bool Admin { get; set; }

        public DateTimeOffset? AdminUntil { get; set; }

        public bool AdminAt(DateTimeOffset now) => Admin && !(AdminUntil <= now);

        public bool Lasts(DateTimeOffset now) => !Revoked && !(End <= now);

        public bool Holds(DateTimeOffset now) => Lasts(now) && Start <= now;
    }

    public sealed record Helper(
        int Number, string Subject, DelegationKind Kind, DateTimeOffset? End, DateTimeOffset AnswerBefore, Actor AddedBy)
    {
        public bool? Said { get; set; }

        public bool Over { get; set; }
    }

    private readonly List<Helper> _helpers = [];
    private readonly Dictionary<string, DateOnly> _delegatesToldOn = [];
    private string? _born;
    private string? _familyDoctor;
    private int _parentNews;
    private int _carerNews;
    private int _delegateTraces;
    private readonly List<Word> _words = [];
    private readonly HashSet<string> _blocked = [];
    private readonly Dictionary<string, Actor> _followers = [];
    private readonly Dictionary<string, DateOnly> _toldOn = [];
    private readonly Dictionary<(Actor, AccessMode), (DateTimeOffset Until, bool Told, bool DelegatesTold)> _emergencies = [];
    private DateTimeOffset? _comesOfAgeAt;
    private bool _traitsKnown;
    private DateTimeOffset? _destroyAt;
    private DateTimeOffset? _tracesAt;
    private DateTimeOffset _closedAt;
    private bool _masksFuture;
    private bool _flagsAreSet;
    private bool _samuMay = true;
    private bool _glassMay = true;
    private bool _maskedToo;
    private DateTimeOffset? _flagsUntil;
    private DateTimeOffset? _noticeAt;
    private bool _noticed;
    private DateTimeOffset? _opensAt;
    private string _state = "absent";
    private bool _deletion;
    private int _patientNews;
    private int _professionalNews;
    private int _patientTraces;

    public DateTimeOffset Now { get; set; }

    public List<Paper> Papers { get; } = [];

    /// <summary>The answer in words, as <see cref="RealRecord"/> gives it.</summary>
    public string Play(Move move) => move switch
    {
        SubmitMove submit => Submit(submit),
        LabelsMove labels => Labels(labels),
        WithdrawMove withdraw => Withdraw(withdraw),
        PermitMove permit => Side(permit.By, andChangeMore: true) ?? Permit(permit),
        RevokeMove revoke => NotMine() ?? Revoke(revoke),
        BlockMove block => BlockBy(block),
        UnblockMove unblock => NotMine() ?? (_blocked.Remove(unblock.Professional.ToString()) ? "ok" : "again"),
        EmergencyMove flags => Side(flags.By, andChangeMore: true) ?? Flags(flags),
        OpenMove open => Barred(open.By) ?? Open(),
        CloseMove close => Barred(close.By) ?? Close(close),
        FollowMove follow => Follow(follow.By),
        UnfollowMove unfollow => _followers.Remove(unfollow.By.Id) ? "ok" : "again",
        GetRecordMove get => Get(get),
        ListMove list => List(list),
        ReadMove read => Read(read),
        ChangesMove changes => Changes(changes.By, changes.Entrance),
        DutiesMove => Duties(),
        MaskMove mask => NotMine() ?? Mask(mask),
        AdministratorMove admin => Side(admin.By, andChangeMore: true) ?? Administrator(admin),
        FamilyDoctorMove doctor => FamilyDoctor(doctor.Professional?.ToString()),
        DelegateMove add => Add(add),
        AnswerMove answer => Answer(answer),
        EndDelegateMove end => End(end),
        AnnounceMove => Announce(),
        AccessesMove accesses => Accesses(accesses.By),
        ConsentsMove consents => Consents(consents.By),
        MayKnowMove may => MayKnow(may),
        PassMove pass => Pass(pass),
        _ => throw new ArgumentOutOfRangeException(nameof(move)),
    };

    public bool MayRead(Actor reader) => MayNot(reader) is null;

    /// <summary>What the reader may see, whatever its status but withdrawn.</summary>
    public bool Sees(Actor by, Paper paper) => !paper.Sealed && !paper.Withdrawn
        && (by.Kind == ActorKind.Patient ? !paper.Hidden
            : by.Kind == ActorKind.Delegate ? !paper.HiddenFromDelegates
            : IsOwn(by, paper) || ((!paper.Masked || Trusted(by)) && Habilitated(by, paper)));

    // The declared family doctor, and whom a permit makes administrator, read what is masked.
    private bool Trusted(Actor by) => by.Id == _familyDoctor || IsAdministrator(by.Id);

    private bool IsAdministrator(string id) => _words.Exists(word => word.AdminAt(Now) && word.Permit && word.Holder == id && word.Holds(Now));

    private DateTimeOffset? Adult => _born is null
        ? null
        : new DateTimeOffset(
            int.Parse(_born.AsSpan(0, 4)) + 18, int.Parse(_born.AsSpan(4, 2)), int.Parse(_born.AsSpan(6, 2)), 0, 0, 0, TimeSpan.Zero);

    private string Status(Helper helper) =>
        helper.Said == false ? "Refused"
        : helper.Over ? "Revoked"
        : helper.End <= Now || (helper.Kind == DelegationKind.LegalRepresentation && !(Now < Adult))
            || (helper.AddedBy.Kind == ActorKind.Delegate && Adult <= Now) ? "Expired"
        : helper.Said == true ? "Accepted"
        : Now < helper.AnswerBefore ? "Pending" : "Expired";

    private static bool Is(Helper helper, Actor by) => helper.Subject == by.Id
        && by.Kind == (helper.Kind == DelegationKind.HealthcareProfessional ? ActorKind.Professional : ActorKind.Delegate);

    private Helper? Acting(Actor by) => _helpers.Find(helper => Is(helper, by) && Status(helper) == "Accepted");

    private string Tried(Actor by, string refusal)
    {
        if (by.Kind == ActorKind.Delegate)
            TracedDelegate();
        return refusal;
    }

    // Who is the person, or acts for the person; a parent may all, a caregiver reads and keeps documents.
    private string? SideMayNot(Actor by, bool andChangeMore = false)
    {
        if (by.Kind == ActorKind.Patient)
            return NotMine();
        if (Acting(by) is not { } helper)
            return "DELEGATION_FORBIDDEN";
        return NotMine() ?? (andChangeMore && helper.Kind == DelegationKind.Caregiving ? "DELEGATION_FORBIDDEN" : null);
    }

    private string? Barred(Actor by) =>
        by.Kind == ActorKind.Patient || Acting(by)?.Kind == DelegationKind.LegalRepresentation ? null : Strange(by);

    private string? Side(Actor by, bool andChangeMore = false) => SideMayNot(by, andChangeMore) is not { } no ? null
        : by.Kind == ActorKind.Delegate ? Strange(by, no)
        : no;

    // Who looks in the person's name leaves a trace, of the next page.
    private string Accesses(Actor by)
    {
        if (Side(by) is { } refusal)
            return refusal;
        var shown = by.Kind == ActorKind.Patient ? _patientTraces : _delegateTraces;
        if (by.Kind == ActorKind.Delegate)
            TracedDelegate();
        return $"ok {shown}";
    }

    private string Consents(Actor by)
    {
        if (Side(by) is { } refusal)
            return refusal;
        if (by.Kind == ActorKind.Delegate)
            TracedDelegate();
        return $"ok {_words.Count(word => word.Lasts(Now))} {_blocked.Count}";
    }

    // An emergency that was let in sees what is masked only if the patient said so.
    private bool SeesSo(Actor by, Paper paper, Entrance how) => Sees(by, paper)
        || (Urgent(by, how) && MaskedToo && !paper.Sealed && !paper.Withdrawn && Habilitated(by, paper));

    private static bool Urgent(Actor by, Entrance how) =>
        by.Kind == ActorKind.Professional && how.Mode != AccessMode.Normal;

    /// <summary>What the professional may see, or could until it went.</summary>
    public static bool MightSee(Actor by, Paper paper) => IsOwn(by, paper) || (!paper.Masked && Habilitated(by, paper));

    // What the table of professions says of the few types and hats of this world.
    private static bool Habilitated(Actor by, Paper paper) =>
        !(by.Profession.Code == "60" && paper.As.Type == "68599-0");

    private static bool IsOwn(Actor by, Paper paper) => by.Id == paper.As.Author.Id || by.Id == paper.As.By.Id;

    private static bool Manages(Actor by, Paper paper)
    {
        StructureId[] speaksFor = [by.Structure, by.OnBehalfOf];
        var depositor = paper.As.By;
        var inTheNameOf = depositor.OnBehalfOf.IsNone ? depositor.Structure : depositor.OnBehalfOf;
        return speaksFor.Any(structure => !structure.IsNone && structure == paper.As.Author.Structure)
            || (depositor.Kind == ActorKind.Facility && speaksFor.Any(structure => structure == inTheNameOf))
            || (by.Kind == ActorKind.Professional && by.Id == paper.As.Author.Id);
    }

    private Paper? Find(string? name) => Papers.Find(paper => paper.As.Name == name);

    private Paper? TwinOf(Paper paper) =>
        Papers.Find(other => other.As.Name == paper.Twin && other.Twin == paper.As.Name && !other.Sealed);

    private string BlockBy(BlockMove move)
    {
        var id = move.Professional.ToString();
        if (move.By.Kind != ActorKind.Professional)
            return Side(move.By, andChangeMore: true) ?? Block(id);
        if (_blocked.Contains(move.By.Id) || (Acting(move.By) is null && !IsAdministrator(move.By.Id)))
            return Strange(move.By, "CALLER_KIND_FORBIDDEN");
        return (NotMine() is { } no ? Strange(move.By, no) : null) ?? (move.By.Id == id ? "METADATA_INVALID" : Block(id));
    }

    private string Administrator(AdministratorMove move)
    {
        var permits = _words.Where(word => word.Permit && word.Holder == move.Professional.ToString() && word.Lasts(Now)).ToList();
        if (move.Is && permits.Count == 0)
            return "CONSENT_REQUIRED";
        var changing = permits.FindAll(word => word.AdminAt(Now) != move.Is);
        changing.ForEach(word => (word.Admin, word.AdminUntil) = (move.Is, move.Is ? OthersEnd(move.By) : null));
        return changing.Count > 0 ? "ok" : "again";
    }

    // What somebody else says in a minor's name is good until the birthday.
    private DateTimeOffset? OthersEnd(Actor by) => by.Kind != ActorKind.Patient && Adult > Now ? Adult : null;

    // The parents are reminded thirty days before, once; the person on the day.
    private void ComesOfAge()
    {
        _comesOfAgeAt = Adult;
        var notice = Adult?.AddDays(-30);
        _noticeAt = _noticed ? null : notice < Now ? Now : notice;
    }

    private string FamilyDoctor(string? doctor)
    {
        if (_state == "destroyed")
            return "PATIENT_UNKNOWN";
        if (_state is "absent" or "announced" or "opposed")
            return "PATIENT_UNKNOWN";
        if (_state == "closed")
            return "RECORD_CLOSED";
        var again = _familyDoctor == doctor;
        _familyDoctor = doctor;
        if (!again)
            TracedDelegate();
        return again ? "again" : "ok";
    }

    private string Add(DelegateMove move)
    {
        var insured = move.By == Cast.Insurance;
        if (!insured && Side(move.By, andChangeMore: true) is { } refusal)
            return refusal;
        if (insured && _state == "closed")
            return "RECORD_CLOSED";
        if (insured && _state == "destroyed")
            return "PATIENT_UNKNOWN";
        if (insured && move.Kind != DelegationKind.LegalRepresentation)
            return "DELEGATION_FORBIDDEN";

        var known = _born;
        _born ??= move.Born.Length == 0 ? null : move.Born;
        var answer = AddKnowing(move, insured);
        if (!answer.StartsWith("ok", StringComparison.Ordinal))
            _born = known;
        else if (known is null && move.Born.Length > 0 && Adult > Now && _state is not ("absent" or "announced" or "opposed" or "destroyed"))
            ComesOfAge();
        return answer;
    }

    private string AddKnowing(DelegateMove move, bool insured)
    {
        if (move.Kind == DelegationKind.LegalRepresentation && !(Now < Adult))
            return "METADATA_INVALID";
        DateTimeOffset? end = move.EndHours is { } hours ? Now.AddHours(hours) : null;
        if (end <= Now)
            return "METADATA_INVALID";
        var acting = _helpers.Where(helper => Status(helper) is "Pending" or "Accepted").ToList();
        if (acting.Find(helper => helper.Subject == move.Subject) is { } earlier)
        {
            var confirmed = insured && earlier is { Kind: DelegationKind.LegalRepresentation, Said: null };
            if (!confirmed)
                return earlier.Kind == move.Kind && earlier.End == end ? "again " + Status(earlier) : "METADATA_INVALID";
            acting.Remove(earlier);
        }

        var places = move.Kind switch
        {
            DelegationKind.Caregiving => 3,
            DelegationKind.LegalRepresentation => 2,
            _ => 10,
        };
        if (acting.Count(helper => helper.Kind == move.Kind) >= places)
            return "OVERLOADED";
        foreach (var invited in _helpers.Where(helper => insured && helper.Subject == move.Subject && Status(helper) == "Pending"))
            invited.Over = true;
        _helpers.Add(new Helper(_helpers.Count + 1, move.Subject, move.Kind, end, Now.AddDays(30), move.By) { Said = insured ? true : null });
        TellOf(_helpers[^1]);
        TracedSupport(move.By);
        return "ok " + Status(_helpers[^1]);
    }

    private void TellOf(Helper helper)
    {
        var told = helper.Kind == DelegationKind.Caregiving ? 1 : 0;
        (_patientNews, _parentNews) = (_patientNews + told, _parentNews + told);
    }

    private string Answer(AnswerMove move)
    {
        if (_helpers.FindLast(helper => Is(helper, move.By)) is not { } invited)
            return "DELEGATION_FORBIDDEN";
        var status = Status(invited);
        if (status == (move.Accept ? "Accepted" : "Refused"))
            return "again " + status;
        if (status != "Pending")
            return "DELEGATION_FORBIDDEN";
        if (move.Accept && _state == "closed")
            return "RECORD_CLOSED";
        invited.Said = move.Accept;
        TellOf(invited);
        return "ok " + Status(invited);
    }

    private string End(EndDelegateMove move)
    {
        var helper = _helpers.ElementAtOrDefault(move.Number - 1);
        var own = helper is not null && Is(helper, move.By);
        var insured = move.By == Cast.Insurance;
        if (!own && !insured)
        {
            if (move.By.Kind == ActorKind.Professional)
            {
                return Strange(move.By, _blocked.Contains(move.By.Id) || Acting(move.By) is null
                    ? "CALLER_KIND_FORBIDDEN"
                    : NotMine() ?? "DELEGATION_FORBIDDEN");
            }

            if (Side(move.By, andChangeMore: true) is { } refusal)
                return refusal;
        }

        if (helper is null || (insured && helper.Kind != DelegationKind.LegalRepresentation))
            return "TARGET_NOT_FOUND";
        var status = Status(helper);
        if (status is not ("Pending" or "Accepted"))
            return "again " + status;
        var invitedByCaller = status == "Pending" && helper.AddedBy == move.By;
        if (!own && !insured && helper.Kind == DelegationKind.LegalRepresentation && !invitedByCaller)
            return "DELEGATION_FORBIDDEN";
        if (own && status == "Pending")
            helper.Said = false;
        else
            helper.Over = true;
        TellOf(helper);
        TracedSupport(move.By);
        return "ok " + Status(helper);
    }

    private void TracedSupport(Actor by)
    {
        if (by == Cast.Insurance && _state is not ("absent" or "announced" or "opposed" or "destroyed"))
            TracedDelegate();
    }

    // What a professional did, or tried, as each side is shown it. A single paper that a side may not know of is told later.
    private (bool Patient, bool Delegates) Traced(Paper? single, string answer, Entrance how)
    {
        var speaks = answer is "ok" or "MATRIX_DENIED";
        var urgent = how.Mode != AccessMode.Normal && answer == "ok";
        var patient = !(speaks && single is { Hidden: true } && !urgent);
        var delegates = !(speaks && single is { HiddenFromDelegates: true } && (!urgent || single.Secret));
        _patientTraces += patient ? 1 : 0;
        if (!patient)
            single!.Withheld++;
        if (how.IsSecret && !(Adult <= Now))
            return (patient, false);
        _delegateTraces += delegates ? 1 : 0;
        if (!delegates)
            single!.WithheldFromDelegates++;
        return (patient, delegates);
    }

    private void TracedDelegate() => (_patientTraces, _delegateTraces) = (_patientTraces + 1, _delegateTraces + 1);

    private string? MayNot(Actor reader, Entrance? how = null)
    {
        if (_state is "absent" or "announced" or "opposed" or "destroyed")
            return "PATIENT_UNKNOWN";
        if (_state == "closed")
            return "RECORD_CLOSED";
        if (_blocked.Contains(reader.Id))
            return "ACCESS_BLOCKED";
        if (how is { Mode: AccessMode.RegulationCentre, IsRegulation: false })
            return "REGULATION_ROLE_REQUIRED";
        if (how is { Mode: not AccessMode.Normal, Reason: "" })
            return "EMERGENCY_REASON_REQUIRED";
        if (how?.Mode == AccessMode.Emergency)
            return _glassMay ? null : "EMERGENCY_REFUSED";
        if (how?.Mode == AccessMode.RegulationCentre)
            return _samuMay ? null : "EMERGENCY_REFUSED";
        var words = _words.Where(word =>
            word.Holds(Now) && (word.Holder == reader.Id || word.Holder == reader.Structure.ToString())).ToList();
        if (words.Exists(word => !word.Permit))
            return "ACCESS_DENIED";
        return words.Count == 0 ? "CONSENT_REQUIRED" : null;
    }

    private string? NotMine() => _state switch
    {
        "active" => null,
        "open" => "RECORD_NOT_ACTIVATED",
        "closed" => "RECORD_CLOSED",
        _ => "PATIENT_UNKNOWN",
    };

    private string Submit(SubmitMove move)
    {
        if (Find(move.Name) is { } earlier)
            return earlier.As.Content == move.Content ? "again" : "UNIQUEID_REUSED";
        var keepsMask = !move.LabelsOnly && Find(move.Replaces) is { Masked: true, Sealed: false };
        if ((_masksFuture || keepsMask) && !move.Labels.HasFlag(HiddenFromPatient))
            move = move with { Labels = move.Labels | MaskedFromProfessionals };
        if (_state is "announced" or "opposed" or "destroyed")
            return "PATIENT_UNKNOWN";
        if (_state == "closed")
            return "RECORD_CLOSED";
        if (move.Opposed)
            return "FEEDING_OPPOSED";
        if (move.Labels.HasFlag(HiddenFromPatient) && move.Labels.HasFlag(MaskedFromProfessionals))
            return "LABEL_COMBINATION";
        if (move.Labels.HasFlag(HiddenFromRepresentatives) && Adult <= Now)
            return "LABEL_COMBINATION";
        if (WrongTwin(move) is { } wrong)
            return wrong;

        var old = Find(move.Replaces);
        if (move.Replaces is not null && WrongTarget(move, old) is { } refused)
            return refused;

        var labelsOnly = move.LabelsOnly && move.Body is not null && old?.As.Body == move.Body;
        var paper = new Paper(move, Papers.Count + 1) { Twin = move.TwinOf };
        var tellsPatient = !paper.Hidden && (old is null || old.Hidden || !labelsOnly);
        var tellsDelegates = !paper.HiddenFromDelegates && (old is null || old.HiddenFromDelegates || !labelsOnly);
        var tellsProfessionals = !paper.Masked && (old is null || old.Masked || !labelsOnly);
        var told = tellsProfessionals ? Told(paper) : "";
        if (move.ValidateOnly)
            return "valid";

        if (_state == "absent" && Adult > Now)
            ComesOfAge();
        _state = _state == "absent" ? "open" : _state;
        if (paper.Twin is null
            && Papers.FindLast(first => first.As.TwinOf == move.Name) is { } first
            && first.Twin == move.Name
            && Manages(move.By, first))
        {
            paper.Twin = first.As.Name;
        }

        paper.ToldOf = tellsProfessionals;
        paper.DelegatesToldOf = tellsDelegates;
        _born ??= move.Body is null ? null : move.Born;
        if (!_traitsKnown && move.Body is not null && Adult > Now)
            ComesOfAge();
        _traitsKnown |= move.Body is not null;
        var adds = old is null ? None : move.Labels & ~(old.Now | old.Covered);
        for (var older = labelsOnly ? old : null; older is not null; older = Find(older.As.Replaces))
            Cover(older, adds);
        paper.ShownAt = paper.Hidden ? Now + RealRecord.HiddenMax : null;
        Papers.Add(paper);
        if (Find(paper.Twin) is { } twin)
            twin.Twin = move.Name;
        if (old is not null)
            old.ReplacedBy = move.Name;
        _patientNews += tellsPatient ? 1 : 0;
        TellDelegates(tellsDelegates);
        _professionalNews += tellsProfessionals ? 1 : 0;
        return "ok" + told;
    }

    private string? WrongTwin(SubmitMove move)
    {
        if (move.TwinOf == move.Name)
            return "METADATA_INVALID";
        if (Find(move.TwinOf) is not { } twin)
            return null;
        if (!Manages(move.By, twin))
            return "NOT_AUTHOR";
        return TwinOf(twin) is { InForce: true } ? "TWIN_MISSING" : null;
    }

    private string? WrongTarget(SubmitMove move, Paper? old)
    {
        if (move.Replaces == move.Name)
            return "METADATA_INVALID";
        if (old is null || old.Sealed || old.Withdrawn)
            return "TARGET_NOT_FOUND";
        if (!Manages(move.By, old))
            return "NOT_AUTHOR";
        if (old.ReplacedBy is not null)
            return "STALE_VERSION";
        if (old.As.Type != move.Type)
            return "METADATA_INVALID";
        return TwinOf(old) is { InForce: true } twin && (move.TwinOf is null || move.TwinOf == twin.As.Name)
            ? "TWIN_MISSING"
            : null;
    }

    private string Labels(LabelsMove move)
    {
        var paper = Find(move.Name);
        var isSide = move.By.Kind != ActorKind.Professional;
        if (isSide && Refused(move.By) is { } notMine)
            return notMine;
        if (isSide && (paper is null || !Sees(move.By, paper)))
            return Tried(move.By, "DOCUMENT_NOT_FOUND");
        if (!isSide && MayNot(move.By) is { } refusal
            && !(refusal is "CONSENT_REQUIRED" or "ACCESS_DENIED" && paper is { Sealed: false } && IsOwn(move.By, paper)))
        {
            return Refused(move.By) ?? refusal;
        }

        if (paper is null || !Sees(move.By, paper))
        {
            var denied = paper is { Sealed: false, Withdrawn: false } && (!paper.Masked || Trusted(move.By));
            var no = denied ? "MATRIX_DENIED" : "DOCUMENT_NOT_FOUND";
            Traced(paper, no, Entrance.Normal);
            return no;
        }

        var was = paper.Now | paper.Covered;
        if (isSide && (was ^ move.Labels) is not (None or MaskedFromProfessionals))
            return Tried(move.By, "CALLER_KIND_FORBIDDEN");
        var told = "";

        // What is announced is masked, if the patient wants what comes to be.
        var announced = !isSide && was.HasFlag(HiddenFromPatient) && !move.Labels.HasFlag(HiddenFromPatient);
        var labels = move.Labels | (announced && _masksFuture ? MaskedFromProfessionals : None);
        if (was != labels)
        {
            if (labels.HasFlag(HiddenFromPatient) && labels.HasFlag(MaskedFromProfessionals))
                return "LABEL_COMBINATION";
            if ((labels & ~was).HasFlag(HiddenFromRepresentatives) && Adult <= Now)
                return "LABEL_COMBINATION";
            if (move.Stale)
                return "STALE_VERSION";
            var (hidden, fromDelegates) = (paper.Hidden, paper.HiddenFromDelegates);
            (paper.Now, paper.Covered) = (labels, None);
            paper.ShownAt = !paper.Hidden ? null : was.HasFlag(HiddenFromPatient) ? paper.ShownAt : Now + RealRecord.HiddenMax;
            for (var older = (labels & ~was) == None ? null : Find(paper.As.Replaces); older is not null; older = Find(older.As.Replaces))
                Cover(older, labels & ~was);
            var unmasked = paper.InForce && was.HasFlag(MaskedFromProfessionals) && !paper.Masked;
            _professionalNews += unmasked ? 1 : 0;
            paper.ToldOf |= unmasked;
            told = unmasked ? Told(paper) : "";
            _patientNews += paper.InForce && hidden && !paper.Hidden ? 1 : 0;
            var appears = paper.InForce && fromDelegates && !paper.HiddenFromDelegates;
            TellDelegates(appears);
            paper.DelegatesToldOf |= appears;
            if (!paper.Hidden)
                (_patientTraces, paper.Withheld) = (_patientTraces + paper.Withheld, 0);
            if (!paper.HiddenFromDelegates)
                (_delegateTraces, paper.WithheldFromDelegates) = (_delegateTraces + paper.WithheldFromDelegates, 0);
        }

        if (move.By.Kind == ActorKind.Delegate)
            TracedDelegate();
        else if (!isSide)
            TracedRead(move.By, Entrance.Normal, paper);
        return "ok" + told;
    }

    private string Withdraw(WithdrawMove move)
    {
        if (_state is "absent" or "announced" or "opposed" or "destroyed")
            return "PATIENT_UNKNOWN";
        var paper = Find(move.Name);
        if (paper is { Withdrawn: true } && Manages(move.By, paper))
            return "again";
        if (_state == "closed")
            return "RECORD_CLOSED";
        if (paper is null || (paper.Sealed && !paper.Withdrawn))
            return "TARGET_NOT_FOUND";
        if (!Manages(move.By, paper))
            return "NOT_AUTHOR";
        if (paper.ReplacedBy is not null)
            return "STALE_VERSION";
        var twin = TwinOf(paper) is { InForce: true } other ? other : null;
        if (twin is not null && twin.As.Name != move.TwinOf)
            return "TWIN_MISSING";
        if (twin is not null && !Manages(move.By, twin))
            return "NOT_AUTHOR";

        var told = "";
        foreach (var gone in twin is null ? [paper] : new[] { paper, twin })
        {
            gone.Withdrawn = true;
            gone.ShownAt = null;
            gone.ToldOf |= !gone.Masked;
            gone.DelegatesToldOf |= !gone.HiddenFromDelegates;
            _patientNews += gone.Hidden ? 0 : 1;
            TellDelegates(!gone.HiddenFromDelegates);
            _professionalNews += gone.Masked ? 0 : 1;
            told += gone.Masked ? "" : Told(gone);
        }

        return "ok" + told;
    }

    private void TellDelegates(bool told) =>
        (_parentNews, _carerNews) = told ? (_parentNews + 1, _carerNews + 1) : (_parentNews, _carerNews);

    private string Told(Paper paper) => string.Concat(_followers.Values
        .Where(follower => MayRead(follower) && (Habilitated(follower, paper) || IsOwn(follower, paper)))
       .Select(follower => " " + follower.Id).Order(StringComparer.Ordinal));

    private string Permit(PermitMove move)
    {
        var start = Now.AddHours(move.StartHours ?? 0);
        DateTimeOffset? end = move.EndHours is { } hours ? Now.AddHours(hours) : null;
        if (OthersEnd(move.By) is { } adult && !(end < adult))
            end = adult;
        if (end <= start || end <= Now)
            return "METADATA_INVALID";
        if (!move.IsOrganization && _blocked.Contains(move.Holder))
            return "ACCESS_BLOCKED";
        var denials = _words.Where(word => word.Holder == move.Holder && !word.Permit && word.Lasts(Now) && !(word.End <= start)).ToList();
        if (denials.Count == 0 && move.StartHours is null
            && _words.Exists(word => word.Permit && word.Holder == move.Holder && word.Holds(Now) && word.End == end))
        {
            return "again";
        }

        denials.ForEach(denial => denial.Revoked = true);
        if (denials.Count > 0 && start > Now)
            _words.Add(new Word(move.Holder, false, Now, start));
        _words.Add(new Word(move.Holder, true, start, end));
        return "ok";
    }

    private string Revoke(RevokeMove move)
    {
        var named = move.Number is { } number ? _words.ElementAtOrDefault(number - 1) : null;
        if (move.Number is not null && named is null)
            return "TARGET_NOT_FOUND";
        var holder = named?.Holder ?? move.Holder;
        var isOrganization = Dice.Structures.Any(structure => structure.ToString() == holder);
        if (move.Deny && !isOrganization)
            return "METADATA_INVALID";

        var before = _words.Count(word => word.Revoked);
        foreach (var word in named is null ? _words.Where(word => word.Permit && word.Holder == holder) : [named])
            word.Revoked |= word.Lasts(Now) && !(move.Deny && !word.Permit);
        var changed = _words.Count(word => word.Revoked) != before;
        if (move.Deny && !_words.Exists(word => word.Holder == holder && !word.Permit && !word.Revoked && word.End is null))
        {
            _words.Add(new Word(holder, false, Now, null));
            changed = true;
        }

        return changed ? "ok" : "again";
    }

    private string Block(string professional)
    {
        if (!_blocked.Add(professional))
            return "again";
        foreach (var word in _words.Where(word => word.Permit && word.Holder == professional))
            word.Revoked = true;
        return "ok";
    }

    private string Flags(EmergencyMove move)
    {
        if (move is { Regulation: null, Glass: null, Masked: null })
            return "again";
        var until = OthersEnd(move.By);
        var said = (move.Regulation ?? _samuMay, move.Glass ?? _glassMay, move.Masked ?? MaskedToo);
        var again = _flagsAreSet && said == (_samuMay, _glassMay, _maskedToo) && until == _flagsUntil;
        ((_samuMay, _glassMay, _maskedToo), _flagsUntil) = (said, until);
        _flagsAreSet = true;
        return again ? "again" : "ok";
    }

    // By default what is masked is not shown: others may permit it until the person is of age.
    private bool MaskedToo => _maskedToo && !(_flagsUntil <= Now);

    private string Open()
    {
        if (_state == "active")
            return "again";
        if (_state == "destroyed")
            return "PATIENT_UNKNOWN";
        (_destroyAt, _opensAt) = (null, null);
        if (_state is "absent" or "announced" or "opposed" && Adult > Now)
            ComesOfAge();
        if (_state == "closed")
            Papers.ForEach(paper => paper.Sealed = true);
        _state = "active";
        _deletion = false;
        return "ok";
    }

    private string Announce()
    {
        if (_state is "opposed" or "destroyed")
            return "PATIENT_UNKNOWN";
        if (_state != "absent")
            return "again";
        (_state, _opensAt) = ("announced", Now.AddDays(42));
        return "ok";
    }

    private string Close(CloseMove move)
    {
        if (_state == "opposed" || (_state == "closed" && (_deletion || !move.DeletionRequested)))
            return "again";
        if (_state == "destroyed")
            return "PATIENT_UNKNOWN";
        if (_state is "open" or "active")
            EndWhatWasGiven();
        _closedAt = _state == "closed" ? _closedAt : Now;
        _state = _state is "absent" or "announced" ? "opposed" : "closed";
        _opensAt = null;
        _destroyAt = _state == "opposed" ? null : move.DeletionRequested ? Now : Now.AddYears(10);
        _deletion |= move.DeletionRequested;
        return "ok";
    }

    // Whoever was let in or helped is asked for anew after a closing; parents are not asked for, and refusals stay.
    private void EndWhatWasGiven()
    {
        foreach (var word in _words.Where(word => word.Permit && word.Lasts(Now)))
            word.Revoked = true;
        foreach (var helper in _helpers)
        {
            helper.Over |= helper.Kind != DelegationKind.LegalRepresentation && helper.Said != false && !(helper.End <= Now)
                && (helper.Said == true || Now < helper.AnswerBefore);
        }
    }

    private string Follow(Actor by)
    {
        if (Refused(by) is { } refusal)
            return refusal;
        if (_followers.TryGetValue(by.Id, out var known) && known == by)
            return "again";
        _followers[by.Id] = by;
        return "ok";
    }

    private string Get(GetRecordMove move)
    {
        var by = move.By;
        if (by.Kind == ActorKind.Delegate && Acting(by) is null)
            return Strange(by);
        if (_state is "absent" or "destroyed" || (_state is "announced" or "opposed" && by.Kind == ActorKind.Professional))
            return "PATIENT_UNKNOWN";
        if (by.Kind != ActorKind.Professional)
        {
            if (by.Kind == ActorKind.Delegate && _state is not ("announced" or "opposed"))
                TracedDelegate();
            return $"ok {(_state == "active" ? Papers.Count(paper => paper.InForce && Sees(by, paper)) : 0)} {NewsOf(by)}";
        }

        if (Urgent(by, move.Entrance) && Refused(by, move.Entrance) is { } refusal)
            return refusal;
        TracedRead(by, move.Entrance);
        return MayNot(by, move.Entrance) is null
            ? $"ok {Papers.Count(paper => paper.InForce && SeesSo(by, paper, move.Entrance))} {_professionalNews}"
            : "ok 0 0";
    }

    private int NewsOf(Actor by) => by.Kind == ActorKind.Patient ? _patientNews
        : Acting(by)?.Kind == DelegationKind.LegalRepresentation ? _parentNews
        : _carerNews;

    // Who was never anybody here leaves no trace; who was, does, where there is a record.
    private string Strange(Actor by, string refusal = "DELEGATION_FORBIDDEN")
    {
        if (_state is not ("absent" or "announced" or "opposed") && _helpers.Exists(helper => Is(helper, by)))
            TracedDelegate();
        return refusal;
    }

    private string List(ListMove move)
    {
        if (Refused(move.By, move.Entrance) is { } refusal)
            return refusal;
        var seen = Papers.Where(paper => SeesSo(move.By, paper, move.Entrance) && (move.All || paper.InForce)).ToList();
        var shown = seen.Where(paper => !move.Relevant || IsRelevant(move, paper)).ToList();
        if (move.By.Kind == ActorKind.Delegate)
            TracedDelegate();
        else if (move.By.Kind == ActorKind.Professional)
            TracedRead(move.By, move.Entrance);
        var names = string.Concat(shown.Select(paper => " " + paper.As.Name).Order(StringComparer.Ordinal));
        return $"ok{names} left out {seen.Count - shown.Count}";
    }

    private bool IsRelevant(ListMove move, Paper paper) => paper.InForce
        && (paper.As.Type == "11369-6" || paper.As.ActYears == 0)
        && !(TwinOf(paper) is { InForce: true } twin && twin.Number < paper.Number && SeesSo(move.By, twin, move.Entrance));

    private string Read(ReadMove move)
    {
        if (Refused(move.By, move.Entrance) is { } refusal)
            return refusal;
        var paper = Find(move.Name);
        var urgent = Urgent(move.By, move.Entrance);
        var seen = paper is not null && SeesSo(move.By, paper, move.Entrance);
        if (move.By.Kind != ActorKind.Professional)
        {
            if (move.By.Kind == ActorKind.Delegate)
                TracedDelegate();
            return seen ? "ok" : "DOCUMENT_NOT_FOUND";
        }

        if (!seen)
        {
            var denied = paper is { Sealed: false, Withdrawn: false }
                && (!paper.Masked || (urgent && MaskedToo) || Trusted(move.By));
            var no = denied ? "MATRIX_DENIED" : "DOCUMENT_NOT_FOUND";
            Traced(paper, no, move.Entrance);
            return no;
        }

        var (patient, delegates) = TracedRead(move.By, move.Entrance, paper);
        if (move.Content && !urgent)
        {
            _patientNews += patient ? 1 : 0;
            TellDelegates(delegates);
            paper!.DelegatesToldOf |= delegates;
        }

        return "ok";
    }

    private void Cover(Paper older, ConfidentialityLabels labels)
    {
        if (labels.HasFlag(HiddenFromPatient) && !older.Hidden && !older.Withdrawn)
            older.ShownAt = Now + RealRecord.HiddenMax;
        older.Covered |= labels;
    }

    private string Duties()
    {
        foreach (var paper in Papers.Where(paper => paper.ShownAt <= Now))
        {
            var told = paper is { InForce: true, Sealed: false };
            _patientNews += told ? 1 : 0;
            (paper.Now, paper.Covered) = ((paper.Now | paper.Covered) & ~HiddenFromPatient, None);
            paper.Now |= _masksFuture ? MaskedFromProfessionals : None;
            (_patientTraces, paper.Withheld, paper.ShownAt) = (_patientTraces + paper.Withheld, 0, null);
            if (paper.HiddenFromDelegates)
                continue;
            (_delegateTraces, paper.WithheldFromDelegates) = (_delegateTraces + paper.WithheldFromDelegates, 0);
            TellDelegates(told);
            paper.DelegatesToldOf |= told;
        }

        if (_opensAt <= Now)
        {
            if (Adult > Now)
                ComesOfAge();
            (_state, _opensAt) = ("open", null);
        }

        if (_noticeAt <= Now)
            (_parentNews, _noticeAt, _noticed) = (_parentNews + 1, null, true);
        if (_comesOfAgeAt <= Now)
            (_patientNews, _comesOfAgeAt) = (_patientNews + 1, null);

        if (_destroyAt <= Now)
        {
            (_state, _destroyAt, _tracesAt) = ("destroyed", null, _closedAt.AddYears(10));
            Papers.Clear();
            _followers.Clear();
            _helpers.Clear();
            (_born, _traitsKnown, _comesOfAgeAt, _noticeAt) = (null, false, null, null);
            _words.Clear();
        }

        if (_tracesAt <= Now)
            _tracesAt = null;
        var next = Papers.Select(paper => paper.ShownAt).Append(_destroyAt).Append(_tracesAt).Append(_comesOfAgeAt).Append(_noticeAt).Append(_opensAt).Min();
        return next is { } at ? $"ok {at:u}" : "ok";
    }

    private string Mask(MaskMove move)
    {
        _masksFuture = move.Future ?? _masksFuture;
        var words = "";
        var wanted = new List<Paper>();
        foreach (var name in move.Names?.Split(' ') ?? [])
        {
            var known = Find(name) is { } paper && Sees(Actor.Patient, paper) ? paper : null;
            words += known is null ? " DOCUMENT_NOT_FOUND" : " OK";
            if (known is not null && !wanted.Contains(known))
                wanted.Add(known);
        }

        if (move.Names is null)
            wanted.AddRange(Papers.Where(paper => Sees(Actor.Patient, paper)));
        var told = "";
        var before = wanted.Where(paper => paper.Masked != move.Masked)
            .Select(paper => (paper, Labels: paper.Now | paper.Covered)).ToList();
        foreach (var (paper, was) in before)
        {
            (paper.Now, paper.Covered) = (was ^ MaskedFromProfessionals, None);
            for (var older = move.Masked ? Find(paper.As.Replaces) : null; older is not null; older = Find(older.As.Replaces))
                Cover(older, MaskedFromProfessionals);
            if (move.Masked || !paper.InForce)
                continue;
            _professionalNews++;
            paper.ToldOf = true;
            told += Told(paper);
        }

        return "ok" + told + words;
    }

    private string Changes(Actor by, Entrance how)
    {
        if (by.Kind == ActorKind.Patient)
            return NotMine() ?? $"ok {_patientNews}";
        if (Refused(by, how) is { } refusal)
            return refusal;
        if (by.Kind == ActorKind.Delegate)
        {
            if (Papers.Exists(paper => paper is { DelegatesToldOf: true, Sealed: false, HiddenFromDelegates: false }))
                TracedDelegate();
            return $"ok {NewsOf(by)}";
        }

        var news = _professionalNews;
        if (Urgent(by, how) || Papers.Exists(paper => paper.ToldOf && MightKnow(by, paper)))
            TracedRead(by, how);
        return $"ok {news}";
    }

    private string MayKnow(MayKnowMove move) =>
        MayRead(move.Reader) && Find(move.Name) is { } paper && MightKnow(move.Reader, paper) ? "yes" : "no";

    // Of what went, who could see it; of what is there, who can.
    private bool MightKnow(Actor by, Paper paper) => !paper.Sealed && (paper.Withdrawn ? MightSee(by, paper) : Sees(by, paper));

    private string Pass(PassMove move)
    {
        Now = Now.AddHours(move.Hours);
        return "ok";
    }

    // A refusal is traced, unless there is no record to hold the trace.
    private string? Refused(Actor by, Entrance? how = null)
    {
        if (by.Kind == ActorKind.Patient)
            return NotMine();
        if (by.Kind == ActorKind.Delegate)
            return SideMayNot(by) is { } no ? Strange(by, no) : null;
        var refusal = MayNot(by, how);
        if (refusal is not (null or "PATIENT_UNKNOWN"))
            Traced(null, refusal, how ?? Entrance.Normal);
        return refusal;
    }

    private (bool Patient, bool Delegates) TracedRead(Actor by, Entrance? entrance = null, Paper? single = null)
    {
        var how = entrance ?? Entrance.Normal;
        var (patient, delegates) = Traced(single, "ok", how);
        if (Urgent(by, how))
        {
            // Once for each session and side.
            var (told, delegatesTold) = _emergencies.TryGetValue((by, how.Mode), out var session) && session.Until > Now
                ? (session.Told, session.DelegatesTold)
                : (false, false);
            var until = session.Until > Now ? session.Until : Now.AddHours(4);
            _patientNews += patient && !told ? 1 : 0;
            TellDelegates(delegates && !delegatesTold);
            _emergencies[(by, how.Mode)] = (until, told || patient, delegatesTold || delegates);
            return (patient, delegates);
        }

        var today = DateOnly.FromDateTime(Now.UtcDateTime);
        if (patient && _toldOn.GetValueOrDefault(by.Id) != today)
        {
            _toldOn[by.Id] = today;
            _patientNews++;
        }

        if (delegates && _delegatesToldOn.GetValueOrDefault(by.Id) != today)
        {
            _delegatesToldOn[by.Id] = today;
            TellDelegates(true);
        }

        return (patient, delegates);
    }
}
