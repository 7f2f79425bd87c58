using HealthGrains.Domain.Access;
using HealthGrains.Domain.Codes;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Tests.Records;

namespace HealthGrains.Domain.Tests.Access;

/// <summary>The habilitation matrix: what a file may say, and that everything which shows a document obeys it.</summary>
public sealed class AccessMatrixTests
{
    private const string Sensitive = "68599-0";

    private readonly TestRecord _record = TestRecord.Activated();

    [Fact]
    public void The_shipped_file_is_a_placeholder_and_says_so()
    {
        var matrix = AccessMatrix.Shipped;

        Assert.False(matrix.IsOfficial);
        Assert.Equal(("2023-10-26.p1", new DateOnly(2023, 10, 26)), (matrix.Version, matrix.LegalDate));
        Assert.Equal(9, matrix.Professions.Count());
    }

    [Theory]
    [InlineData("10", "68599-0", true)]
    [InlineData("10", "ATTEST-RESID", false)]
    [InlineData("21", "60593-1", true)]
    [InlineData("21", "11488-4", false)]
    [InlineData("40", "80788-3", false)]
    [InlineData("50", "89601-9", true)]
    [InlineData("60", "11502-2", true)]
    [InlineData("60", "89601-9", false)]
    [InlineData("86", "11502-2", false)]
    [InlineData("10", "nonsense", false)]
    public void The_shipped_file_expands_stars_and_classes(string profession, string type, bool may) =>
        Assert.Equal(may, AccessMatrix.Shipped.Allows(Health(profession), type));

    [Fact]
    public void The_same_code_of_another_system_is_another_profession() =>
        Assert.False(AccessMatrix.Shipped.Allows(ProfessionCode.Parse("10^" + ProfessionCode.Trainees), "11502-2"));

    [Fact]
    public void A_type_that_is_never_taken_is_in_no_star() =>
        Assert.False(AccessMatrix.Shipped.Allows(Health("10"), "E1762"));

    [Fact]
    public void A_profession_that_is_switched_off_reads_nothing()
    {
        var matrix = Read(Shipped().Replace("\"Médecin\", \"enabled\": true", "\"Médecin\", \"enabled\": false", StringComparison.Ordinal));

        Assert.False(matrix.Allows(Health("10"), "11502-2"));
        Assert.True(matrix.Allows(Health("60"), "11502-2"));
    }

