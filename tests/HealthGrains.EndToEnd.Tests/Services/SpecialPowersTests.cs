using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Refusals;
using HealthGrains.Services.Authentication;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>Administrators, the family doctor, and the consents of purposes, over the wire.</summary>
public sealed class SpecialPowersTests : IAsyncLifetime
{
    private static readonly PatientId Person = People.Patient(1);

    private readonly Wire.Patient _patient = Person.ToWire();
    private ServiceHost _host = null!; // ! set before each test
    private TestClient _owner = null!; // ! set before each test
    private TestClient _doctor = null!; // ! set before each test
    private TestClient _insurance = null!; // ! set before each test

    public Task InitializeAsync() => StartAsync(DomainPolicy.Default);

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task An_administrator_reads_what_is_masked_and_blocks_others_until_the_permit_ends()
    {
        await Waiting.RefusedAsync(
            () => _owner.SetAdministratorAsync(_patient, People.NurseId), RefusalCode.ConsentRequired, "professional_id");
        await Waiting.RefusedAsync(ReadMaskedAsync, RefusalCode.DocumentNotFound);
        await Waiting.RefusedAsync(() => _doctor.BlockAsync(_patient, People.NurseId), RefusalCode.CallerKindForbidden);

        var named = await _owner.SetAdministratorAsync(_patient, People.DoctorId);
        Assert.True(named.Authorization.IsAdmin);
        Assert.True((await _owner.SetAdministratorAsync(_patient, People.DoctorId)).Receipt.AlreadySo);
        Assert.True((await _doctor.GetRecordAsync(_patient)).CallerIsAdministrator);
        await ReadMaskedAsync();
        await _doctor.BlockAsync(_patient, People.NurseId);
        await Waiting.RefusedAsync(() => _doctor.BlockAsync(_patient, People.DoctorId), RefusalCode.MetadataInvalid);
        await Waiting.RefusedAsync(() => _doctor.UnblockAsync(_patient, People.NurseId), RefusalCode.CallerKindForbidden);
        var block = Assert.Single((await _owner.GetConsentsAsync(_patient)).Blocks);
        Assert.Equal((People.NurseId, People.DoctorId), (block.ProfessionalId, block.BlockedBy.Id));
        await Waiting.RefusedAsync(
            () => _host.As(People.Nurse).ListAsync(new Wire.ListDocumentsRequest { Patient = _patient }), RefusalCode.AccessBlocked);

        Assert.False((await _owner.SetAdministratorAsync(_patient, People.DoctorId, false)).Authorization.IsAdmin);
        await Waiting.RefusedAsync(ReadMaskedAsync, RefusalCode.DocumentNotFound);
        await _owner.SetAdministratorAsync(_patient, People.DoctorId);
        await _owner.RevokeAsync(_patient, People.DoctorId);
        await _owner.AuthorizeAsync(_patient, People.DoctorId);
        await Waiting.RefusedAsync(ReadMaskedAsync, RefusalCode.DocumentNotFound);
    }

    [Fact]
    public async Task The_family_doctor_is_told_so_and_reads_what_is_masked()
    {
        Assert.False((await _doctor.GetRecordAsync(_patient)).CallerIsAttendingPhysician);
        Assert.False((await _insurance.SetAttendingPhysicianAsync(_patient, People.DoctorId)).Receipt.AlreadySo);
        Assert.True((await _insurance.SetAttendingPhysicianAsync(_patient, People.DoctorId)).Receipt.AlreadySo);
        Assert.True((await _doctor.GetRecordAsync(_patient)).CallerIsAttendingPhysician);
        Assert.Equal(People.DoctorId, (await _owner.GetConsentsAsync(_patient)).AttendingPhysicianId);
        await ReadMaskedAsync();
        await Waiting.RefusedAsync(() => _doctor.GetConsentsAsync(_patient), RefusalCode.CallerKindForbidden);

        // Being the family doctor is no authorisation.
        await _owner.RevokeAsync(_patient, People.DoctorId);
        await Waiting.RefusedAsync(ReadMaskedAsync, RefusalCode.ConsentRequired);
        await _insurance.SetAttendingPhysicianAsync(_patient, "");
        Assert.Equal("", (await _owner.GetConsentsAsync(_patient)).AttendingPhysicianId);
        await Waiting.RefusedAsync(
            () => _insurance.SetAttendingPhysicianAsync(People.Patient(9).ToWire(), People.DoctorId), RefusalCode.PatientUnknown);
    }

