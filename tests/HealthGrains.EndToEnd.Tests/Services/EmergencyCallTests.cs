using HealthGrains.Domain.Refusals;
using HealthGrains.Services.Authentication;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>Emergencies over the wire: the two modes, their flags, and what the patient is told.</summary>
public sealed class EmergencyCallTests : IAsyncLifetime
{
    private static readonly Domain.Identity.PatientId Person = People.Patient(1);

    private readonly Wire.Patient _patient = Person.ToWire();
    private ServiceHost _host = null!; // ! set before each test
    private TestClient _owner = null!; // ! set before each test
    private TestClient _doctor = null!; // ! set before each test

    public async Task InitializeAsync()
    {
        _host = await ServiceHost.StartAsync();
        _owner = _host.As(new Caller.Patient(Person));
        _doctor = _host.As(People.Doctor);
        await _owner.OpenRecordAsync(_patient);
        await _host.As(People.HospitalSystem).SubmitAsync(People.Document(Person));
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Breaking_the_glass_reads_without_a_permit_and_the_patient_sees_who_and_why()
    {
        await Waiting.RefusedAsync(() => ReadAsync(null), RefusalCode.ConsentRequired);

        Assert.Equal("2.999.7^1", (await ReadAsync(Glass("Patient inconscient"))).Entry?.Metadata.UniqueId);
        Assert.Equal(1, (await _doctor.CallAsync<Wire.GetRecordRequest, Wire.GetRecordResponse>(
            "PatientRecords/GetRecord", new Wire.GetRecordRequest { Patient = _patient, Access = Glass("coma") })).Documents);
        Assert.Single((await _doctor.ListAsync(
            new Wire.ListDocumentsRequest { Patient = _patient, Access = Glass("coma") })).Documents);

        var traces = (await _owner.AccessesAsync(new Wire.ListAccessesRequest { Patient = _patient })).Traces;
        Assert.Equal(["ListDocuments", "GetRecord", "ReadContent", "ReadContent"], traces.Select(trace => trace.Action));
        Assert.Equal(["ALLOW_EMERGENCY", "ALLOW_EMERGENCY", "ALLOW_EMERGENCY", "CONSENT_REQUIRED"], traces.Select(trace => trace.Outcome));
        Assert.Equal((Wire.AccessContext.Types.Mode.Emergency, "Patient inconscient"), (traces[2].Mode, traces[2].Reason));
        Assert.Equal(Domain.Access.AccessMatrix.Shipped.Version, traces[2].MatrixVersion);
        var told = (await _owner.ChangesAsync(_patient, 0)).Changes;
        Assert.Equal(["AJOUT_DOCUMENT", "ACCES_BRIS_GLACE"], told.Select(change => change.Code));
        await Waiting.RefusedAsync(() => ReadAsync(null), RefusalCode.ConsentRequired);
    }

    [Fact]
    public async Task Each_mode_asks_its_own_flag_its_reason_and_its_role()
    {
        await Waiting.RefusedAsync(() => ReadAsync(Glass("")), RefusalCode.EmergencyReasonRequired, "access.reason");
        await Waiting.RefusedAsync(() => ReadAsync(Glass(new string('x', 1001))), RefusalCode.MetadataInvalid, "access.reason");
        await Waiting.RefusedAsync(() => ReadAsync(Glass("co\u0000ma")), RefusalCode.MetadataInvalid, "access.reason");
        await ReadAsync(Glass(new string('x', 1000)));
        await Waiting.RefusedAsync(() => ReadAsync(Centre()), RefusalCode.RegulationRoleRequired);
        var samu = _host.As(People.Doctor with { IsRegulation = true });
        await ReadAsync(Centre(), samu);

        var flags = await SetAsync(new Wire.EmergencyAccess { BreakTheGlass = Wire.Decision.Deny });
        Assert.Equal(
            (Wire.Decision.Permit, Wire.Decision.Deny, Wire.Decision.Deny),
            (flags.Emergency.RegulationCentre, flags.Emergency.BreakTheGlass, flags.Emergency.MaskedDocuments));
        Assert.False(flags.Receipt.AlreadySo);
        await Waiting.RefusedAsync(() => ReadAsync(Glass("coma")), RefusalCode.EmergencyRefused);
        await ReadAsync(Centre(), samu);
        Assert.True((await SetAsync(new Wire.EmergencyAccess { BreakTheGlass = Wire.Decision.Deny })).Receipt.AlreadySo);
        Assert.Equal(flags.Emergency, (await _owner.GetConsentsAsync(_patient)).Emergency);
        await Waiting.RefusedAsync(
            () => SetAsync(new Wire.EmergencyAccess { MaskedDocuments = (Wire.Decision)9 }),
            RefusalCode.MetadataInvalid, "emergency.masked_documents");
    }

    private Task<Wire.SetEmergencyAccessResponse> SetAsync(Wire.EmergencyAccess flags) =>
        _owner.CallAsync<Wire.SetEmergencyAccessRequest, Wire.SetEmergencyAccessResponse>(
            "Consents/SetEmergencyAccess", new Wire.SetEmergencyAccessRequest { Patient = _patient, Emergency = flags });

    private Task<(Wire.Document? Entry, byte[] Bytes)> ReadAsync(Wire.AccessContext? access, TestClient? by = null) =>
        (by ?? _doctor).ReadContentAsync(
            new Wire.ReadContentRequest { Patient = _patient, UniqueId = "2.999.7^1", Access = access });

    private static Wire.AccessContext Glass(string reason) =>
        new() { Mode = Wire.AccessContext.Types.Mode.Emergency, Reason = reason };

    private static Wire.AccessContext Centre() =>
        new() { Mode = Wire.AccessContext.Types.Mode.RegulationCentre, Reason = "Appel au 15" };
}
