using System.Text;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Documents.Intake;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Cda;
using Xunit;

namespace HealthGrains.Domain.Tests.Intake;

public sealed class DocumentIntakeTests
{
    private static readonly StatedLabels Visible = new(ConfidentialityLabels.None);

    [Fact]
    public void A_complete_statement_is_taken_as_it_is()
    {
        var result = IntakeBench.Prepare(IntakeBench.Plain());
        Assert.Null(result.Refusal);
        Assert.Null(result.Command!.Problem);
        Assert.Equal(CdaSample.Ins, result.Patient.Number);
        Assert.Equal("10", result.Command.ClassCode);
        Assert.Equal(Sha256.Of("Hémoglobine 12,5 g/dL"u8), result.Command.Content.Sha256);
        Assert.Equal(result.Command.Content.Sha256, result.Command.BodySha256);
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public void A_CDA_fills_every_field_from_its_header()
    {
        var result = IntakeBench.Prepare(IntakeBench.Cda());
        Assert.Null(result.Refusal);
        Assert.Null(result.Command!.Problem);
        var metadata = result.Command.Metadata;
        Assert.Equal("2.999.1.7^DOC-1", metadata.UniqueId.ToString());
        Assert.Equal("CR d'examens biologiques", metadata.Title);
        Assert.Equal("11502-2", metadata.TypeCode);
        Assert.Equal("text/xml", metadata.MimeType);
        Assert.Equal("AMBULATOIRE", metadata.PracticeSettingCode);
        Assert.Equal(new DateTimeOffset(2024, 9, 16, 8, 2, 30, TimeSpan.Zero), metadata.CreatedAt);
        Assert.Equal(TimeSpan.Zero, metadata.CreatedAt.Offset);
        Assert.Equal(new DateTimeOffset(2024, 9, 15, 6, 30, 0, TimeSpan.Zero), metadata.ServiceStart);
        Assert.Equal(2, metadata.Authors.Count);
        Assert.Equal(AuthorKind.Professional, metadata.Authors[0].Kind);
        Assert.Equal(AuthorKind.System, metadata.Authors[1].Kind);
        Assert.Equal("3750803447/LABO", metadata.Authors[1].Id);
        Assert.Contains("CHIM^^1.2.4", metadata.EventCodes);
        Assert.Contains("ACC-1^^^&2.999.4&ISO^urn:ihe:iti:xds:2013:accession", metadata.ReferenceIds);
        Assert.NotNull(result.Command.Traits);
        Assert.NotEqual(result.Command.Content.Sha256, result.Command.BodySha256);
    }

    // The order is part of the contract: each statement is wrong in its own way and in all later ways.
    [Fact]
    public void The_first_failure_answers()
    {
        var wrong = IntakeBench.Plain() with
        {
            Ins = "279035121518988",
            InsQualified = false,
            Feeding = null,
            Metadata = IntakeBench.Plain().Metadata with
            {
                UniqueId = "x y",
                TypeCode = "00000-0",
                Labels = new StatedLabels(ConfidentialityLabels.MaskedFromProfessionals | ConfidentialityLabels.HiddenFromPatient),
            },
            DeclaredSha256 = new byte[32],
        };
        Assert.Equal(RefusalCode.StructureMismatch, IntakeBench.Prepare(wrong, IntakeBench.Stranger).Refusal?.Code);
        Assert.Equal(RefusalCode.InsMalformed, IntakeBench.Prepare(wrong).Refusal?.Code);
        wrong = wrong with { Ins = CdaSample.Ins };
        Assert.Equal("metadata.unique_id", IntakeBench.Prepare(wrong).Refusal?.Field);
        wrong = wrong with { Metadata = wrong.Metadata with { UniqueId = "2.999.1.7^1" } };
        Assert.Equal(RefusalCode.InsNotQualified, IntakeBench.Prepare(wrong).Refusal?.Code);

        // From here on the turn answers: idempotency and the record's state come first.
        wrong = wrong with { InsQualified = true };
        Assert.Equal("feeding_opposition", ProblemOf(wrong)?.Field);
        wrong = wrong with { Feeding = FeedingOpposition.NotOpposed };
        Assert.Equal(RefusalCode.TypeUnknown, ProblemOf(wrong)?.Code);
        wrong = wrong with { Metadata = wrong.Metadata with { TypeCode = "11502-2" } };
        Assert.Equal(RefusalCode.HashMismatch, ProblemOf(wrong)?.Code);
        wrong = wrong with { DeclaredSha256 = default };
        Assert.Equal(RefusalCode.LabelCombination, ProblemOf(wrong)?.Code);
        wrong = wrong with { Metadata = wrong.Metadata with { Labels = Visible } };
        Assert.Null(ProblemOf(wrong));
    }

    [Fact]
    public void A_file_that_cannot_be_read_waits_its_turn_if_the_request_says_whose_it_is()
    {
        var broken = IntakeBench.Plain() with
        {
            Content = "<ClinicalDocument"u8.ToArray(),
            Metadata = IntakeBench.Plain().Metadata with { MimeType = "text/xml" },
        };
        Assert.Null(IntakeBench.Prepare(broken).Refusal);
        Assert.Equal(RefusalCode.MetadataInvalid, ProblemOf(broken)?.Code);
        Assert.Equal(RefusalCode.StructureMismatch, IntakeBench.Prepare(broken, IntakeBench.Stranger).Refusal?.Code);

        // Without an author nobody can tell whether the caller speaks for it.
        Assert.Equal(
            RefusalCode.MetadataInvalid, IntakeBench.Prepare(IntakeBench.Cda("<ClinicalDocument")).Refusal?.Code);
    }

    [Fact]
    public void A_file_too_large_is_not_even_parsed()
    {
        var large = IntakeBench.Cda() with { Content = new byte[IntakeLimits.InlineContentBytesMax + 1] };
        Assert.Equal(RefusalCode.DocumentTooLarge, IntakeBench.Prepare(large with
        {
            Metadata = large.Metadata with { MimeType = "text/xml" },
        }).Refusal?.Code);
        Assert.Equal(
            RefusalCode.DocumentTooLarge, ProblemOf(IntakeBench.Plain() with { Content = large.Content })?.Code);
    }

    [Fact]
    public void The_custodian_may_deposit_and_an_authors_system_too()
    {
        var custodian = ReplaceAfter("<representedCustodianOrganization>", "1750803447", "1990000010");
        Assert.NotEqual(CdaSample.Text, custodian);
        Assert.Null(IntakeBench.Prepare(IntakeBench.Cda(custodian), IntakeBench.Stranger).Refusal);
        Assert.Equal(
            RefusalCode.StructureMismatch, IntakeBench.Prepare(IntakeBench.Cda(), IntakeBench.Stranger).Refusal?.Code);

        var system = IntakeBench.Plain();
        system = system with
        {
            Metadata = system.Metadata with
            {
                Authors = [new StatedAuthor("3750803447/LABO", "LaboSoft", "", "", "", "", AuthorKind.System)],
            },
        };
        Assert.Null(IntakeBench.Prepare(system).Refusal);
        Assert.Null(ProblemOf(system));
    }

    [Theory]
    [InlineData("2024-09-16T08:02:30Z", true)]
    [InlineData("2024-09-16T08:02:30.9Z", true)]
    [InlineData("2024-09-16T08:02:31Z", false)]
    [InlineData("2024-09-16T10:02:30Z", false)]
    public void A_time_agrees_to_the_second_that_the_header_states(string stated, bool agrees) =>
        Assert.Equal(agrees, ProblemOf(WithCreatedAt(CdaSample.Text, stated)) is null);

    [Theory]
    [InlineData("20240916", "2024-09-16T21:00:00Z", true)]
    [InlineData("20240916", "2024-09-17T13:00:00Z", true)] // Some clock on earth still showed the 16th.
    [InlineData("20240916", "2024-09-18T00:00:00Z", false)]
    [InlineData("202409161002+0200", "2024-09-16T08:02:59Z", true)]
    [InlineData("202409161002+0200", "2024-09-16T08:03:00Z", false)]
    public void A_time_agrees_as_exactly_as_the_header_states(string header, string stated, bool agrees) =>
        Assert.Equal(agrees, ProblemOf(WithCreatedAt(
            CdaSample.Text.Replace("<effectiveTime value=\"20240916100230+0200\"/>", $"<effectiveTime value=\"{header}\"/>", StringComparison.Ordinal),
            stated)) is null);

    [Theory]
    [InlineData("CHIM", true)]
    [InlineData("CHIM^^1.2.4", true)]
    [InlineData("CHIM^^1.2.5", false)]
    public void An_event_code_agrees_with_or_without_its_system(string code, bool agrees) =>
        Assert.Equal(agrees, ProblemOf(IntakeBench.Cda(metadata: new StatedMetadata { Labels = Visible, EventCodes = [code] })) is null);

    [Theory]
    [InlineData("ORD-1", true)]
    [InlineData("ORD-1^^^&2.999.3&ISO^urn:ihe:iti:xds:2013:order", true)]
    [InlineData("ORD-1^^^&2.999.4&ISO^urn:ihe:iti:xds:2013:order", false)]
    [InlineData("ORD-2", false)]
    public void A_reference_agrees_by_identifier_and_issuer(string reference, bool agrees) =>
        Assert.Equal(agrees, ProblemOf(IntakeBench.Cda(metadata: new StatedMetadata { Labels = Visible, ReferenceIds = [reference] })) is null);

    [Fact]
    public void A_CDA_under_another_media_type_is_still_read_as_CDA()
    {
        var plain = IntakeBench.Plain();
        var disguised = plain with { Content = Encoding.UTF8.GetBytes(CdaSample.Text) };
        var problem = ProblemOf(disguised);
        Assert.Equal(RefusalCode.CdaHeaderMismatch, problem?.Code);
        Assert.Contains("metadata.mime_type", problem!.Details!["fields"].Split(','));
    }

    [Fact]
    public void XML_that_is_no_CDA_is_a_document_of_its_own_type()
    {
        var fhir = IntakeBench.Plain() with { Content = "<Bundle xmlns=\"http://hl7.org/fhir\"/>"u8.ToArray() };
        fhir = fhir with { Metadata = fhir.Metadata with { MimeType = "application/fhir+xml" } };
        Assert.Null(ProblemOf(fhir));
    }

    [Fact]
    public void A_document_of_an_adult_is_hidden_from_no_representative()
    {
        var hidden = new StatedMetadata { Labels = new StatedLabels(ConfidentialityLabels.HiddenFromRepresentatives) };
        Assert.Equal(RefusalCode.LabelCombination, ProblemOf(IntakeBench.Cda(metadata: hidden))?.Code);
        Assert.Null(ProblemOf(IntakeBench.Cda(Born("20100921"), hidden)));
        Assert.Null(ProblemOf(IntakeBench.Cda(Born("20060921"), hidden)));
        Assert.Equal(RefusalCode.LabelCombination, ProblemOf(IntakeBench.Cda(Born("20060920"), hidden))?.Code);

        static string Born(string date) =>
            CdaSample.Text.Replace("<birthTime value=\"19790321\"/>", $"<birthTime value=\"{date}\"/>", StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_session_needs_its_label()
    {
        var secret = IntakeBench.Plain() with { SecretSession = true };
        Assert.Equal(RefusalCode.LabelRequiredSecret, ProblemOf(secret)?.Code);
        secret = secret with
        {
            Metadata = secret.Metadata with { Labels = new StatedLabels(ConfidentialityLabels.HiddenFromRepresentatives) },
        };
        Assert.Null(ProblemOf(secret));
    }

    [Fact]
    public void A_legal_authenticator_without_national_number_is_a_notice_and_an_author_is_not()
    {
        var odd = ReplaceAfter("<legalAuthenticator>", "1.2.250.1.71.4.2.1", "1.2.250.1.71.4");
        var result = IntakeBench.Prepare(IntakeBench.Cda(odd));
        Assert.Null(result.Command!.Problem);
        Assert.Contains(IntakeWarnings.ProfessionalIdCheck, result.Warnings);

        var author = ReplaceAfter("<assignedAuthor>", "899700218896", "899700218895");
        Assert.Equal("metadata.authors[0].id", ProblemOf(IntakeBench.Cda(author))?.Field);
    }

    [Fact]
    public void A_patient_deposits_only_for_himself_or_herself()
    {
        var own = IntakeBench.Plain();
        own = own with
        {
            InsQualified = false,
            Metadata = own.Metadata with
            {
                TypeCode = "DOCPAT03",
                Authors = [new StatedAuthor(CdaSample.Ins, "moi", "", "", "", "", AuthorKind.Patient)],
                LegalAuthenticator = new StatedAuthor("", "moi", "", "", "", "", AuthorKind.Patient),
            },
        };
        PatientId.TryCreate("1.2.250.1.213.1.4.10", CdaSample.Ins, new InsRules(), out var self);
        PatientId.TryCreate("1.2.250.1.213.1.4.10", "260058815400233", new InsRules(), out var other);
        var result = IntakeBench.Prepare(own, Actor.Patient, self);
        Assert.Null(result.Refusal);
        Assert.Null(result.Command!.Problem);
        Assert.Equal("", result.Command.Metadata.Authors[0].Id);
        Assert.Equal(RefusalCode.DelegationForbidden, IntakeBench.Prepare(own, Actor.Patient, other).Refusal?.Code);
    }

    [Fact]
    public void The_header_says_what_is_replaced_and_the_request_must_agree()
    {
        var result = IntakeBench.Prepare(IntakeBench.Cda());
        Assert.Equal("2.999.1.7^DOC-0", result.Command!.Replaces?.ToString());
        Assert.Null(ProblemOf(IntakeBench.Cda() with { Replaces = "2.999.1.7^DOC-0" }));
        Assert.Equal("replaces", ProblemOf(IntakeBench.Cda() with { Replaces = "2.999.1.7^DOC-9" })?.Field);
        var silent = CdaSample.Text.Replace("typeCode=\"RPLC\"", "typeCode=\"APND\"", StringComparison.Ordinal);
        Assert.Null(IntakeBench.Prepare(IntakeBench.Cda(silent)).Command!.Replaces);
        Assert.Equal(
            "2.999.1.7^DOC-9",
            IntakeBench.Prepare(IntakeBench.Cda(silent) with { Replaces = "2.999.1.7^DOC-9" }).Command!.Replaces?.ToString());
    }

    private static Refusal? ProblemOf(SubmissionStatement stated)
    {
        var result = IntakeBench.Prepare(stated);
        return result.Refusal ?? result.Command!.Problem;
    }

    // The first occurrence after a place.
    private static string ReplaceAfter(string place, string old, string replacement)
    {
        var from = CdaSample.Text.IndexOf(old, CdaSample.Text.IndexOf(place, StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.True(from > 0);
        return CdaSample.Text[..from] + replacement + CdaSample.Text[(from + old.Length)..];
    }

    private static SubmissionStatement WithCreatedAt(string text, string stated) => IntakeBench.Cda(
        text,
        new StatedMetadata
        {
            Labels = Visible,
            CreatedAt = new StatedTime(DateTimeOffset.Parse(stated, System.Globalization.CultureInfo.InvariantCulture)),
        });
}
