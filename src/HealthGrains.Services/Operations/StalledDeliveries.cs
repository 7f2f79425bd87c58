using System.Globalization;
using HealthGrains.Domain.Agendas;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Refusals;
using HealthGrains.Grains;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Routing;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.Operations;

/// <summary>What the routers cannot deliver, as the agendas of all shards have it: the same on every server of one store.</summary>
/// <remarks>One question to each shard's agenda for a page, at most <see cref="ServiceLimits.AgendasAskedMax"/> at a time, and
/// one call under way at a time: the cost does not grow with the number of alarms.</remarks>
internal sealed class StalledDeliveries(ServiceContext context)
{
    private readonly Redelivery _redelivery = new(context.Store, context.Engine, context.Dependencies.Keys, context.Log);
    private readonly SemaphoreSlim _oneCall = new(1, 1);
    private (long Total, long CountedAt)? _counted;

    /// <summary>How many there are, at most <see cref="ServiceLimits.AlarmsCountedEvery"/> ago.</summary>
    public async ValueTask<long> CountAsync(CancellationToken ct)
    {
        if (_counted is { } counted && context.Time.GetElapsedTime(counted.CountedAt) < ServiceLimits.AlarmsCountedEvery)
            return counted.Total;
        var at = context.Time.GetTimestamp();
        try
        {
            var (_, total) = await PageAsync(null, default, 0, ct);
            _counted = (total, at);
            return total;
        }
        catch (Exception failure) when (failure is JournalException or EngineOverloadedException)
        {
            // A status is asked for most when something is wrong: it says what was known last.
            return _counted?.Total ?? 0;
        }
    }

    /// <param name="kind">Null for all.</param>
    /// <param name="after">Where the page before ended.</param>
    /// <param name="max">Lines of the page.</param>
    /// <param name="ct">The caller's.</param>
    /// <returns>Oldest first, and how many there are in all.</returns>
    public async ValueTask<(IReadOnlyList<(int Shard, StalledDelivery Line)> Lines, long Total)> PageAsync(
        StallKind? kind, StalledPlace after, int max, CancellationToken ct)
    {
        await _oneCall.WaitAsync(ct);
        try
        {
            var lines = new List<(int Shard, StalledDelivery Line)>();
            var total = 0L;
            foreach (var window in Enumerable.Range(0, context.Store.Shards).Chunk(ServiceLimits.AgendasAskedMax))
            {
                var pages = await Task.WhenAll(window.Select(async shard =>
                {
                    var (since, number) = after.In(shard);
                    return (shard, await context.AskAsync(
                        GrainIds.AgendaOf(shard), new ListStalled(kind, since, number, max), ct));
                }));
                foreach (var (shard, page) in pages)
                {
                    total += page.Total;
                    lines.AddRange(page.Lines.Select(line => (shard, line)));
                }
            }

            return ([.. lines.OrderBy(one => (one.Line.Since, one.Shard, one.Line.Number)).Take(max)], total);
        }
        finally
        {
            _oneCall.Release();
        }
    }