    [Theory]
    [InlineData("\"except\": [\"ATTEST-RESID\"]", "\"except\": [\"ATTEST-RESIDENCE\"]", "ATTEST-RESIDENCE is not known")]
    [InlineData("class:45", "class:46", "class:46 is not known")]
    [InlineData("\"code\": \"92\"", "\"code\": \"9292\"", "9292 is not known")]
    [InlineData("\"code\": \"92\"", "\"code\": \"91\"", "twice")]
    [InlineData("\"default\": \"deny\"", "\"default\": \"allow\"", "default")]
    [InlineData("\"status\": \"placeholder\"", "\"status\": \"fine\"", "status")]
    [InlineData("\"legalDate\": \"2023-10-26\"", "\"legalDate\": \"26/10/2023\"", "legalDate")]
    [InlineData("\"enabled\": true", "\"enabled\": \"yes\"", "enabled")]
    [InlineData("\"except\": [\"ATTEST-RESID\"]", "\"excepted\": [\"ATTEST-RESID\"]", "excepted")]
    [InlineData("\"except\": [\"ATTEST-RESID\"]", "\"except\": [], \"except\": []", "twice")]
    [InlineData("\"allow\": [\"*\"]", "\"allow\": [7]", "not known")]
    [InlineData("\"version\": \"2023-10-26.p1\"", "\"version\": \"a b\"", "version")]
    [InlineData("\"professions\": [", "\"professions\": [ 7, ", "no object")]
    [InlineData("{", "", "no JSON")]
    public void What_is_not_understood_is_not_taken(string was, string becomes, string saying)
    {
        var at = Shipped().IndexOf(was, StringComparison.Ordinal);
        var text = Shipped().Remove(at, was.Length).Insert(at, becomes);

        var failure = Assert.Throws<AccessMatrixException>(() => Read(text));
        Assert.Contains(saying, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_beyond_its_limit_is_not_parsed() =>
        Assert.Throws<AccessMatrixException>(() => Read(Shipped() + new string(' ', AccessMatrixFile.CharactersMax)));

    [Fact]
    public void Lists_counts_changes_and_news_leave_out_what_the_matrix_denies()
    {
        _record.Permit(Cast.GpColleague);
        _record.Permit(Cast.Gp);
        _record.Ask(new FollowPatient(Cast.GpColleague));
        _record.Ask(new FollowPatient(Cast.Gp));
        var denied = Submit("denied", Sensitive);

        Assert.Equal([Cast.IdOf(Cast.Gp)], _record.Events.OfType<Patients.DocumentSubmitted>().Single().Recipients);
        var shown = Submit("shown", "11502-2");
        Assert.Equal([shown], _record.List(Cast.GpColleague).Value.Documents.Select(view => view.Entry.Id));
        Assert.Equal(1, _record.Ask(new Domain.Records.GetRecord(Cast.GpColleague)).Value.Documents);
        Assert.Equal([false, true], _record.MayKnow(Cast.GpColleague, denied, shown));
        Assert.Equal([null, shown], _record.Changes(Cast.GpColleague).Value.Changes.Select(change => change.Item.Document));
        Assert.False(_record.Ask(new MayStillSee(Patients.PatientState.ReaderOf(Cast.GpColleague), denied)).Value);
        Assert.Equal([denied, shown], _record.List(Cast.Gp).Value.Documents.Select(view => view.Entry.Id).Reverse());

        _record.Withdraw("denied");
        Assert.Equal([Cast.IdOf(Cast.Gp)], _record.Events.OfType<Patients.DocumentWithdrawn>().Single().Recipients);
        Assert.Equal([false], _record.MayKnow(Cast.GpColleague, denied));
        Assert.DoesNotContain(denied, _record.Changes(Cast.GpColleague).Value.Changes.Select(change => change.Item.Document ?? default));
    }

    [Fact]
    public void A_refusal_and_a_reading_are_traced_with_the_step_and_the_version()
    {
        _record.Permit(Cast.GpColleague);
        var denied = Submit("denied", Sensitive);
        var shown = Submit("shown", "11502-2");

        _record.Read(Cast.GpColleague, denied, content: true);
        _record.Read(Cast.GpColleague, shown);

        var traces = _record.Accesses().Accesses;
        Assert.Equal((RefusalCode.MatrixDenied, AccessStep.Matrix), (traces[1].Trace.Refused, traces[1].Trace.Step));
        Assert.All(traces, trace => Assert.Equal(AccessMatrix.Shipped.Version, trace.Trace.MatrixVersion));
    }

    [Fact]
    public void A_masked_document_is_not_betrayed_by_the_words_of_the_matrix()
    {
        _record.Permit(Cast.GpColleague);
        var masked = Submit("masked", Sensitive, ConfidentialityLabels.MaskedFromProfessionals);

        Assert.Equal(AccessDecision.DocumentNotFound, _record.Read(Cast.GpColleague, masked).Refusal);
    }

    [Fact]
    public void A_document_hidden_from_the_patient_is_not_betrayed_by_the_trace_of_a_refusal()
    {
        _record.Permit(Cast.GpColleague);
        var hidden = Submit("hidden", Sensitive, ConfidentialityLabels.HiddenFromPatient);

        Assert.Equal(RefusalCode.MatrixDenied, _record.Read(Cast.GpColleague, hidden).Refusal?.Code);

        Assert.Empty(_record.Accesses().Accesses);
        Assert.Single(_record.State.Accesses);
    }

    [Fact]
    public void A_replacement_counts_from_the_next_turn_on()
    {
        var holder = new AccessMatrixHolder(AccessMatrix.Shipped);
        _record.Policy = new DomainPolicy { Matrix = holder };
        _record.Permit(Cast.Gp);
        var report = Submit("report", "11502-2");
        var turn = new Turns.TurnContext(_record.Now, _record.Policy);
        Assert.Null(_record.Read(Cast.Gp, report).Refusal);

        holder.Replace(Read(Shipped()
            .Replace("\"except\": [\"ATTEST-RESID\"]", "\"except\": [\"11502-2\"]", StringComparison.Ordinal)
            .Replace("2023-10-26.p1", "next", StringComparison.Ordinal)));

        Assert.Equal(RefusalCode.MatrixDenied, _record.Read(Cast.Gp, report).Refusal?.Code);
        Assert.Equal("next", _record.State.Accesses[^1].Trace.MatrixVersion);
        Assert.Same(AccessMatrix.Shipped, turn.Matrix);
    }

    private static string Shipped() => AccessMatrixFile.ReadShipped();

    private static AccessMatrix Read(string text) => AccessMatrixFile.Read(text, CodeSets.Current);

    private static ProfessionCode Health(string code) => ProfessionCode.Parse($"{code}^{ProfessionCode.HealthProfessions}");

    private DocumentId Submit(string name, string type, ConfidentialityLabels labels = ConfidentialityLabels.None) =>
        _record.Accept(_record.Submission(name, labels, type: type));
}
