using HealthGrains.Rpc;
using HealthGrains.Services.Calls;

namespace HealthGrains.Services.DocumentExchange;

/// <summary>What producers do: submit, replace, withdraw. One RPC a file.</summary>
internal sealed partial class DocumentExchangeService(ServiceContext context)
{
    private readonly LiveUploads _live = new();
    private readonly UploadedContents _uploaded = new(context.Contents, context.Intake);

    public RpcService Bind() => new ServiceBinder(Wire.DocumentExchangeReflection.Descriptor.Services[0], context.Admission)
        .Unary<Wire.SubmitRequest, Wire.SubmitResponse>("Submit", SubmitAsync)
        .Duplex<Wire.SubmitRequest, Wire.SubmitResult>(
            "SubmitMany", SubmitManyAsync, new RpcMethodOptions { IdleTimeout = ServiceLimits.SubmitManyIdleMax })
        .ClientStreaming<Wire.UploadChunk, Wire.UploadResponse>(
            "Upload", UploadAsync, new RpcMethodOptions { IdleTimeout = ServiceLimits.UploadIdleMax })
        .Unary<Wire.TrackDeliveryRequest, Wire.DeliveryReport>("TrackDelivery", TrackDeliveryAsync)
        .ServerStreaming<Wire.ReconcileRequest, Wire.ReconcileLine>("Reconcile", ReconcileAsync)
        .Unary<Wire.WithdrawRequest, Wire.WithdrawResponse>("Withdraw", WithdrawAsync)
        .Service;
}
