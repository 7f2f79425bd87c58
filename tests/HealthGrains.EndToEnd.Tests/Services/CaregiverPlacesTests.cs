using System.Globalization;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Services.Authentication;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>How many persons one caregiver helps: across records, over the wire.</summary>
public sealed class CaregiverPlacesTests : IAsyncLifetime
{
    private const int Places = DelegateLimits.PersonsHelpedMax;

    private readonly TestClient[] _owners = new TestClient[Places + 3];
    private ServiceHost _host = null!; // ! set before each test
    private TestClient _carer = null!; // ! set before each test

    public async Task InitializeAsync()
    {
        _host = await ServiceHost.StartAsync();
        _carer = _host.As(new Caller.Delegate("carer-1"));
        for (var n = 0; n < _owners.Length; n++)
        {
            _owners[n] = _host.As(new Caller.Patient(People.Patient(n + 1)));
            await _owners[n].OpenRecordAsync(Patient(n));
            await _owners[n].AddDelegateAsync(Patient(n), "carer-1");
        }
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task The_sixth_person_is_refused_until_one_of_the_five_is_helped_no_longer()
    {
        for (var n = 0; n < Places; n++)
            await _carer.AnswerDelegationAsync(Patient(n));
        await FullAsync(Places);
        await Waiting.RefusedAsync(() => _carer.GetRecordAsync(Patient(Places)), RefusalCode.DelegationForbidden, "patient");

        // Either side ends one; what was accepted before is accepted again without another place.
        await _owners[2].RevokeDelegateAsync(Patient(2), "1");
        await _carer.AnswerDelegationAsync(Patient(Places));
        Assert.True((await _carer.AnswerDelegationAsync(Patient(0))).Receipt.AlreadySo);
        await FullAsync(Places + 1);
        await _carer.RevokeDelegateAsync(Patient(0), "1");
        await _carer.AnswerDelegationAsync(Patient(Places + 1));
        await FullAsync(Places + 2);

        // Another one of the same person takes no second place.
        await _owners[1].RevokeDelegateAsync(Patient(1), "1");
        await _owners[1].AddDelegateAsync(Patient(1), "carer-1");
        await _carer.AnswerDelegationAsync(Patient(1));
        await FullAsync(Places + 2);

        // Another caregiver has places of his or her own.
        await _owners[^1].AddDelegateAsync(Patient(Places + 2), "carer-2");
        await _host.As(new Caller.Delegate("carer-2")).AnswerDelegationAsync(Patient(Places + 2));
    }

    [Fact]
    public async Task Of_acceptances_at_once_no_more_than_five_succeed()
    {
        var answers = Enumerable.Range(0, _owners.Length).Select(AcceptAsync).ToList();
        var accepted = (await Task.WhenAll(answers)).Count(taken => taken);

        Assert.Equal(Places, accepted);
        var helped = 0;
        for (var n = 0; n < _owners.Length; n++)
        {
            helped += (await _owners[n].GetConsentsAsync(Patient(n))).Delegates
                .Count(one => one.State == Wire.Delegate.Types.State.Accepted);
        }

        Assert.Equal(Places, helped);

        async Task<bool> AcceptAsync(int n)
        {
            try
            {
                await _carer.AnswerDelegationAsync(Patient(n));
                return true;
            }
            catch (Rpc.RpcException error) when (error.Code == Rpc.RpcStatusCode.ResourceExhausted)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task A_refused_invitation_and_one_to_represent_take_no_place()
    {
        for (var n = 0; n < Places; n++)
            await _carer.AnswerDelegationAsync(Patient(n));
        Assert.Equal(
            Wire.Delegate.Types.State.Refused,
            (await _carer.AnswerDelegationAsync(Patient(Places), Wire.Decision.Deny)).Delegate.State);
        var born = TimeProvider.System.GetUtcNow().AddYears(-10).ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var child = People.Patient(40);
        await _host.As(new Caller.Patient(child)).OpenRecordAsync(child.ToWire());
        var insurance = _host.As(People.Operator);
        await insurance.AddRepresentativeAsync(child.ToWire(), "parent-1", born);
        await _host.As(new Caller.Delegate("parent-1")).AddDelegateAsync(
            child.ToWire(), "carer-1", Wire.Delegate.Types.Kind.LegalRepresentation);
        await _carer.AnswerDelegationAsync(child.ToWire());
        await _carer.GetRecordAsync(child.ToWire());
    }

    private Task FullAsync(int n) =>
        Waiting.RefusedAsync(() => _carer.AnswerDelegationAsync(Patient(n)), RefusalCode.Overloaded, "patient");

    private static Wire.Patient Patient(int n) => People.Patient(n + 1).ToWire();
}