    [Fact]
    public async Task The_parameters_turn_both_powers_of_the_family_doctor()
    {
        await _host.DisposeAsync();
        await StartAsync(DomainPolicy.Default with
        {
            AttendingPhysicianSeesMasked = false,
            AttendingPhysicianActsForPatient = true,
        });
        await _insurance.SetAttendingPhysicianAsync(_patient, People.DoctorId);
        await Waiting.RefusedAsync(ReadMaskedAsync, RefusalCode.DocumentNotFound);
        Assert.Single((await _doctor.GetConsentsAsync(_patient)).Authorizations);
        await _doctor.AuthorizeAsync(_patient, People.NurseId);
        Assert.Equal(People.DoctorId, (await _owner.GetConsentsAsync(_patient)).Authorizations[^1].GrantedBy.Id);
    }

    [Fact]
    public async Task Purposes_are_decided_row_by_row_and_show_beside_the_emergency_flags()
    {
        var permit = Row("DOCS", Wire.Decision.Permit, "2026-01");
        Assert.False((await SetAsync(permit)).Receipt.AlreadySo);
        var again = await SetAsync(permit);
        Assert.True(again.Receipt.AlreadySo);
        Assert.NotNull(again.Consent.DecidedAt);
        Assert.False((await SetAsync(Row("SECONDARY_USE", Wire.Decision.Deny))).Receipt.AlreadySo);
        Assert.False((await SetAsync(Row("service:agenda:rappels", Wire.Decision.Permit, "3", "Rendez-vous, lecture"))).Receipt.AlreadySo);

        // The service asks for more: that is to be decided anew.
        Assert.False((await SetAsync(Row("service:agenda:rappels", Wire.Decision.Permit, "3", "Rendez-vous, écriture"))).Receipt.AlreadySo);
        Assert.False((await SetAsync(Row("SECONDARY_USE", Wire.Decision.Permit, "2026-01"))).Receipt.AlreadySo);

        var consents = await _owner.GetConsentsAsync(_patient);
        Assert.Equal(
            [("DOCS", true), ("SECONDARY_USE", true), ("service:agenda:rappels", true)],
            consents.Purposes.Select(row => (row.Purpose, row.Decision == Wire.Decision.Permit)));
        Assert.Equal("Rendez-vous, écriture", consents.Purposes[^1].Perimeter);
        Assert.Equal(Wire.Decision.Permit, consents.Emergency.BreakTheGlass);

        foreach (var (row, field) in new[]
        {
            (Row("ETREAT", Wire.Decision.Permit, "1"), "consent.purpose"),
            (Row("service:agenda", Wire.Decision.Deny), "consent.purpose"),
            (Row("service:a:b:c", Wire.Decision.Deny), "consent.purpose"),
            (Row("", Wire.Decision.Deny), "consent.purpose"),
            (Row(new string('x', 129), Wire.Decision.Deny), "consent.purpose"),
            (Row("DOCS", Wire.Decision.Unspecified), "consent.decision"),
            (Row("DOCS", Wire.Decision.Permit), "consent.terms_version"),
            (Row("DOCS", Wire.Decision.Permit, "1", "everything"), "consent.perimeter"),
            (Row("service:agenda:rappels", Wire.Decision.Permit, "4"), "consent.perimeter"),
            (Row("service:agenda:rappels", Wire.Decision.Permit, "4", new string('x', 10_000)), "consent.perimeter"),
        })
        {
            await Waiting.RefusedAsync(() => SetAsync(row), RefusalCode.MetadataInvalid, field);
        }
    }

    private async Task StartAsync(DomainPolicy policy)
    {
        _host = await ServiceHost.StartAsync(policy);
        _owner = _host.As(new Caller.Patient(Person));
        _doctor = _host.As(People.Doctor);
        _insurance = _host.As(People.Operator);
        await _owner.OpenRecordAsync(_patient);
        await _owner.AuthorizeAsync(_patient, People.DoctorId);
        var masked = People.Document(Person);
        masked.Metadata.Confidentiality.Add(Wire.Confidentiality.MaskedFromProfessionals);
        await _host.As(People.HospitalSystem).SubmitAsync(masked);
    }

    private Task ReadMaskedAsync() =>
        _doctor.ReadContentAsync(new Wire.ReadContentRequest { Patient = _patient, UniqueId = "2.999.7^1" });

    private Task<Wire.SetPurposeConsentResponse> SetAsync(Wire.PurposeConsent row) =>
        _owner.CallAsync<Wire.SetPurposeConsentRequest, Wire.SetPurposeConsentResponse>(
            "Consents/SetPurposeConsent", new Wire.SetPurposeConsentRequest { Patient = _patient, Consent = row });

    private static Wire.PurposeConsent Row(string purpose, Wire.Decision decision, string terms = "", string perimeter = "") => new()
    {
        Purpose = purpose,
        Decision = decision,
        TermsVersion = terms,
        Perimeter = perimeter,
    };
}
