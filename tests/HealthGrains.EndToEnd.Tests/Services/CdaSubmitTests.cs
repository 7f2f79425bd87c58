using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using HealthGrains.Domain.Refusals;
using HealthGrains.Services.Authentication;
using HealthGrains.Synthetic;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

public sealed class CdaSubmitTests : IAsyncLifetime
{
    private static readonly SyntheticDocument Sample = SyntheticDocuments.Generate(seed: 7, index: 3);

    private readonly TestClient[] _clients = new TestClient[1];
    private ServiceHost _host = null!; // ! set before each test

    private TestClient Producer => _clients[0];

    public async Task InitializeAsync()
    {
        _host = await ServiceHost.StartAsync();
        _clients[0] = _host.As(People.Producer(Sample.StructureId.ToString()));
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    public static TheoryData<string> Bends => [.. Mismatches.Keys];

    private static readonly Dictionary<string, Action<Wire.DocumentMetadata>> Mismatches = new()
    {
        ["metadata.unique_id"] = m => m.UniqueId = "2.999.7^other",
        ["metadata.title"] = m => m.Title = "Un autre titre",
        ["metadata.type_code"] = m => m.TypeCode = Sample.TypeCode == "34112-3" ? "11502-2" : "34112-3",
        ["metadata.mime_type"] = m => m.MimeType = "application/pdf",
        ["metadata.created_at"] = m => m.CreatedAt = Timestamp.FromDateTimeOffset(Sample.CreatedAt.AddDays(-40)),
        ["metadata.format_code"] = m => m.FormatCode = "urn:none:of:the:header",
        ["metadata.language_code"] = m => m.LanguageCode = "br-FR",
        ["metadata.service_start"] = m => m.ServiceStart = Timestamp.FromDateTimeOffset(Sample.CreatedAt.AddDays(-400)),
        ["metadata.legal_authenticator"] = m => m.LegalAuthenticator = People.Author(),
        ["metadata.practice_setting_code"] = m => m.PracticeSettingCode = "HAD",
        ["metadata.facility_type_code"] = m => m.FacilityTypeCode = "SA66",
        ["metadata.authors[0]"] = m => m.Authors.Add(People.Author()),
        ["metadata.event_codes[0]"] = m => m.EventCodes.Add("none-of-the-header"),
        ["metadata.reference_ids[0]"] = m => m.ReferenceIds.Add("none-of-the-header"),
    };

    [Fact]
    public async Task A_document_speaks_for_itself()
    {
        var receipt = await Producer.SubmitAsync(Request());
        Assert.Equal(Sample.UniqueId.ToString(), receipt.UniqueId);
        Assert.Equal(Sample.Cda.Length, receipt.Size);

        var patient = Sample.PatientId.ToWire();
        var owner = _host.As(new Caller.Patient(Sample.PatientId));
        await owner.OpenRecordAsync(patient);
        var document = await owner.GetDocumentAsync(
            new Wire.GetDocumentRequest { Patient = patient, DocumentId = receipt.DocumentId });
        Assert.Equal(Sample.TypeCode, document.Metadata.TypeCode);
        Assert.Equal("text/xml", document.Metadata.MimeType);
        Assert.Equal(Sample.CreatedAt.ToUniversalTime(), document.Metadata.CreatedAt.ToDateTimeOffset());
        Assert.Equal(Sample.StructureId.ToString(), document.Metadata.Authors[0].OrganizationId);
        Assert.Equal(Sample.AuthorId.ToString(), document.Metadata.Authors[0].Id);
        Assert.NotEqual("", document.Metadata.Title);
        Assert.NotEqual("", document.Metadata.PracticeSettingCode);
        Assert.NotEqual("", document.Metadata.FacilityTypeCode);
        Assert.NotNull(document.Metadata.ServiceStart);
        Assert.NotNull(document.Metadata.LegalAuthenticator);
        Assert.Equal([Wire.Confidentiality.Normal], document.Metadata.Confidentiality);

        var (_, bytes) = await owner.ReadContentAsync(
            new Wire.ReadContentRequest { Patient = patient, DocumentId = receipt.DocumentId });
        Assert.Equal(Sample.Cda, bytes);
    }

    [Fact]
    public async Task Many_generated_documents_are_accepted_as_they_are()
    {
        for (var i = 0; i < 40; i++)
        {
            var document = SyntheticDocuments.Generate(seed: 11, index: i);
            var request = Request();
            request.Content = ByteString.CopyFrom(document.Cda);
            var receipt = await _host.As(People.Producer(document.StructureId.ToString())).SubmitAsync(request);
            Assert.Equal(document.UniqueId.ToString(), receipt.UniqueId);
        }
    }

    [Theory]
    [MemberData(nameof(Bends))]
    public async Task What_is_given_must_agree_with_the_header(string path)
    {
        var request = Request();
        Mismatches[path](request.Metadata);
        await Waiting.RefusedAsync(() => Producer.SubmitAsync(request), RefusalCode.CdaHeaderMismatch, path);
        Assert.Equal(0, await _host.EntriesAsync());
        Assert.False((await Producer.SubmitAsync(Request())).AlreadyKnown);
    }

    [Fact]
    public async Task Every_disagreement_is_named()
    {
        var request = Request();
        request.Metadata.Title = "Un autre titre";
        request.Metadata.FacilityTypeCode = "SA66";
        request.Replaces = "2.999.7^1";
        var error = await Waiting.RefusedAsync(() => Producer.SubmitAsync(request), RefusalCode.CdaHeaderMismatch);
        var paths = error.FindDetail<BadRequest>()!.FieldViolations.Select(violation => violation.Field);
        var expected = Sample.Replaces is null
            ? new[] { "metadata.title", "metadata.facility_type_code" }
            : ["metadata.title", "metadata.facility_type_code", "replaces"];
        Assert.Equal(expected, paths);
        Assert.Equal(string.Join(',', expected), error.FindDetail<ErrorInfo>()!.Metadata["fields"]);
    }

    [Fact]
    public async Task Very_many_disagreements_still_have_their_code()
    {
        var request = Request();
        request.Metadata.EventCodes.Add(Enumerable.Repeat("none-of-the-header", 100));
        request.Metadata.ReferenceIds.Add(Enumerable.Repeat("none-of-the-header", 100));
        var error = await Waiting.RefusedAsync(
            () => Producer.SubmitAsync(request), RefusalCode.CdaHeaderMismatch, "metadata.event_codes[0]");
        var facts = error.FindDetail<ErrorInfo>()!.Metadata; // ! Refused found it
        Assert.StartsWith("metadata.event_codes[0],", facts["fields"], StringComparison.Ordinal);
        Assert.Equal("184", facts["fields_left_out"]);
        Assert.Equal(16, error.FindDetail<BadRequest>()!.FieldViolations.Count); // ! Refused found a field
    }

    [Theory]
    [InlineData("a DTD", RefusalCode.MetadataInvalid)]
    [InlineData("an entity bomb", RefusalCode.MetadataInvalid)]
    [InlineData("10,000 deep", RefusalCode.MetadataInvalid)]
    [InlineData("two documents", RefusalCode.MetadataInvalid)]
    [InlineData("UTF-16", RefusalCode.MetadataInvalid)]
    [InlineData("another encoding than declared", RefusalCode.MetadataInvalid)]
    [InlineData("cut in its body", RefusalCode.MetadataInvalid)]
    [InlineData("a number with a wrong key", RefusalCode.InsMalformed)]
    [InlineData("a real person", RefusalCode.InsRealmMismatch)]
    public async Task A_bad_CDA_is_refused_by_name_and_the_next_one_is_not(string animal, RefusalCode code)
    {
        var text = Encoding.UTF8.GetString(Sample.Cda);
        var start = text.IndexOf("<ClinicalDocument", StringComparison.Ordinal);
        const string bomb = "<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>";
        byte[] bytes = animal switch
        {
            "a DTD" => Encoding.UTF8.GetBytes(text.Insert(start, "<!DOCTYPE ClinicalDocument SYSTEM \"file:///etc/passwd\">")),
            "an entity bomb" => Encoding.UTF8.GetBytes(text.Insert(start, bomb).Replace("<title>", "<title>&c;", StringComparison.Ordinal)),
            "10,000 deep" => Encoding.UTF8.GetBytes(text.Replace(
                "</ClinicalDocument>", string.Concat(Enumerable.Repeat("<x>", 10_000)), StringComparison.Ordinal)),
            "two documents" => [.. Sample.Cda, .. Encoding.UTF8.GetBytes(text[start..])],
            "UTF-16" => [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(text)],
            "another encoding than declared" => Encoding.Latin1.GetBytes(text.Replace("<title>", "<title>é", StringComparison.Ordinal)),
            "cut in its body" => Sample.Cda[..^200],
            "a number with a wrong key" => Encoding.UTF8.GetBytes(text.Replace(
                Sample.PatientId.Number, Sample.PatientId.Number[..13] + "00", StringComparison.Ordinal)),
            _ => Encoding.UTF8.GetBytes(text.Replace("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.8", StringComparison.Ordinal)),
        };
        var request = Request();
        request.Content = ByteString.CopyFrom(bytes);
        await Waiting.RefusedAsync(() => Producer.SubmitAsync(request), code);
        Assert.Equal(0, await _host.EntriesAsync());
        Assert.False((await Producer.SubmitAsync(Request())).AlreadyKnown);
    }

    [Fact]
    public async Task A_CDA_in_a_stylesheet_wrapper_is_read_and_comes_back_whole()
    {
        var text = Encoding.UTF8.GetString(Sample.Cda);
        var start = text.IndexOf("<ClinicalDocument", StringComparison.Ordinal);
        var wrapped = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><xsl:stylesheet version=\"1.0\" "
            + "xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\"><xsl:template match=\"/\">" + text[start..] + "</xsl:template></xsl:stylesheet>";
        var request = Request();
        request.Content = ByteString.CopyFromUtf8(wrapped);
        var receipt = await Producer.SubmitAsync(request);
        Assert.Equal((Sample.UniqueId.ToString(), request.Content.Length), (receipt.UniqueId, (int)receipt.Size));

        // The same document without its wrapper is another content.
        await Waiting.RefusedAsync(() => Producer.SubmitAsync(Request()), RefusalCode.UniqueIdReused, "metadata.unique_id");
    }

    [Fact]
    public async Task Another_person_than_the_document_names_is_a_mismatch()
    {
        var request = Request();
        request.Patient = People.Patient(1).ToWire();
        await Waiting.RefusedAsync(() => Producer.SubmitAsync(request), RefusalCode.InsMismatch, "patient");
    }

    [Fact]
    public async Task The_right_person_stated_too_is_welcome()
    {
        var request = Request();
        request.Patient = Sample.PatientId.ToWire();
        request.Metadata.MimeType = "text/xml";
        request.Metadata.TypeCode = Sample.TypeCode;
        request.Metadata.CreatedAt = Timestamp.FromDateTimeOffset(Sample.CreatedAt);
        Assert.NotEqual("", (await Producer.SubmitAsync(request)).DocumentId);
    }

    [Fact]
    public async Task A_stranger_does_not_deposit_another_structures_document() =>
        await Waiting.RefusedAsync(
            () => _host.As(People.Producer(People.Practice == Sample.StructureId.ToString() ? People.Hospital : "1750100125"))
                .SubmitAsync(Request()),
            RefusalCode.StructureMismatch);

    [Fact]
    public async Task Confidentiality_is_never_read_from_the_file()
    {
        var request = Request();
        request.Metadata.Confidentiality.Clear();
        await Waiting.RefusedAsync(() => Producer.SubmitAsync(request), RefusalCode.MetadataInvalid, "metadata.confidentiality");
        request.Metadata = null;
        await Waiting.RefusedAsync(() => Producer.SubmitAsync(request), RefusalCode.MetadataInvalid, "metadata.confidentiality");
    }

    [Fact]
    public async Task A_file_without_an_INS_is_refused_as_such()
    {
        var text = Encoding.UTF8.GetString(Sample.Cda).Replace("1.2.250.1.213.1.4.10", "2.999.44", StringComparison.Ordinal);
        var request = Request();
        request.Content = ByteString.CopyFromUtf8(text);
        await Waiting.RefusedAsync(() => Producer.SubmitAsync(request), RefusalCode.InsMissing);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_refused_and_the_next_one_is_not()
    {
        var request = Request();
        request.Content = ByteString.CopyFrom(Sample.Cda.AsSpan(0, Sample.Cda.Length / 2));
        await Waiting.RefusedAsync(() => Producer.SubmitAsync(request), RefusalCode.MetadataInvalid);
        Assert.Equal(0, await _host.EntriesAsync());
        Assert.False((await Producer.SubmitAsync(Request())).AlreadyKnown);
    }

    private static Wire.SubmitRequest Request() => new()
    {
        Metadata = new Wire.DocumentMetadata { Confidentiality = { Wire.Confidentiality.Normal } },
        Content = ByteString.CopyFrom(Sample.Cda),
        InsQualified = true,
        InsQualifiedAt = People.Ago(TimeSpan.FromDays(1)),
        FeedingOpposition = Wire.FeedingOpposition.Na,
    };
}
