using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
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

        public bool ToldOf { get; set; }

        public bool Hidden => (Now | Covered).HasFlag(HiddenFromPatient);

        public bool Masked => (Now | Covered).HasFlag(MaskedFromProfessionals);
    }

    public sealed record Word(string Holder, bool Permit, DateTimeOffset Start, DateTimeOffset? End)
    {
        public bool Revoked { get; set; }

        public bool Lasts(DateTimeOffset now) => !Revoked && !(End <= now);

        public bool Holds(DateTimeOffset now) => Lasts(now) && Start <= now;
    }

    private readonly List<Word> _words = [];
    private readonly HashSet<string> _blocked = [];
    private readonly Dictionary<string, Actor> _followers = [];
    private readonly Dictionary<string, DateOnly> _toldOn = [];
    private readonly Dictionary<(Actor, AccessMode), DateTimeOffset> _emergencies = [];
    private DateTimeOffset? _destroyAt;
    private DateTimeOffset? _tracesAt;
    private DateTimeOffset _closedAt;
    private bool _masksFuture;
    private bool _flagsAreSet;
    private bool _samuMay = true;
    private bool _glassMay = true;
    private bool _maskedToo;
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
        PermitMove permit => NotMine() ?? Permit(permit),
        RevokeMove revoke => NotMine() ?? Revoke(revoke),
        BlockMove block => NotMine() ?? Block(block.Professional.ToString()),
        UnblockMove unblock => NotMine() ?? (_blocked.Remove(unblock.Professional.ToString()) ? "ok" : "again"),
        EmergencyMove flags => NotMine() ?? Flags(flags),
        OpenMove => Open(),
        CloseMove close => Close(close),
        FollowMove follow => Follow(follow.By),
        UnfollowMove unfollow => _followers.Remove(unfollow.By.Id) ? "ok" : "again",
        GetRecordMove get => Get(get),
        ListMove list => List(list),
        ReadMove read => Read(read),
        ChangesMove changes => Changes(changes.By, changes.Entrance),
        DutiesMove => Duties(),
        MaskMove mask => NotMine() ?? Mask(mask),
        AccessesMove => NotMine() ?? $"ok {_patientTraces}",
        MayKnowMove may => MayKnow(may),
        PassMove pass => Pass(pass),
        _ => throw new ArgumentOutOfRangeException(nameof(move)),
    };

    public bool MayRead(Actor reader) => MayNot(reader) is null;

    /// <summary>What the reader may see, whatever its status but withdrawn.</summary>
    public bool Sees(Actor by, Paper paper) => !paper.Sealed && !paper.Withdrawn
        && (by.Kind == ActorKind.Patient
            ? !paper.Hidden
            : IsOwn(by, paper) || (!paper.Masked && Habilitated(by, paper)));

    // An emergency that was let in sees what is masked only if the patient said so.
    private bool SeesSo(Actor by, Paper paper, Entrance how) => Sees(by, paper)
        || (Urgent(by, how) && _maskedToo && !paper.Sealed && !paper.Withdrawn && Habilitated(by, paper));

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

    private string? MayNot(Actor reader, Entrance? how = null)
    {
        if (_state is "absent" or "opposed" or "destroyed")
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
        if (_masksFuture && !move.Labels.HasFlag(HiddenFromPatient))
            move = move with { Labels = move.Labels | MaskedFromProfessionals };
        if (_state is "opposed" or "destroyed")
            return "PATIENT_UNKNOWN";
        if (_state == "closed")
            return "RECORD_CLOSED";
        if (move.Opposed)
            return "FEEDING_OPPOSED";
        if (move.Labels.HasFlag(HiddenFromPatient) && move.Labels.HasFlag(MaskedFromProfessionals))
            return "LABEL_COMBINATION";
        if (WrongTwin(move) is { } wrong)
            return wrong;

        var old = Find(move.Replaces);
        if (move.Replaces is not null && WrongTarget(move, old) is { } refused)
            return refused;

        var labelsOnly = move.LabelsOnly && move.Body is not null && old?.As.Body == move.Body;
        var paper = new Paper(move, Papers.Count + 1) { Twin = move.TwinOf };
        var tellsPatient = !paper.Hidden && (old is null || old.Hidden || !labelsOnly);
        var tellsProfessionals = !paper.Masked && (old is null || old.Masked || !labelsOnly);
        var told = tellsProfessionals ? Told(paper) : "";
        if (move.ValidateOnly)
            return "valid";

        if (_state == "absent")
            _state = "open";
        if (paper.Twin is null
            && Papers.FindLast(first => first.As.TwinOf == move.Name) is { } first
            && first.Twin == move.Name
            && Manages(move.By, first))
        {
            paper.Twin = first.As.Name;
        }

        paper.ToldOf = tellsProfessionals;
        for (var older = labelsOnly ? old : null; older is not null; older = Find(older.As.Replaces))
            Cover(older, move.Labels);
        paper.ShownAt = paper.Hidden ? Now + RealRecord.HiddenMax : null;
        Papers.Add(paper);
        if (Find(paper.Twin) is { } twin)
            twin.Twin = move.Name;
        if (old is not null)
            old.ReplacedBy = move.Name;
        _patientNews += tellsPatient ? 1 : 0;
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
        var isPatient = move.By.Kind == ActorKind.Patient;
        if (isPatient && NotMine() is { } notMine)
            return notMine;
        if (isPatient && (paper is null || !Sees(move.By, paper)))
            return "DOCUMENT_NOT_FOUND";
        if (!isPatient && MayNot(move.By) is { } refusal
            && !(refusal is "CONSENT_REQUIRED" or "ACCESS_DENIED" && paper is { Sealed: false } && IsOwn(move.By, paper)))
        {
            return Refused(move.By) ?? refusal;
        }

        if (paper is null || !Sees(move.By, paper))
        {
            var denied = paper is { Sealed: false, Withdrawn: false, Masked: false };
            _patientTraces += denied && paper!.Hidden ? 0 : 1;
            if (denied && paper!.Hidden)
                paper.Withheld++;
            return denied ? "MATRIX_DENIED" : "DOCUMENT_NOT_FOUND";
        }

        var was = paper.Now | paper.Covered;
        if (isPatient && (was ^ move.Labels) is not (None or MaskedFromProfessionals))
            return "CALLER_KIND_FORBIDDEN";
        var told = "";
        if (was != move.Labels)
        {
            if (move.Labels.HasFlag(HiddenFromPatient) && move.Labels.HasFlag(MaskedFromProfessionals))
                return "LABEL_COMBINATION";
            if (move.Stale)
                return "STALE_VERSION";
            (paper.Now, paper.Covered) = (move.Labels, None);
            paper.ShownAt = !paper.Hidden ? null : was.HasFlag(HiddenFromPatient) ? paper.ShownAt : Now + RealRecord.HiddenMax;
            for (var older = (move.Labels & ~was) == None ? null : Find(paper.As.Replaces); older is not null; older = Find(older.As.Replaces))
                Cover(older, move.Labels);
            var unmasked = paper.InForce && was.HasFlag(MaskedFromProfessionals) && !paper.Masked;
            _professionalNews += unmasked ? 1 : 0;
            paper.ToldOf |= unmasked;
            told = unmasked ? Told(paper) : "";
            _patientNews += paper.InForce && was.HasFlag(HiddenFromPatient) && !paper.Hidden ? 1 : 0;
            if (!paper.Hidden)
                (_patientTraces, paper.Withheld) = (_patientTraces + paper.Withheld, 0);
        }

        if (!isPatient && paper.Hidden)
            paper.Withheld++;
        else if (!isPatient)
            TracedRead(move.By);
        return "ok" + told;
    }

    private string Withdraw(WithdrawMove move)
    {
        if (_state is "absent" or "opposed" or "destroyed")
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
            _patientNews += gone.Hidden ? 0 : 1;
            _professionalNews += gone.Masked ? 0 : 1;
            told += gone.Masked ? "" : Told(gone);
        }

        return "ok" + told;
    }

    private string Told(Paper paper) => string.Concat(_followers.Values
        .Where(follower => MayRead(follower) && (Habilitated(follower, paper) || IsOwn(follower, paper)))
       .Select(follower => " " + follower.Id).Order(StringComparer.Ordinal));

    private string Permit(PermitMove move)
    {
        var start = Now.AddHours(move.StartHours ?? 0);
        DateTimeOffset? end = move.EndHours is { } hours ? Now.AddHours(hours) : null;
        if (end <= start)
            return "METADATA_INVALID";
        if (!move.IsOrganization && _blocked.Contains(move.Holder))
            return "ACCESS_BLOCKED";
        var denials = _words.Where(word => word.Holder == move.Holder && !word.Permit && !word.Revoked).ToList();
        if (denials.Count == 0 && move.StartHours is null
            && _words.Exists(word => word.Permit && word.Holder == move.Holder && word.Holds(Now) && word.End == end))
        {
            return "again";
        }

        denials.ForEach(denial => denial.Revoked = true);
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
        if (move.Deny && !_words.Exists(word => word.Holder == holder && !word.Permit && !word.Revoked))
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
        var before = (_samuMay, _glassMay, _maskedToo);
        if (move is { Regulation: null, Glass: null, Masked: null })
            return "again";
        (_samuMay, _glassMay, _maskedToo) =
            (move.Regulation ?? _samuMay, move.Glass ?? _glassMay, move.Masked ?? _maskedToo);
        var again = _flagsAreSet && before == (_samuMay, _glassMay, _maskedToo);
        _flagsAreSet = true;
        return again ? "again" : "ok";
    }

    private string Open()
    {
        if (_state == "active")
            return "again";
        if (_state == "destroyed")
            return "PATIENT_UNKNOWN";
        _destroyAt = null;
        if (_state == "closed")
            Papers.ForEach(paper => paper.Sealed = true);
        _state = "active";
        _deletion = false;
        return "ok";
    }

    private string Close(CloseMove move)
    {
        if (_state == "opposed" || (_state == "closed" && (_deletion || !move.DeletionRequested)))
            return "again";
        if (_state == "destroyed")
            return "PATIENT_UNKNOWN";
        _closedAt = _state == "closed" ? _closedAt : Now;
        _state = _state == "absent" ? "opposed" : "closed";
        _destroyAt = _state == "opposed" ? null : move.DeletionRequested ? Now : Now.AddYears(10);
        _deletion |= move.DeletionRequested;
        return "ok";
    }

    private string Follow(Actor by)
    {
        if (MayNot(by) is { } refusal)
            return refusal;
        if (_followers.TryGetValue(by.Id, out var known) && known == by)
            return "again";
        _followers[by.Id] = by;
        return "ok";
    }

    private string Get(GetRecordMove move)
    {
        var by = move.By;
        if (_state is "absent" or "destroyed" || (_state == "opposed" && by.Kind != ActorKind.Patient))
            return "PATIENT_UNKNOWN";
        if (by.Kind == ActorKind.Patient)
            return $"ok {(_state == "active" ? Papers.Count(paper => paper.InForce && Sees(by, paper)) : 0)} {_patientNews}";
        if (Urgent(by, move.Entrance) && Refused(by, move.Entrance) is { } refusal)
            return refusal;
        TracedRead(by, move.Entrance);
        return MayNot(by, move.Entrance) is null
            ? $"ok {Papers.Count(paper => paper.InForce && SeesSo(by, paper, move.Entrance))} {_professionalNews}"
            : "ok 0 0";
    }

    private string List(ListMove move)
    {
        if (Refused(move.By, move.Entrance) is { } refusal)
            return refusal;
        var seen = Papers.Where(paper => SeesSo(move.By, paper, move.Entrance) && (move.All || paper.InForce)).ToList();
        var shown = seen.Where(paper => !move.Relevant || IsRelevant(move, paper)).ToList();
        if (move.By.Kind == ActorKind.Professional)
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
        var denied = move.By.Kind == ActorKind.Professional && !seen
            && paper is { Sealed: false, Withdrawn: false } && (!paper.Masked || (urgent && _maskedToo));
        if (move.By.Kind == ActorKind.Professional && !seen && !(denied && paper!.Hidden))
            _patientTraces++;
        if (paper is { Hidden: true } && (denied || (!urgent && seen && move.By.Kind == ActorKind.Professional)))
            paper.Withheld++;
        if (move.By.Kind == ActorKind.Professional && seen && (urgent || !paper!.Hidden))
        {
            TracedRead(move.By, move.Entrance);
            _patientNews += move.Content && !urgent ? 1 : 0;
        }

        return seen ? "ok" : denied ? "MATRIX_DENIED" : "DOCUMENT_NOT_FOUND";
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
            _patientNews += paper is { InForce: true, Sealed: false } ? 1 : 0;
            (paper.Now, paper.Covered) = ((paper.Now | paper.Covered) & ~HiddenFromPatient, None);
            paper.Now |= _masksFuture ? MaskedFromProfessionals : None;
            (_patientTraces, paper.Withheld, paper.ShownAt) = (_patientTraces + paper.Withheld, 0, null);
        }

        if (_destroyAt <= Now)
        {
            (_state, _destroyAt, _tracesAt) = ("destroyed", null, _closedAt.AddYears(10));
            Papers.Clear();
            _followers.Clear();
        }

        if (_tracesAt <= Now)
            _tracesAt = null;
        var next = Papers.Select(paper => paper.ShownAt).Append(_destroyAt).Append(_tracesAt).Min();
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
                Cover(older, paper.Now);
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
        var news = _professionalNews;
        if (Urgent(by, how))
            TracedRead(by, how);
        else if (Papers.Exists(paper => paper.ToldOf && !paper.Sealed && (IsOwn(by, paper) || (Habilitated(by, paper) && !paper.Masked))))
            TracedRead(by);
        return $"ok {news}";
    }

    private string MayKnow(MayKnowMove move)
    {
        var paper = Find(move.Name);
        return MayRead(move.Reader) && paper is { Sealed: false }
            && ((!paper.Masked && Habilitated(move.Reader, paper)) || IsOwn(move.Reader, paper))
            ? "yes"
            : "no";
    }

    private string Pass(PassMove move)
    {
        Now = Now.AddHours(move.Hours);
        return "ok";
    }

    // A professional's refusal is traced, unless there is no record to hold the trace.
    private string? Refused(Actor by, Entrance? how = null)
    {
        if (by.Kind == ActorKind.Patient)
            return NotMine();
        var refusal = MayNot(by, how);
        _patientTraces += refusal is null or "PATIENT_UNKNOWN" ? 0 : 1;
        return refusal;
    }

    private void TracedRead(Actor by, Entrance? how = null)
    {
        _patientTraces++;
        if (how is not null && Urgent(by, how))
        {
            // Once for each session.
            if (_emergencies.GetValueOrDefault((by, how.Mode)) > Now)
                return;
            _emergencies[(by, how.Mode)] = Now.AddHours(4);
            _patientNews++;
            return;
        }

        var today = DateOnly.FromDateTime(Now.UtcDateTime);
        if (_toldOn.GetValueOrDefault(by.Id) == today)
            return;
        _toldOn[by.Id] = today;
        _patientNews++;
    }
}
