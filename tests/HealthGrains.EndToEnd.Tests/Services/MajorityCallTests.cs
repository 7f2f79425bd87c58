using System.Globalization;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Services.Authentication;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>A child's eighteenth birthday, over the wire and with a clock that the test sets forward.</summary>
public sealed class MajorityCallTests : IAsyncLifetime
{
    private static readonly PatientId Person = People.Patient(1);

    private readonly Wire.Patient _patient = Person.ToWire();
    private ServiceHost _host = null!; // ! set before each test

    public async Task InitializeAsync() => _host = await ServiceHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task The_parents_are_reminded_in_time_and_what_they_permitted_ends_on_the_day()
    {
        var (owner, parent, aunt) = (
            _host.As(new Caller.Patient(Person)), _host.As(new Caller.Delegate("parent-1")), _host.As(new Caller.Delegate("aunt-1")));
        var (doctor, nurse) = (_host.As(People.Doctor), _host.As(People.Nurse));
        await owner.OpenRecordAsync(_patient);
        var born = TimeProvider.System.GetUtcNow().AddYears(-18).AddDays(60).ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        await _host.As(People.Operator).AddRepresentativeAsync(_patient, "parent-1", born);
        await parent.AddDelegateAsync(_patient, "aunt-1");
        await aunt.AnswerDelegationAsync(_patient);
        await parent.AuthorizeAsync(_patient, People.DoctorId);
        await parent.BlockAsync(_patient, People.NurseId);
        await _host.As(People.HospitalSystem).SubmitAsync(People.Document(Person));
        var list = new Wire.ListDocumentsRequest { Patient = _patient };
        Assert.Single((await doctor.ListAsync(list)).Documents);

        await using var toParent = parent.Watch(_patient, (await parent.GetRecordAsync(_patient)).Sequence);
        _host.Pass(TimeSpan.FromDays(31));
        Assert.Equal("RAPPEL_CONSENT_RL_PASSAGE_MAJO", (await toParent.NextAsync("the reminder of the parents")).Code);
        Assert.Single((await doctor.ListAsync(list)).Documents);

        await using var toOwner = owner.Watch(_patient, (await owner.GetRecordAsync(_patient)).Sequence);
        _host.Pass(TimeSpan.FromDays(30));
        Assert.Equal("RAPPEL_CONSENT_PASSAGE_MAJO", (await toOwner.NextAsync("the reminder of the person")).Code);
        await toParent.EndsWithAsync(RefusalCode.DelegationForbidden);
        await Waiting.RefusedAsync(() => doctor.ListAsync(list), RefusalCode.ConsentRequired);
        await Waiting.RefusedAsync(() => nurse.ListAsync(list), RefusalCode.AccessBlocked);
        await Waiting.RefusedAsync(() => aunt.GetRecordAsync(_patient), RefusalCode.DelegationForbidden, "patient");
        Assert.Empty((await owner.GetConsentsAsync(_patient)).Delegates);

        await owner.AuthorizeAsync(_patient, People.DoctorId);
        Assert.Single((await doctor.ListAsync(list)).Documents);
    }
}