    /// <summary>The line of an id.</summary>
    /// <returns>Null when there is none of that id, or not any more.</returns>
    /// <exception cref="RpcException">It is no id of an alarm.</exception>
    public async ValueTask<(int Shard, StalledDelivery Line)?> FindAsync(string id, CancellationToken ct)
    {
        var dash = id.IndexOf('-', StringComparison.Ordinal);
        if (dash < 1
            || !int.TryParse(id.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var shard)
            || !long.TryParse(id.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || shard >= context.Store.Shards)
        {
            throw RefusalStatus.Of(new Refusal(
                RefusalCode.MetadataInvalid, "Not the identifier of an alarm.", "delivery_ids"));
        }

        var found = await context.AskAsync(GrainIds.AgendaOf(shard), new FindStalled(number), ct);
        return found.Line is { } line ? (shard, line) : null;
    }

    /// <summary>Tries one again, now.</summary>
    /// <returns>Whether it has arrived; of a misrouting, whether its cause is gone.</returns>
    public async Task<bool> TryAsync(int shard, StalledDelivery line, CancellationToken ct)
    {
        if (line.Misrouting is { } misrouting)
        {
            var both = await StandsAsync(misrouting.FirstPatient, misrouting.FirstDocument, ct)
                && await StandsAsync(misrouting.SecondPatient, misrouting.SecondDocument, ct);
            if (!both)
                await context.AskAsync(GrainIds.AgendaOf(shard), new SettleMisrouting(line.Number), ct);
            return !both;
        }

        if (line.Held is not { } held || await _redelivery.TryAsync(shard, held, ct) is not null)
            return false;
        context.Dependencies.WakeDelivery?.Invoke(shard, held.Recipient);
        return true;
    }

    private async ValueTask<bool> StandsAsync(
        Domain.Identity.PatientId patient, Domain.Identity.DocumentId document, CancellationToken ct) =>
        await context.AskAsync(GrainIds.Of(patient), new IsApproved(document), ct);

    /// <summary>For operators: journals are named by pseudonyms, documents by the server's own ids.</summary>
    public Wire.StalledDelivery ToWire(int shard, StalledDelivery line)
    {
        var wire = new Wire.StalledDelivery
        {
            DeliveryId = string.Create(CultureInfo.InvariantCulture, $"{shard}-{line.Number}"),
            Kind = ToWire(line.Kind),
            Shard = shard,
            AlarmedAt = WireTimes.Of(line.OverdueSince ?? line.Since),
            Attempts = line.Attempts,
        };
        if (line.Held is { } held)
        {
            wire.Position = held.Position;
            wire.AcceptedAt = WireTimes.Of(held.AcceptedAt);
            wire.Producer = held.Producer.IsNone ? "" : held.Producer.ToString();
            wire.DocumentId = held.Document?.ToString() ?? "";
            wire.RecipientJournal = held.Recipient.Length == 0 ? "" : context.Pseudonyms.Of(JournalId.Parse(held.Recipient));
            wire.PatientJournal = held.Patient is { } patient ? context.Pseudonyms.Of(GrainIds.Of(patient)) : "";
            wire.Reason = held.Reason;
        }
        else if (line.Misrouting is { } misrouting)
        {
            wire.Position = misrouting.Position;
            wire.AcceptedAt = WireTimes.Of(misrouting.AcceptedAt);
            wire.Producer = misrouting.Producer.ToString();
            wire.DocumentId = misrouting.SecondDocument.ToString();
            wire.RecipientJournal = context.Pseudonyms.Of(GrainIds.Of(misrouting.SecondPatient));
            wire.PatientJournal = context.Pseudonyms.Of(GrainIds.Of(misrouting.FirstPatient));
            wire.Reason = "UNIQUE_ID_UNDER_TWO_PATIENTS";
        }

        return wire;
    }

    /// <exception cref="RpcException">There is no such kind.</exception>
    public static StallKind? Of(Wire.StallKind kind) => kind switch
    {
        Wire.StallKind.Unspecified => null,
        Wire.StallKind.NotTakenIn => StallKind.NotTakenIn,
        Wire.StallKind.Quarantined => StallKind.Quarantined,
        Wire.StallKind.MisroutingSuspected => StallKind.MisroutingSuspected,
        _ => throw RefusalStatus.Of(new Refusal(RefusalCode.MetadataInvalid, "There is no such kind of alarm.", "kind")),
    };

    private static Wire.StallKind ToWire(StallKind kind) => kind switch
    {
        StallKind.NotTakenIn => Wire.StallKind.NotTakenIn,
        StallKind.Quarantined => Wire.StallKind.Quarantined,
        _ => Wire.StallKind.MisroutingSuspected,
    };
}

/// <summary>Where a page of alarms ended: they are ordered by time, then shard, then number.</summary>
internal readonly record struct StalledPlace(DateTimeOffset Since, int Shard, long Number)
{
    /// <summary>What comes after this place in one shard.</summary>
    public (DateTimeOffset Since, long Number) In(int shard) =>
        shard == Shard ? (Since, Number) : shard < Shard ? (Since, long.MaxValue) : (Since, 0);
}
