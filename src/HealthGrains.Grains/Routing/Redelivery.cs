using HealthGrains.Domain.Agendas;
using HealthGrains.Domain.Senders;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;
using HealthGrains.Grains.Senders;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Grains.Routing;

/// <summary>Tries a delivery that is set aside again, at once, in any process: for an operator who has mended the cause.</summary>
/// <remarks>It hands over from the first entry that the recipient lacks on, in order, as the router's own lane does, so both may do so at
/// the same time. Whether the recipient is with the others again is the router's to decide.</remarks>
public sealed class Redelivery
{
    private readonly IJournalStore _store;
    private readonly Handover _handover;
    private readonly ILogger _logger;

    public Redelivery(IJournalStore store, IGrainEngine engine, IKeyedRows keys, ILogger logger)
    {
        _store = store;
        _logger = logger;
        _handover = new Handover(engine, new UniqueIdKeys(keys, store), Raise);
    }

    /// <param name="shard">Of the entry.</param>
    /// <param name="held">As the agenda has it.</param>
    /// <param name="waiting">The caller's.</param>
    /// <returns>Null when the held delivery has arrived; otherwise the code of what holds it up.</returns>
    public async ValueTask<string?> TryAsync(int shard, HeldDelivery held, CancellationToken waiting)
    {
        var position = held.Position - 1;
        for (var pages = 0; pages < RoutingLimits.RedrivePagesMax; pages++)
        {
            try
            {
                var page = await _store.ReadLogAsync(shard, position, RoutingLimits.PageEntriesMax, waiting);
                if (page.Count == 0)
                    break;
                var plan = RoutePlan.Of(page);

                // Of a shard that stood still, only the router hands over; here it is seen that it can.
                if (held.Recipient.Length == 0)
                    break;
                if (plan.Parts.FirstOrDefault(part => part.Recipient.Value == held.Recipient) is { } part)
                    await _handover.DeliverAsync(shard, part, plan.UpTo, waiting);
                position = plan.UpTo;
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                // What comes after the head follows by itself. A bug in one recipient keeps no other one from being tried; the router's
                // own lane meets it too, and tells it.
                return pages == 0 ? HeldUp.By(failure) : null;
            }
        }

        return null;
    }

    private void Raise(int shard, long position, MisroutingSuspected alarm) =>
        RoutingLog.MisroutingSuspected(_logger, alarm.FirstDocument.ToString(), alarm.SecondDocument.ToString());
}
