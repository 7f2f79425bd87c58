using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Refusals;
using HealthGrains.Grains;
using HealthGrains.Services.Authentication;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>What time does, over the wire and with a clock that the test sets forward.</summary>
public sealed class TimeTests : IAsyncLifetime
{
    private static readonly Domain.Identity.PatientId Person = People.Patient(1);

    private readonly Wire.Patient _patient = Person.ToWire();
    private ServiceHost _host = null!; // ! set before each test
    private TestClient _owner = null!; // ! set before each test
    private TestClient _doctor = null!; // ! set before each test
    private TestClient _hospital = null!; // ! set before each test

    public async Task InitializeAsync()
    {
        _host = await ServiceHost.StartAsync(DomainPolicy.Default with { InvisiblePatientMax = TimeSpan.FromDays(30) });
        _owner = _host.As(new Caller.Patient(Person));
        _doctor = _host.As(People.Doctor);
        _hospital = _host.As(People.HospitalSystem);
        await _owner.OpenRecordAsync(_patient);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_document_that_waits_for_an_announcement_reaches_its_patient_by_itself()
    {
        var request = People.Document(Person);
        request.Metadata.Confidentiality.Clear();
        request.Metadata.Confidentiality.Add(Wire.Confidentiality.HiddenFromPatient);
        var receipt = await _hospital.SubmitAsync(request);
        await using var watch = _owner.Watch(_patient, 0);
        Assert.Empty((await _owner.ListAsync(new Wire.ListDocumentsRequest { Patient = _patient })).Documents);

        _host.Pass(TimeSpan.FromDays(31));

        var told = await watch.NextAsync("the document");
        Assert.Equal(("REMISE_VISIBILITE_AUTO", receipt.DocumentId), (told.Code, told.DocumentId));
        Assert.Equal("urn:healthgrains:notification:REMISE_VISIBILITE_AUTO", told.Urn);
        Assert.Equal(1, told.Sequence);
        Assert.Equal(
            [Wire.Confidentiality.Normal], Assert.Single((await _owner.ListAsync(
                new Wire.ListDocumentsRequest { Patient = _patient })).Documents).Metadata.Confidentiality);
    }

    [Fact]
    public async Task An_announced_record_opens_by_itself_unless_the_person_opposes()
    {
        var (waiting, opposing) = (People.Patient(2), People.Patient(3));
        var opposed = _host.As(new Caller.Patient(opposing));
        foreach (var person in new[] { waiting, opposing })
        {
            Assert.False((await AnnounceAsync(person)).AlreadySo);
            await Waiting.RefusedAsync(() => _hospital.SubmitAsync(People.Document(person)), RefusalCode.PatientUnknown, "patient");
        }

        Assert.True((await AnnounceAsync(waiting)).AlreadySo);
        await opposed.CloseRecordAsync(opposing.ToWire());
        using var grown = _host.Dependencies.Feed.Subscribe(GrainIds.Of(waiting));
        _host.Pass(TimeSpan.FromDays(43));
        while (await _host.VersionOfAsync(waiting) < 3)
            await grown.WaitAsync(TimeSpan.FromSeconds(20), default).AsTask().Within("the opening");

        await _hospital.SubmitAsync(People.Document(waiting));
        await Waiting.RefusedAsync(() => _hospital.SubmitAsync(People.Document(opposing)), RefusalCode.PatientUnknown, "patient");
        Assert.Equal(Wire.RecordState.Opposed, (await opposed.GetRecordAsync(opposing.ToWire())).State);

        Task<Wire.AnnounceRecordResponse> AnnounceAsync(Domain.Identity.PatientId person) => _host.As(People.Operator)
            .CallAsync<Wire.AnnounceRecordRequest, Wire.AnnounceRecordResponse>(
                "Operations/AnnounceRecord", new Wire.AnnounceRecordRequest { Patient = person.ToWire() });
    }

    [Fact]
    public async Task A_deleted_record_is_unknown_and_its_contents_are_gone()
    {
        await _owner.AuthorizeAsync(_patient, People.DoctorId);
        await _hospital.SubmitAsync(People.Document(Person));
        var read = new Wire.ReadContentRequest { Patient = _patient, UniqueId = "2.999.7^1" };
        Assert.NotEmpty((await _doctor.ReadContentAsync(read)).Bytes);
        var journal = GrainIds.Of(Person);
        Assert.Equal(1, (await _host.Store.VerifyAsync(journal, null, default)).Contents);

        using var grown = _host.Dependencies.Feed.Subscribe(journal);
        await _owner.CallAsync<Wire.CloseRecordRequest, Wire.CloseRecordResponse>(
            "Consents/CloseRecord", new Wire.CloseRecordRequest { Patient = _patient, DeletionRequested = true });

        // Opened, authorised, deposited, read, closed and scheduled; destroyed and scheduled, and the contents deleted.
        while (await _host.VersionOfAsync(Person) < 9)
            await grown.WaitAsync(TimeSpan.FromSeconds(20), default).AsTask().Within("the deletion");
        Assert.Equal(0, (await _host.Store.VerifyAsync(journal, null, default)).Contents);

        await Waiting.RefusedAsync(() => _owner.GetRecordAsync(_patient), RefusalCode.PatientUnknown, "patient");
        await Waiting.RefusedAsync(() => _doctor.GetRecordAsync(_patient), RefusalCode.PatientUnknown, "patient");
        await Waiting.RefusedAsync(() => _doctor.ReadContentAsync(read), RefusalCode.PatientUnknown);
        await Waiting.RefusedAsync(
            () => _hospital.SubmitAsync(People.Document(Person, "2")), RefusalCode.PatientUnknown, "patient");
        await Waiting.RefusedAsync(() => _owner.OpenRecordAsync(_patient), RefusalCode.PatientUnknown, "patient");
        Assert.Null((await _host.Store.VerifyAsync(null, null, default)).FirstDamage);
    }

    [Fact]
    public async Task An_emergency_watches_until_its_session_ends()
    {
        await _hospital.SubmitAsync(People.Document(Person));
        var access = new Wire.AccessContext { Mode = Wire.AccessContext.Types.Mode.Emergency, Reason = "coma" };
        await using var refused = Watch(null);
        await refused.EndsWithAsync(RefusalCode.ConsentRequired);
        await using var watch = Watch(access);
        Assert.NotNull((await watch.NextAsync("the document")).Document);
        await _hospital.SubmitAsync(People.Document(Person, "2"));
        Assert.NotNull((await watch.NextAsync("the second document")).Document);

        _host.Pass(DomainPolicy.Default.EmergencySession);
        await _hospital.SubmitAsync(People.Document(Person, "3"));
        await watch.EndsWithAsync(RefusalCode.EmergencyReasonRequired);

        var changes = await _doctor.CallAsync<Wire.ChangesSinceRequest, Wire.ChangesSinceResponse>(
            "PatientRecords/ChangesSince", new Wire.ChangesSinceRequest { Patient = _patient, Access = access });
        Assert.Equal(3, changes.Changes.Count);
        Assert.Equal(
            2, (await _owner.ChangesAsync(_patient, 0)).Changes.Count(change => change.Code == "ACCES_BRIS_GLACE"));
        var traces = (await _owner.AccessesAsync(new Wire.ListAccessesRequest { Patient = _patient })).Traces;
        Assert.All(traces.Where(trace => trace.Outcome == "ALLOW_EMERGENCY"), trace => Assert.Equal("coma", trace.Reason));

        TestStream<Wire.RecordChange> Watch(Wire.AccessContext? how) => new(ct =>
            _doctor.Stream<Wire.WatchRequest, Wire.RecordChange>(
                "PatientRecords/Watch", new Wire.WatchRequest { Patient = _patient, Access = how }, ct));
    }

    [Fact]
    public async Task Everything_is_masked_at_once_and_what_comes_too()
    {
        await _owner.AuthorizeAsync(_patient, People.DoctorId);
        var first = await _hospital.SubmitAsync(People.Document(Person));
        var all = await MaskAsync(new Wire.SetMaskingRequest
        {
            All = true, Visible = Wire.Decision.Deny, Future = Wire.Decision.Deny,
        });
        Assert.Equal(("OK", 1, Wire.Decision.Deny), (all.Code, all.Changed, all.Future));
        await _hospital.SubmitAsync(People.Document(Person, "2"));
        Assert.Empty((await _doctor.ListAsync(new Wire.ListDocumentsRequest { Patient = _patient })).Documents);

        var unknown = new string('0', 8) + "-0000-4000-8000-000000000000";
        var some = await MaskAsync(new Wire.SetMaskingRequest
        {
            Documents = new Wire.MaskingTargets
            {
                Documents =
                {
                    new Wire.MaskingTarget { DocumentId = first.DocumentId, EntryVersion = 2 },
                    new Wire.MaskingTarget { DocumentId = unknown },
                },
            },
            Visible = Wire.Decision.Permit,
        });
        Assert.Equal(("PARTIAL_SUCCESS", 1), (some.Code, some.Changed));
        Assert.Equal(["OK", "DOCUMENT_NOT_FOUND"], some.Results.Select(result => result.Code));
        Assert.Single((await _doctor.ListAsync(new Wire.ListDocumentsRequest { Patient = _patient })).Documents);

        await Waiting.RefusedAsync(
            () => MaskAsync(new Wire.SetMaskingRequest { All = true }), RefusalCode.MetadataInvalid, "visible");
        await Waiting.RefusedAsync(
            () => MaskAsync(new Wire.SetMaskingRequest { All = false, Visible = Wire.Decision.Deny }),
            RefusalCode.MetadataInvalid, "all");
        await Waiting.RefusedAsync(
            () => _doctor.CallAsync<Wire.SetMaskingRequest, Wire.SetMaskingResponse>(
                "PatientRecords/SetMasking",
                new Wire.SetMaskingRequest { Patient = _patient, All = true, Visible = Wire.Decision.Permit }),
            RefusalCode.CallerKindForbidden);

        Task<Wire.SetMaskingResponse> MaskAsync(Wire.SetMaskingRequest request)
        {
            request.Patient = _patient;
            return _owner.CallAsync<Wire.SetMaskingRequest, Wire.SetMaskingResponse>("PatientRecords/SetMasking", request);
        }
    }

    [Fact]
    public async Task What_is_muted_is_told_silently()
    {
        var set = await _owner.CallAsync<Wire.SetPreferencesRequest, Wire.SetPreferencesResponse>(
            "Consents/SetPreferences",
            new Wire.SetPreferencesRequest
            {
                Patient = _patient, Notifications = new Wire.NotificationPreferences { Document = Wire.Decision.Deny },
            });
        Assert.Equal((Wire.Decision.Deny, Wire.Decision.Permit), (set.Notifications.Document, set.Notifications.Message));
        await _hospital.SubmitAsync(People.Document(Person));

        var told = Assert.Single((await _owner.ChangesAsync(_patient, 0)).Changes);
        Assert.True(told.Silent);
        var got = await _owner.CallAsync<Wire.GetPreferencesRequest, Wire.GetPreferencesResponse>(
            "Consents/GetPreferences", new Wire.GetPreferencesRequest { Patient = _patient });
        Assert.Equal(set.Notifications, got.Notifications);
        Assert.Equal(Wire.Decision.Permit, got.FutureDocuments);
        await Waiting.RefusedAsync(
            () => _owner.CallAsync<Wire.SetPreferencesRequest, Wire.SetPreferencesResponse>(
                "Consents/SetPreferences",
                new Wire.SetPreferencesRequest
                {
                    Patient = _patient, Notifications = new Wire.NotificationPreferences { Screening = (Wire.Decision)9 },
                }),
            RefusalCode.MetadataInvalid, "notifications.screening");
    }
}
