using HealthGrains.Rpc;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.Operations;

internal sealed partial class OperationsService
{
    private readonly SemaphoreSlim _oneStatus = new(1, 1);

    /// <summary>What the server is doing: aggregates only, one call at a time.</summary>
    private async Task<Wire.GetStatusResponse> GetStatusAsync(
        Wire.GetStatusRequest request, RpcCall call, CancellationToken ct)
    {
        await _oneStatus.WaitAsync(ct);
        try
        {
            var about = context.Dependencies.About;
            var matrix = context.Dependencies.Policy.Matrix.Current;
            var engine = context.Engine.Status;
            var status = new Wire.GetStatusResponse
            {
                Version = about.Version,
                StartedAt = WireTimes.Of(about.StartedAt),
                At = WireTimes.Of(context.Now),
                StoreKind = about.StoreKind,
                StoreId = context.Store.StoreId.ToString("D"),
                EngineKind = about.EngineKind,
                Activations = engine.Activations,
                MailboxDepth = engine.WaitingCalls,
                CallsShed = engine.RefusedCalls,
                RecordWatchers = context.Instruments.RecordWatchers,
                InboxWatchers = context.Instruments.InboxWatchers,
                DocumentsAccepted = context.Instruments.DocumentsAccepted,
                DocumentsRefused = context.Instruments.DocumentsRefused,
                Alarms = await _stalled.CountAsync(ct),
                MatrixIsPlaceholder = !matrix.IsOfficial,
                MatrixVersion = matrix.Version,
            };
            foreach (var alarm in context.Admission.LookupAlarms)
            {
                status.LookupAlarms.Add(new Wire.LookupAlarm
                {
                    ProfessionalId = alarm.Professional,
                    Since = WireTimes.Of(alarm.Since),
                    Refused = alarm.Refused,
                });
            }

            var positions = await context.Store.ReadPositionsAsync(ct);
            for (var shard = 0; shard < positions.Count; shard++)
                status.Shards.Add(new Wire.ShardStatus { Shard = shard, Position = positions[shard], Lag = positions[shard] });
            foreach (var progress in context.Dependencies.RouterProgress?.Invoke() ?? [])
            {
                var shard = status.Shards[progress.Shard];
                shard.RouterCheckpoint = progress.Checkpoint;

                // The router goes on while the positions are read: it is never ahead of the log.
                shard.Lag = Math.Max(0, shard.Position - progress.Checkpoint);
                shard.RouterMovedAt = WireTimes.Of(progress.MovedAt);
            }

            return status;
        }
        finally
        {
            _oneStatus.Release();
        }
    }
}
