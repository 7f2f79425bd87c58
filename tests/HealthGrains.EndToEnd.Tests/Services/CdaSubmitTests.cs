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
