using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Services.Authentication;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>What the person sees, over the wire, of who looked, who tried, and what support did.</summary>
public sealed class LookingTraceCallTests : IAsyncLifetime
{
    private static readonly PatientId Person = People.Patient(1);

    private readonly Wire.Patient _patient = Person.ToWire();
    private ServiceHost _host = null!; // ! set before each test
    private TestClient _owner = null!; // ! set before each test

    public async Task InitializeAsync()
    {
        _host = await ServiceHost.StartAsync();
        _owner = _host.As(new Caller.Patient(Person));
        await _owner.OpenRecordAsync(_patient);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_caregivers_looks_and_a_former_ones_attempts_are_shown()
    {
        var carer = _host.As(new Caller.Delegate("carer-1"));
        await _owner.AddDelegateAsync(_patient, "carer-1");
        await carer.AnswerDelegationAsync(_patient);
        await carer.GetConsentsAsync(_patient);
        await carer.AccessesAsync(new Wire.ListAccessesRequest { Patient = _patient });
        await _owner.RevokeDelegateAsync(_patient, "1");
        await Waiting.RefusedAsync(() => carer.GetConsentsAsync(_patient), RefusalCode.DelegationForbidden);
        await Waiting.RefusedAsync(
            () => carer.AccessesAsync(new Wire.ListAccessesRequest { Patient = _patient }), RefusalCode.DelegationForbidden);
        var deposit = People.Document(Person, "own");
        await Waiting.RefusedAsync(() => carer.SubmitAsync(deposit), RefusalCode.DelegationForbidden);

        Assert.Equal(
            [
                ("Submit", "DELEGATION_FORBIDDEN"), ("ListAccesses", "DELEGATION_FORBIDDEN"), ("GetConsents", "DELEGATION_FORBIDDEN"),
                ("ListAccesses", "ALLOW"), ("GetConsents", "ALLOW"),
            ],
            (await TracesAsync()).Select(trace => (trace.Action, trace.Outcome)));
        Assert.Equal(
            4, (await TracesAsync(Wire.AccessTrace.Types.Group.General)).Count);
    }

    [Fact]
    public async Task A_refused_follow_and_an_emergency_that_is_tried_are_shown()
    {
        var doctor = _host.As(People.Doctor);
        await Waiting.RefusedAsync(() => doctor.FollowAsync(_patient), RefusalCode.ConsentRequired);
        await doctor.CallAsync<Wire.ExplainAccessRequest, Wire.ExplainAccessResponse>(
            "Consents/ExplainAccess",
            new Wire.ExplainAccessRequest
            {
                Patient = _patient,
                Access = new Wire.AccessContext { Mode = Wire.AccessContext.Types.Mode.Emergency, Reason = "coma" },
            });

        var traces = await TracesAsync();
        Assert.Equal(
            [("ExplainAccess", "ALLOW_EMERGENCY", "coma"), ("Follow", "CONSENT_REQUIRED", "")],
            traces.Select(trace => (trace.Action, trace.Outcome, trace.Reason)));
        Assert.DoesNotContain((await _owner.ChangesAsync(_patient, 0)).Changes, change => change.Code == "ACCES_BRIS_GLACE");
    }

    [Fact]
    public async Task What_support_did_is_shown()
    {
        var support = _host.As(People.Operator);
        await support.SetAttendingPhysicianAsync(_patient, People.DoctorId);
        await support.AddRepresentativeAsync(_patient, "parent-1", "20150224");
        await support.RevokeDelegateAsync(_patient, "1");
        await support.CallAsync<Wire.VerifyRecordRequest, Wire.VerifyRecordResponse>(
            "Operations/VerifyRecord", new Wire.VerifyRecordRequest { Patient = _patient });
        await support.CallAsync<Wire.AddAliasRequest, Wire.AddAliasResponse>(
            "Operations/AddAlias", new Wire.AddAliasRequest { Previous = People.Patient(2).ToWire(), Current = _patient });

        var traces = await TracesAsync();
        Assert.Equal(
            ["AddAlias", "VerifyRecord", "AddDelegate", "AddDelegate", "SetAttendingPhysician"], traces.Select(trace => trace.Action));
        Assert.All(traces, trace => Assert.Equal(
            (Wire.Actor.Types.Kind.Support, "operator-1", "ALLOW"), (trace.Actor.Kind, trace.Actor.Id, trace.Outcome)));
    }

    private async Task<IReadOnlyList<Wire.AccessTrace>> TracesAsync(Wire.AccessTrace.Types.Group group = default) =>
        (await _owner.AccessesAsync(new Wire.ListAccessesRequest { Patient = _patient, Group = group })).Traces;
}
