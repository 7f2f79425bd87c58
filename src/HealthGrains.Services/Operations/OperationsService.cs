using HealthGrains.Domain.Access;
using HealthGrains.Domain.Refusals;
using HealthGrains.Grains.Journal;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using HealthGrains.Services.Calls;

namespace HealthGrains.Services.Operations;

/// <summary>What operators see: no answer holds a content or a patient's identifier. One RPC a file.</summary>
internal sealed partial class OperationsService(ServiceContext context)
{
    public RpcService Bind() => new ServiceBinder(Wire.OperationsReflection.Descriptor.Services[0], context.Admission)
        .Unary<Wire.GetStatusRequest, Wire.GetStatusResponse>("GetStatus", GetStatusAsync)
        .Unary<Wire.ListStalledDeliveriesRequest, Wire.ListStalledDeliveriesResponse>(
            "ListStalledDeliveries", ListStalledDeliveriesAsync)
        .Unary<Wire.RedriveDeliveriesRequest, Wire.RedriveDeliveriesResponse>("RedriveDeliveries", RedriveDeliveriesAsync)
        .Unary<Wire.VerifyRecordRequest, Wire.VerifyRecordResponse>("VerifyRecord", VerifyRecordAsync)
        .Unary<Wire.AddAliasRequest, Wire.AddAliasResponse>("AddAlias", AddAliasAsync)
        .Unary<Wire.AnnounceRecordRequest, Wire.AnnounceRecordResponse>("AnnounceRecord", AnnounceRecordAsync)
        .ServerStreaming<Wire.TailLogRequest, Wire.LogEntry>(
            "TailLog", TailLogAsync, new RpcMethodOptions { EndsOnDrain = true })
        .Service;

    // A record that is damaged cannot keep a trace; that it is damaged is what the operator is told, and the server's log.
    private async ValueTask TraceAsync(JournalId record, AccessAction action, RpcCall call, CancellationToken ct)
    {
        try
        {
            await context.TryAskAsync(record, new TraceSupport(((Caller.Operator)CallerSession.Of(call).Caller).Actor, action), ct);
        }
        catch (JournalDamagedException)
        {
        }
    }

    private static RpcException Invalid(string message, string field) =>
        RefusalStatus.Of(new Refusal(RefusalCode.MetadataInvalid, message, field));
}
