using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Tests.Records;

namespace HealthGrains.Domain.Tests.Access.Cases;

/// <summary>A case played on a real record, up to the moment of the question.</summary>
internal sealed class PlayedCase
{
    public PlayedCase(AccessCase question)
    {
        Question = question;
        By = Cast.Gp with
        {
            Profession = ProfessionCode.Parse(question.Profession + "^" + ProfessionCode.HealthProfessions),
            Structure = question.ActsIn switch { "A" => Cast.OfficeA, "B" => Cast.OfficeB, _ => default },
        };
        Entrance = question.Mode switch
        {
            "glass" => new Entrance(AccessMode.Emergency, question.Reason ? "coma" : " ", question.CallCentreRole),
            "call centre" => new Entrance(AccessMode.RegulationCentre, question.Reason ? "coma" : "", question.CallCentreRole),
            _ => Entrance.Normal,
        };
        Record = question.Record switch
        {
            "absent" or "opposed" => new TestRecord(),
            "open" => TestRecord.Open(),
            _ => TestRecord.Activated(),
        };
        if (question.Record == "opposed")
            Record.Close();
        Consent();
        Document = Deposit();
        if (question.Record == "closed")
            Record.Close();
    }

    public AccessCase Question { get; }

    public TestRecord Record { get; }

    public Actor By { get; }

    public Entrance Entrance { get; }

    public DocumentId Document { get; }

    public bool DocumentExists => Record.State.Index.Find(Document) is not null;

    /// <summary>What a reader really gets.</summary>
    public string Read() => Name(Record.Read(By, Document, entrance: Entrance).Refusal?.Name);

    public string Name(string? refusal) => refusal ?? (Entrance.IsEmergency ? "ALLOW_EMERGENCY" : "ALLOW");

    public Turns.TurnResult<AccessExplanation> ExplainAsReader() =>
        Record.Ask(new ExplainAccess(By, null, Document, Entrance, null));

    public Turns.TurnResult<AccessExplanation> ExplainAsPatient(TriedChange? change = null) =>
        Record.Ask(new ExplainAccess(Actor.Patient, PatientState.ReaderOf(By), Document, Entrance, change));

    private void Consent()
    {
        var now = Record.Now;
        if (Question.Permits.Contains("person, revoked"))
        {
            Record.Permit(By);
            Record.Revoke(By);
        }

        if (Question.Permits.Contains("person, ended"))
            Record.Permit(By, now.AddDays(1));
        if (Question.Permits.Contains("person, later"))
            Record.Ask(new AuthorizeProfessional(HolderKind.Professional, By.Id, now.AddDays(30), null, ""));
        if (Question.Permits.Contains("person"))
            Record.Permit(By);
        if (Question.Permits.Contains("structure A"))
            Record.Permit(Cast.OfficeA);
        if (Question.DeniesA)
            Record.Deny(Cast.OfficeA);
        if (Question.Block is "blocked" or "unblocked")
            Record.Block(By);
        if (Question.Block == "unblocked")
            Record.Unblock(By);
        if (Question.Flags != "default" && Question.Flags.Split(' ') is [var centre, var glass, var masked])
            Record.Emergency(centre == "permit", glass == "permit", masked == "permit");
        Record.Pass(TimeSpan.FromDays(2));
    }

    private DocumentId Deposit()
    {
        var author = Question.Author switch
        {
            "reader" => By,
            "colleague" => Cast.GpColleague,
            _ => Cast.HospitalDoctor,
        };
        var label = Question.Label switch
        {
            "masked" => ConfidentialityLabels.MaskedFromProfessionals,
            "hidden from patient" => ConfidentialityLabels.HiddenFromPatient,
            "hidden from representatives" => ConfidentialityLabels.HiddenFromRepresentatives,
            _ => ConfidentialityLabels.None,
        };
        var submission = Record.Submission("report", label, author: author, type: Question.Type);
        if (Question.Record is "absent" or "opposed" || Question.Document == "never was")
            return submission.NewId;
        var id = Record.Accept(submission);
        if (Question.Document == "replaced")
            Record.Accept(Record.Submission("corrected", label, replaces: "report", author: author, type: Question.Type));
        if (Question.Document == "withdrawn")
            Record.Withdraw("report");
        return id;
    }
}
