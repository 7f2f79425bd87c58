using HealthGrains.Domain.Refusals;
using HealthGrains.Services.Authentication;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>Labels changed over the wire, as far as the inbox of a follower.</summary>
public sealed class LabelChangeTests : IAsyncLifetime
{
    private static readonly Domain.Identity.PatientId Person = People.Patient(1);

    private readonly Wire.Patient _patient = Person.ToWire();
    private ServiceHost _host = null!; // ! set before each test

    public async Task InitializeAsync() => _host = await ServiceHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_mask_hides_at_once_and_lifting_it_reaches_the_inbox()
    {
        var owner = _host.As(new Caller.Patient(Person));
        var doctor = _host.As(People.Doctor);
        await owner.OpenRecordAsync(_patient);
        await owner.AuthorizeAsync(_patient, People.DoctorId);
        await doctor.FollowAsync(_patient);
        var receipt = await _host.As(People.HospitalSystem).SubmitAsync(People.Document(Person));
        await using var inbox = doctor.WatchInbox(0);
        Assert.Equal("AJOUT_DOCUMENT", (await inbox.NextAsync("the document")).Code);

        var masked = await SetAsync(owner, 1, Wire.Confidentiality.MaskedFromProfessionals);
        Assert.Equal(2, masked.EntryVersion);
        Assert.Empty((await doctor.ListAsync(new Wire.ListDocumentsRequest { Patient = _patient })).Documents);
        await Waiting.RefusedAsync(() => SetAsync(doctor, 2, Wire.Confidentiality.Normal), RefusalCode.DocumentNotFound, "document_id");
        await Waiting.RefusedAsync(() => SetAsync(owner, 1, Wire.Confidentiality.Normal), RefusalCode.StaleVersion, "entry_version");
        await Waiting.RefusedAsync(() => SetAsync(owner, 2), RefusalCode.MetadataInvalid, "confidentiality");
        await Waiting.RefusedAsync(
            () => SetAsync(owner, 2, Wire.Confidentiality.HiddenFromPatient), RefusalCode.CallerKindForbidden, "confidentiality");

        await SetAsync(owner, 2, Wire.Confidentiality.Normal);
        var told = await inbox.NextAsync("the document again");
        Assert.Equal(("AJOUT_DOCUMENT", receipt.DocumentId), (told.Code, told.DocumentId));
        Assert.Single((await doctor.ListAsync(new Wire.ListDocumentsRequest { Patient = _patient })).Documents);

        async Task<Wire.Document> SetAsync(TestClient client, int version, params Wire.Confidentiality[] labels) =>
            (await client.CallAsync<Wire.SetConfidentialityRequest, Wire.SetConfidentialityResponse>(
                "PatientRecords/SetConfidentiality",
                new Wire.SetConfidentialityRequest
                {
                    Patient = _patient, DocumentId = receipt.DocumentId, EntryVersion = version, Confidentiality = { labels },
                })).Document;
    }
}
