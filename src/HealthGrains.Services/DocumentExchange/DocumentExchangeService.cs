using HealthGrains.Rpc;
using HealthGrains.Services.Calls;

namespace HealthGrains.Services.DocumentExchange;

/// <summary>What producers do: submit, replace, withdraw. One RPC a file.</summary>
internal sealed partial class DocumentExchangeService(ServiceContext context)
{
    public RpcService Bind() => new ServiceBinder(Wire.DocumentExchangeReflection.Descriptor.Services[0], context.Admission)
        .Unary<Wire.SubmitRequest, Wire.SubmitResponse>("Submit", SubmitAsync)
        .Duplex<Wire.SubmitRequest, Wire.SubmitResult>(
            "SubmitMany", SubmitManyAsync, new RpcMethodOptions { IdleTimeout = ServiceLimits.SubmitManyIdleMax })
        .Unary<Wire.WithdrawRequest, Wire.WithdrawResponse>("Withdraw", WithdrawAsync)
        .Service;
}
