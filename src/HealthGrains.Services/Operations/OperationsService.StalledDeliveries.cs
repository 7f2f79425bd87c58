using System.Buffers.Binary;
using Google.Protobuf;
using HealthGrains.Domain.Agendas;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.Paging;

namespace HealthGrains.Services.Operations;

internal sealed partial class OperationsService
{
    private const int PlaceBytes = sizeof(long) + sizeof(int) + sizeof(long);

    private readonly StalledDeliveries _stalled = new(context);

    /// <summary>What cannot be delivered, and suspected misroutings, oldest first.</summary>
    private async Task<Wire.ListStalledDeliveriesResponse> ListStalledDeliveriesAsync(
        Wire.ListStalledDeliveriesRequest request, RpcCall call, CancellationToken ct)
    {
        var kind = StalledDeliveries.Of(request.Kind);
        var size = PageSizes.Of(request.PageSize);
        var question = PageTokens.Question(
            "ListStalledDeliveries",
            CallerSession.Of(call).Caller.Key,
            new Wire.ListStalledDeliveriesRequest { Kind = request.Kind }.ToByteArray());
        var after = request.PageToken.Length == 0 ? default : OpenPlace(request.PageToken, question);
        var (lines, total) = await _stalled.PageAsync(kind, after, size, ct);
        var response = new Wire.ListStalledDeliveriesResponse { Total = total };
        foreach (var (shard, line) in lines)
            response.Deliveries.Add(_stalled.ToWire(shard, line));
        if (lines.Count == size)
            response.NextPageToken = MakePlace(lines[^1].Shard, lines[^1].Line, question);
        return response;
    }

    /// <summary>Tries again, now. A misrouting is settled when one of its documents was withdrawn.</summary>
    private async Task<Wire.RedriveDeliveriesResponse> RedriveDeliveriesAsync(
        Wire.RedriveDeliveriesRequest request, RpcCall call, CancellationToken ct)
    {
        if (request.DeliveryIds.Count > ServiceLimits.PageSizeMax)
            throw Invalid("At most 200 alarms are tried in one call.", "delivery_ids");
        var kind = StalledDeliveries.Of(request.Kind);
        var selected = new List<(int Shard, StalledDelivery Line)>();
        if (request.DeliveryIds.Count == 0)
        {
            selected.AddRange((await _stalled.PageAsync(kind, default, ServiceLimits.RedrivenMax, ct)).Lines);
        }
        else
        {
            foreach (var id in request.DeliveryIds.Distinct(StringComparer.Ordinal))
            {
                if (await _stalled.FindAsync(id, ct) is { } found && (kind is null || found.Line.Kind == kind))
                    selected.Add(found);
            }

            if (selected.Count == 0)
                throw RefusalStatus.Of(NoSuchAlarm);
        }

        var response = new Wire.RedriveDeliveriesResponse { Selected = selected.Count };
        if (request.DryRun)
            return response;
        foreach (var window in selected.Chunk(ServiceLimits.RedriveWindowMax))
        {
            var arrived = await Task.WhenAll(window.Select(one => _stalled.TryAsync(one.Shard, one.Line, ct)));
            response.Delivered += arrived.Count(one => one);
        }

        response.StillStalled = response.Selected - response.Delivered;
        ServicesLog.DeliveriesRedriven(context.Log, response.Selected, response.Delivered);
        return response;
    }

    private string MakePlace(int shard, StalledDelivery line, byte[] question)
    {
        Span<byte> place = stackalloc byte[PlaceBytes];
        BinaryPrimitives.WriteInt64BigEndian(place, line.Since.UtcTicks);
        BinaryPrimitives.WriteInt32BigEndian(place[sizeof(long)..], shard);
        BinaryPrimitives.WriteInt64BigEndian(place[(sizeof(long) + sizeof(int))..], line.Number);
        return context.PageTokens.Make(question, place);
    }

    private StalledPlace OpenPlace(string token, byte[] question)
    {
        Span<byte> place = stackalloc byte[PlaceBytes];
        context.PageTokens.Open(token, question, place);
        return new StalledPlace(
            new DateTimeOffset(BinaryPrimitives.ReadInt64BigEndian(place), TimeSpan.Zero),
            BinaryPrimitives.ReadInt32BigEndian(place[sizeof(long)..]),
            BinaryPrimitives.ReadInt64BigEndian(place[(sizeof(long) + sizeof(int))..]));
    }

    private static readonly Refusal NoSuchAlarm =
        new(RefusalCode.TargetNotFound, "None of these alarms is open, or none is of that kind.", "delivery_ids");
}
