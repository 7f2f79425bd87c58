using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Records;
using static HealthGrains.Domain.Documents.ConfidentialityLabels;

namespace HealthGrains.Domain.Tests.Access;

/// <summary>The truth table of reading: every mode, the shipped habilitation matrix, delegates. The numbers of the rows are
/// those under which the whole table is known in this project.</summary>
/// <remarks>Base: a physician with a permit on the person, acting in structure A; a laboratory report written by somebody
/// else, visible to all, in force. A row says only what differs.</remarks>
public sealed class AccessTruthTableTests
{
    private const string Allow = "ALLOW";
    private const string AllowEmergency = "ALLOW_EMERGENCY";

    private static readonly Entrance Glass = new(AccessMode.Emergency, "Patient inconscient", false);
    private static readonly Entrance Samu = new(AccessMode.RegulationCentre, "Appel au 15", true);

    public static TheoryData<int, string> Rows
    {
        get
        {
            var rows = new TheoryData<int, string>();
            foreach (var (number, (outcome, _)) in Table)
                rows.Add(number, outcome);
            return rows;
        }
    }

    private static readonly SortedDictionary<int, (string Outcome, Func<string> Play)> Table = new()
    {
        [1] = (Allow, () => Read(Base())),
        [2] = ("CONSENT_REQUIRED", () => Read(Base(permit: false))),
        [3] = ("ACCESS_DENIED", () => Read(Base().With(r => r.Deny(Cast.OfficeA)))),
        [4] = ("ACCESS_BLOCKED", () => Read(Base().With(r => r.Block(Cast.Gp)))),
        [5] = ("CONSENT_REQUIRED", () => Read(Base().With(r => r.Block(Cast.Gp)).With(r => r.Unblock(Cast.Gp)))),
        [6] = (Allow, () => Read(Base(permit: false).With(r => r.Permit(Cast.OfficeA)))),
        [7] = ("CONSENT_REQUIRED", () => Read(
            Base(permit: false).With(r => r.Permit(Cast.OfficeA)), Cast.Gp.In(Cast.OfficeB))),
        [8] = ("CONSENT_REQUIRED", () =>
        {
            var record = Base(permit: false);
            record.Permit(Cast.Gp, record.Now.AddDays(1));
            record.Pass(TimeSpan.FromDays(1));
            return Read(record);
        }),
        [9] = ("DOCUMENT_NOT_FOUND", () => Read(Base(), labels: MaskedFromProfessionals)),
        [10] = (Allow, () => Read(Base(), labels: MaskedFromProfessionals, author: Cast.Gp)),
        [11] = ("DOCUMENT_NOT_FOUND", () => Read(Base(), labels: MaskedFromProfessionals, author: Cast.GpColleague)),
        [12] = (Allow, () => Read(Base().With(r => r.Administrator(Cast.Gp)), labels: MaskedFromProfessionals)),
        [13] = (Allow, () => Read(Base().With(r => r.Attending(Cast.Gp)), labels: MaskedFromProfessionals)),
        [14] = (Allow + " NOT_VISIBLE_TO_PATIENT", () => Read(Base(), labels: HiddenFromPatient)),
        [15] = (Allow + " NOT_VISIBLE_TO_REPRESENTATIVES", () => Read(
            Base().With(r => r.Represent("parent", r.Now.AddYears(-14))), labels: HiddenFromRepresentatives)),
        [16] = ("MATRIX_DENIED", () => Read(Base(), Cast.GpColleague, type: "68599-0")),
        [17] = (Allow, () => Read(Base(), Cast.GpColleague, author: Cast.GpColleague, type: "75496-0")),
        [18] = ("MATRIX_DENIED", () => Read(Base(), As("40"), type: "83981-1")),
        [19] = ("MATRIX_DENIED", () => Read(Base(), type: "ATTEST-RESID")),
        [20] = ("MATRIX_DENIED", () => Read(Base(), As("99"))),
        [21] = (AllowEmergency, () => Read(Base(permit: false), entrance: Glass)),
        [22] = ("EMERGENCY_REASON_REQUIRED", () => Read(Base(permit: false), entrance: Glass with { Reason = " \n" })),
        [23] = ("EMERGENCY_REFUSED", () => Read(Base().With(r => r.Emergency(breakTheGlass: false)), entrance: Glass)),
        [24] = ("DOCUMENT_NOT_FOUND", () => Read(Base(), labels: MaskedFromProfessionals, entrance: Glass)),
        [25] = (AllowEmergency, () => Read(
            Base().With(r => r.Emergency(masked: true)), labels: MaskedFromProfessionals, entrance: Glass)),
        [26] = ("MATRIX_DENIED", () => Read(Base(), Cast.GpColleague, type: "68599-0", entrance: Glass)),
        [27] = ("ACCESS_BLOCKED", () => Read(Base().With(r => r.Block(Cast.Gp)), entrance: Glass)),
        [28] = (AllowEmergency, () => Read(Base(permit: false), entrance: Samu)),
        [29] = ("EMERGENCY_REFUSED", () => Read(Base().With(r => r.Emergency(regulation: false)), entrance: Samu)),
        [30] = (AllowEmergency, () => Read(
            Base().With(r => r.Emergency(regulation: false)), entrance: Glass with { IsRegulation = true })),
        [31] = (AllowEmergency, () => Read(
            Base().With(r => r.Emergency(masked: true)), labels: MaskedFromProfessionals, entrance: Samu)),
        [32] = ("REGULATION_ROLE_REQUIRED", () => Read(Base(), entrance: Samu with { IsRegulation = false })),
        [33] = ("RECORD_CLOSED", () =>
        {
            var record = Base();
            var id = record.Submit("report");
            record.Close();
            Assert.Equal("RECORD_CLOSED", Answer(record.Read(Cast.Gp, id, entrance: Glass)));
            return Answer(record.Read(Cast.Gp, id));
        }),
        [34] = ("PATIENT_UNKNOWN PATIENT_UNKNOWN", () =>
        {
            var opposed = new TestRecord();
            opposed.Close();
            var id = opposed.Submission("never").NewId;
            return Answer(new TestRecord().Read(Cast.Gp, id)) + " " + Answer(opposed.Read(Cast.Gp, id));
        }),
        [35] = ("DOCUMENT_NOT_FOUND", () =>
        {
            var record = Base();
            var id = record.Submit("report", author: Cast.Gp);
            record.Withdraw("report", by: Cast.Gp);
            return Answer(record.Read(Cast.Gp, id));
        }),
        [36] = (Allow + " superseded by 2.25.1^corrected", () =>
        {
            var record = Base();
            var id = record.Submit("report");
            record.Submit("corrected", replaces: "report");
            var view = record.Read(Cast.Gp, id).Value;
            return view.Entry.Status == DocumentStatus.Deprecated ? $"{Allow} superseded by {view.ReplacedBy}" : "in force";
        }),
        [37] = (Allow + " parents see 0 of 1", () =>
        {
            var record = Base().With(r => r.Represent("parent", r.Now.AddYears(-14)));
            var answer = Read(record, entrance: Entrance.Normal with { IsSecret = true });
            return $"{answer} parents see {record.AccessesOf(Cast.Parent).Count(ByGp)} of {record.Accesses().Accesses.Count(ByGp)}";

            static bool ByGp(TracedAccess trace) => trace.By == Cast.Gp;
        }),
        [38] = (Allow, () => Read(Base(), Actor.Patient, MaskedFromProfessionals)),
        [39] = ("DOCUMENT_NOT_FOUND DOCUMENT_NOT_FOUND DOCUMENT_NOT_FOUND", () =>
        {
            var record = Base().With(r => r.Represent("parent", r.Now.AddYears(-14))).With(r => r.Help("carer"));
            var id = record.Submit("report", HiddenFromPatient);
            return string.Join(' ', new[] { Actor.Patient, Cast.Parent, Cast.Carer }.Select(who => Answer(record.Read(who, id))));
        }),
        [40] = ("DOCUMENT_NOT_FOUND", () =>
            Read(Base().With(r => r.Represent("parent", r.Now.AddYears(-14))), Cast.Parent, HiddenFromRepresentatives)),
        [41] = (Allow, () =>
        {
            var record = Base().With(r => r.Represent("parent", r.Now.AddYears(-18).AddDays(1)));
            var id = record.Submit("report", HiddenFromRepresentatives);
            record.Pass(TimeSpan.FromDays(2));
            return Answer(record.Read(Actor.Patient, id));
        }),
        [42] = (Allow + " DELEGATION_FORBIDDEN", () =>
        {
            var record = Base().With(r => r.Represent("parent", r.Now.AddYears(-18).AddDays(1)));
            var id = record.Submit("report");
            var before = Answer(record.Read(Cast.Parent, id));
            record.Pass(TimeSpan.FromDays(2));
            return before + " " + Answer(record.Read(Cast.Parent, id));
        }),
        [43] = (Allow + " DELEGATION_FORBIDDEN", () =>
        {
            var record = Base().With(r => r.Help("carer", r.Now.AddDays(10)));
            var id = record.Submit("report");
            var before = Answer(record.Read(Cast.Carer, id));
            record.Pass(TimeSpan.FromDays(10));
            return before + " " + Answer(record.Read(Cast.Carer, id));
        }),
        [44] = ("DELEGATION_FORBIDDEN DELEGATION_FORBIDDEN", () =>
        {
            var record = Base().With(r => r.Help("carer"));
            return record.AskInVain(new CloseRecord("", false) { By = Cast.Carer }).Name + " "
                + PatientSide.Decide(record.State, Cast.Carer, PatientAct.Export, record.Turn).Refusal?.Name;
        }),
        [45] = ("RECORD_NOT_ACTIVATED", () => Read(TestRecord.Open(), Actor.Patient)),
        [46] = ("accepted", () => Submit(Base(permit: false).With(r => r.Block(Cast.HospitalDoctor)))),
        [47] = ("RECORD_CLOSED FEEDING_OPPOSED", () =>
            Submit(Base().With(r => r.Close())) + " " + Submit(Base(), feeding: FeedingOpposition.Opposed)),
        [48] = ("LABEL_COMBINATION", () => Submit(Base(), MaskedFromProfessionals | HiddenFromPatient)),
        [49] = ("LABEL_REQUIRED_SECRET", () => Submit(Base(), secret: true)),
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_row_holds(int row, string outcome) => Assert.Equal(outcome, Table[row].Play());

    [Fact]
    public void A_row_that_refuses_a_professional_in_a_record_leaves_its_trace()
    {
        var record = Base(permit: false);
        var id = record.Submit("report");

        record.Read(Cast.Gp, id, content: true);

        var trace = record.State.Accesses[^1];
        Assert.Equal((Cast.Gp, AccessAction.ReadContent), (trace.By, trace.Trace.Action));
        Assert.Equal((RefusalCode.ConsentRequired, AccessStep.Mode), (trace.Trace.Refused, trace.Trace.Step));
        Assert.Equal([id], trace.Trace.Documents);
    }

    private static TestRecord Base(bool permit = true)
    {
        var record = TestRecord.Activated();
        if (permit)
            record.Permit(Cast.Gp);
        return record;
    }

    private static string Read(
        TestRecord record,
        Actor? by = null,
        ConfidentialityLabels labels = None,
        Actor? author = null,
        string type = "11502-2",
        Entrance? entrance = null)
    {
        if (by is { Kind: ActorKind.Professional } && by.Id != Cast.Gp.Id)
            record.Permit(by);
        return Answer(record.Read(by ?? Cast.Gp, record.Accept(record.Submission("report", labels, author: author, type: type)), entrance: entrance), entrance);
    }

    private static Actor As(string profession) =>
        Cast.Gp with { Profession = ProfessionCode.Parse(profession + "^" + ProfessionCode.HealthProfessions) };

    private static string Answer(Turns.TurnResult<DocumentView> result, Entrance? entrance = null) =>
        result.Refusal?.Name ?? string.Join(' ', [entrance is { IsEmergency: true } ? AllowEmergency : Allow, .. result.Value.Warnings]);

    private static string Submit(
        TestRecord record,
        ConfidentialityLabels labels = None,
        FeedingOpposition feeding = FeedingOpposition.NotOpposed,
        bool secret = false) =>
        record.Ask(record.Submission("new", labels) with
        {
            Feeding = feeding,
            SecretSession = secret,
            Problem = LabelRules.Check(labels, secret, record.Policy),
        }).Refusal?.Name ?? "accepted";
}

/// <summary>A row in one expression.</summary>
internal static class TestRecordSteps
{
    public static TestRecord With<T>(this TestRecord record, Func<TestRecord, Turns.TurnResult<T>> step)
    {
        Assert.Null(step(record).Refusal);
        return record;
    }
}
