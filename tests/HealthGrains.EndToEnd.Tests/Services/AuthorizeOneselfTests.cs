using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Services.Authentication;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>A professional states that he or she may read, and overcomes nothing that the patient said.</summary>
public sealed class AuthorizeOneselfTests : IAsyncLifetime
{
    private static readonly PatientId Person = People.Patient(1);

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
    public async Task Explicit_consent_opens_the_record_for_a_day()
    {
        await Waiting.RefusedAsync(ListAsync, RefusalCode.ConsentRequired);
        var stated = await StateAsync();
        Assert.Equal(
            (Wire.Authorization.Types.Basis.Explicit, People.DoctorId, People.DoctorId),
            (stated.Authorization.Basis, stated.Authorization.Holder.ProfessionalId, stated.Authorization.GrantedBy.Id));
        Assert.Equal(TimeSpan.FromDays(1), stated.Authorization.End.ToDateTimeOffset() - stated.Authorization.Start.ToDateTimeOffset());
        await ListAsync();

        // The patient sees it among the others, and may end it.
        Assert.Equal(stated.Authorization.AuthorizationId, Assert.Single((await _owner.GetConsentsAsync(_patient)).Authorizations).AuthorizationId);
        _host.Pass(TimeSpan.FromDays(1));
        await Waiting.RefusedAsync(ListAsync, RefusalCode.ConsentRequired);
    }

    [Fact]
    public async Task A_care_team_lasts_until_it_is_ended_and_may_be_the_structure()
    {
        var person = await StateAsync(Wire.Authorization.Types.Basis.CareTeam);
        Assert.Null(person.Authorization.End);
        Assert.True((await StateAsync(Wire.Authorization.Types.Basis.CareTeam)).Receipt.AlreadySo);
        Assert.True((await StateAsync()).Receipt.AlreadySo);
        var structure = await StateAsync(
            Wire.Authorization.Types.Basis.CareTeam, new Wire.Holder { OrganizationId = People.Practice });
        Assert.Equal(People.Practice, structure.Authorization.Holder.OrganizationId);

        // A colleague acts in the structure too; the habilitation matrix bounds what is read.
        await _host.As(People.Nurse).ListAsync(new Wire.ListDocumentsRequest { Patient = _patient });
        await _owner.RevokeAsync(_patient, People.DoctorId);
        await _owner.RevokeAsync(new Wire.RevokeAuthorizationRequest
        {
            Patient = _patient, Holder = new Wire.Holder { OrganizationId = People.Practice },
        });
        await Waiting.RefusedAsync(ListAsync, RefusalCode.ConsentRequired);
    }

    [Fact]
    public async Task What_the_patient_said_is_not_overcome_and_the_attempt_is_seen()
    {
        await _owner.BlockAsync(_patient, People.DoctorId);
        await Waiting.RefusedAsync(() => StateAsync(), RefusalCode.AccessBlocked);
        await _owner.UnblockAsync(_patient, People.DoctorId);
        await _owner.RevokeAsync(new Wire.RevokeAuthorizationRequest
        {
            Patient = _patient, Holder = new Wire.Holder { OrganizationId = People.Practice }, Deny = true,
        });
        await Waiting.RefusedAsync(() => StateAsync(), RefusalCode.AccessDenied);
        await Waiting.RefusedAsync(
            () => StateAsync(Wire.Authorization.Types.Basis.CareTeam, new Wire.Holder { OrganizationId = People.Practice }),
            RefusalCode.AccessDenied);
        Assert.DoesNotContain(
            (await _owner.GetConsentsAsync(_patient)).Authorizations, one => one.Decision == Wire.Decision.Permit);
        Assert.Equal(
            ["ACCESS_DENIED", "ACCESS_DENIED", "ACCESS_BLOCKED"],
            (await _owner.AccessesAsync(new Wire.ListAccessesRequest { Patient = _patient })).Traces
                .Where(trace => trace.Action == "AuthorizeProfessional")
                .Select(trace => trace.Outcome));

        await _owner.CloseRecordAsync(_patient);
        await Waiting.RefusedAsync(() => StateAsync(), RefusalCode.RecordClosed);
        await Waiting.RefusedAsync(
            () => _doctor.AuthorizeAsync(new Wire.AuthorizeProfessionalRequest { Patient = People.Patient(9).ToWire() }),
            RefusalCode.PatientUnknown);
    }

    [Fact]
    public async Task Nobody_states_a_right_of_somebody_else_or_a_longer_one()
    {
        await Waiting.RefusedAsync(
            () => StateAsync(holder: new Wire.Holder { ProfessionalId = People.NurseId }), RefusalCode.CallerKindForbidden);
        await Waiting.RefusedAsync(
            () => StateAsync(Wire.Authorization.Types.Basis.CareTeam, new Wire.Holder { OrganizationId = People.OtherHospital }),
            RefusalCode.MetadataInvalid,
            "basis");
        await Waiting.RefusedAsync(
            () => StateAsync(Wire.Authorization.Types.Basis.Patient, new Wire.Holder { ProfessionalId = People.DoctorId }),
            RefusalCode.CallerKindForbidden);
        await Waiting.RefusedAsync(
            () => StateAsync(holder: new Wire.Holder { OrganizationId = People.Practice }), RefusalCode.MetadataInvalid, "holder");
        await Waiting.RefusedAsync(() => StateAsync(lasting: TimeSpan.FromDays(2)), RefusalCode.MetadataInvalid, "end");
        await Waiting.RefusedAsync(() => StateAsync(lasting: -TimeSpan.FromDays(2)), RefusalCode.MetadataInvalid, "end");
        await Waiting.RefusedAsync(
            () => _doctor.AuthorizeAsync(new Wire.AuthorizeProfessionalRequest
            {
                Patient = _patient, Start = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
            }),
            RefusalCode.MetadataInvalid,
            "start");
        await Waiting.RefusedAsync(ListAsync, RefusalCode.ConsentRequired);
    }

    private Task ListAsync() => _doctor.ListAsync(new Wire.ListDocumentsRequest { Patient = _patient });

    private Task<Wire.AuthorizeProfessionalResponse> StateAsync(
        Wire.Authorization.Types.Basis basis = Wire.Authorization.Types.Basis.Unspecified, Wire.Holder? holder = null, TimeSpan? lasting = null)
    {
        var request = new Wire.AuthorizeProfessionalRequest { Patient = _patient, Basis = basis, Holder = holder };
        if (lasting is { } time)
            request.End = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow() + time);
        return _doctor.AuthorizeAsync(request);
    }
}
