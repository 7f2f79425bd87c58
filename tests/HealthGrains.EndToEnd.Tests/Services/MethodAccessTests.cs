using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services;
using HealthGrains.Services.Authentication;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

public sealed class MethodAccessTests
{
    private static readonly ServiceDescriptor[] Services =
    [
        .. Wire.DocumentExchangeReflection.Descriptor.Services,
        .. Wire.PatientRecordsReflection.Descriptor.Services,
        .. Wire.ConsentsReflection.Descriptor.Services,
        .. Wire.InboxReflection.Descriptor.Services,
        .. Wire.OperationsReflection.Descriptor.Services,
    ];

    private static readonly Caller[] OneOfEach =
    [
        new Caller.Patient(People.Patient(1)),
        People.Doctor,
        People.HospitalSystem,
        People.Delegate,
        People.Operator,
    ];

    [Fact]
    public void Every_method_of_the_contract_has_a_row_and_every_row_a_method()
    {
        var methods = Services.SelectMany(service => service.Methods).Select(method => method.FullName).ToHashSet();
        Assert.Equal(methods.Order(), MethodAccess.Methods.Order());
        Assert.All(methods, method => Assert.NotEqual(CallerKinds.None, MethodAccess.Of(method)));
    }

    [Fact]
    public void One_caller_of_each_kind_is_asked() =>
        Assert.Equal(Enum.GetValues<CallerKind>(), OneOfEach.Select(caller => caller.Kind));

    [Fact]
    public async Task Every_method_refuses_every_kind_of_caller_that_its_row_leaves_out()
    {
        await using var host = await ServiceHost.StartAsync();
        var refused = 0;
        foreach (var method in Services.SelectMany(service => service.Methods))
        {
            foreach (var caller in OneOfEach)
            {
                var error = await Assert.ThrowsAnyAsync<Exception>(() => CallAsync(host, method, caller).Within(method.FullName));
                var status = Assert.IsType<RpcException>(error);
                if (status.Code == RpcStatusCode.Unimplemented)
                    continue;
                var reason = status.FindDetail<Google.Rpc.ErrorInfo>()?.Reason;
                var isIn = (MethodAccess.Set(caller.Kind) & MethodAccess.Of(method.FullName)!.Value) != CallerKinds.None;
                Assert.True(
                    isIn == (reason != RefusalCodes.Name(RefusalCode.CallerKindForbidden)),
                    $"{method.FullName} as {caller.Kind}: {status.Code} {reason}");
                refused += isIn ? 0 : 1;
            }
        }

        Assert.True(refused > 50, $"Only {refused} calls were refused: the walk did not take place.");
        Assert.Equal(0, await host.EntriesAsync());
    }

    [Fact]
    public async Task Nobody_may_call_anything()
    {
        await using var host = await ServiceHost.StartAsync();
        foreach (var method in Services.SelectMany(service => service.Methods))
        {
            var status = await Assert.ThrowsAsync<RpcException>(() => CallAsync(host, method, null).Within(method.FullName));
            Assert.True(
                status.Code is RpcStatusCode.Unauthenticated or RpcStatusCode.Unimplemented, $"{method.FullName}: {status.Code}");
        }
    }

    // An empty request: whoever is let in is refused for it, or streams nothing; both are told apart from not being let in.
    private static async Task CallAsync(ServiceHost host, MethodDescriptor method, Caller? caller)
    {
        var call = typeof(MethodAccessTests)
            .GetMethod(nameof(CallOneAsync), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(method.InputType.ClrType, method.OutputType.ClrType);
        await (Task)call.Invoke(null, [host.As(caller), method])!;
    }

    private static async Task CallOneAsync<TRequest, TReply>(TestClient client, MethodDescriptor method)
        where TRequest : class, IMessage<TRequest>, new()
        where TReply : class, IMessage<TReply>, new()
    {
        var path = $"{method.Service.Name}/{method.Name}";
        if (method.IsClientStreaming)
        {
            await using var call = client.Duplex<TRequest, TReply>(path);
            call.FinishRequests();
            Assert.False(await call.MoveNextAsync());
        }
        else if (method.IsServerStreaming)
        {
            using var once = new CancellationTokenSource();
            await foreach (var _ in client.Stream<TRequest, TReply>(path, new TRequest(), once.Token))
                break;
        }
        else
        {
            await client.CallAsync<TRequest, TReply>(path, new TRequest());
        }

        // An empty request that is served well was let in.
        throw new RpcException(RpcStatusCode.Unknown, "served");
    }
}
