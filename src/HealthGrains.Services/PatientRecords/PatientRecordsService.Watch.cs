using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Routing;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;
using HealthGrains.Services.Streams;

namespace HealthGrains.Services.PatientRecords;

internal sealed partial class PatientRecordsService
{
    /// <summary>What changed after a cursor, then what changes, as it happens.</summary>
    /// <remarks>
    /// <para>W1. The feed is subscribed before the first page is read, so nothing falls between reading and waiting. It only
    /// wakes: what is sent is always read by the cursor, so what the feed loses or repeats does not matter.</para>
    /// <para>W2. Each page comes through the patient's turn, which decides anew. To anybody but the person its first item is sent on
    /// that answer, and each further one on an answer of its own, asked for once the item before it has been taken: what
    /// leaves never rests on consent older than the sending before it. A "no" asks the page again from where it stands. A
    /// change of consent is written to the same journal and wakes the stream; a permit that ends by itself, and an emergency
    /// session, is waited for.
    /// Either way the next answer is a refusal, and the stream ends with it.</para>
    /// <para>W4. A record that becomes part of another one while it is watched ends the stream with TEMPORARILY_UNAVAILABLE: whoever
    /// comes again with the same cursor goes on where the record answers then, in the order of the number that is asked.</para>
    /// <para>W3. At most one page is held for a stream; a reader that takes nothing is ended by the RPC layer.</para>
    /// </remarks>
    internal async Task WatchAsync(
        Wire.WatchRequest request, IRpcReplyStream<Wire.RecordChange> replies, RpcCall call, CancellationToken ct)
    {
        var session = CallerSession.Of(call);
        var target = RecordTarget.ForReading(session, request.Patient, request.Access, context.Identity);
        using var place = context.Streams.Take(session.Caller.Key);

        // What happens to a record that answers for several numbers wakes those who watch its own journal.
        var (home, through) = await context.TraceHomeAsync(target.Journal, ct);
        target = target with { Journal = home };
        using var feed = context.Feed.Subscribe(target.Journal);
        context.Instruments.RecordWatcher(1);
        try
        {
            await WatchAsync(target, through, request.AfterSequence, session, new StreamPulse(feed, context.Time), replies, ct);
        }
        finally
        {
            context.Instruments.RecordWatcher(-1);
        }
    }

    private async Task WatchAsync(
        RecordTarget target,
        IReadOnlyList<PatientId> through,
        long cursor,
        CallerSession session,
        StreamPulse pulse,
        IRpcReplyStream<Wire.RecordChange> replies,
        CancellationToken ct)
    {
        var isFirst = true;
        while (true)
        {
            session.ThrowIfExpired(context.Now);
            var question = new ChangesSince(cursor, ServiceLimits.PageSizeMax, target.By)
            {
                Entrance = target.Entrance,
                Continues = !isFirst,
                Through = through,
            };
            var result = isFirst
                ? await context.Engine.AskAsync(target.Journal, question, ct)
                : await context.AskOnlyThereAsync(target.Journal, question, ct);
            if (result.Refusal is { } refusal)
            {
                if (!isFirst)
                    ServicesLog.WatchRefused(context.Log, "record", refusal.Name);
                throw RefusalStatus.Of(refusal);
            }

            isFirst = false;
            var page = result.Value;
            var answered = context.Time.GetTimestamp();
            for (var i = 0; i < page.Changes.Count; i++)
            {
                var change = page.Changes[i];
                if (i > 0 && !await MayStillLeaveAsync(change, target, answered, ct))
                    break;
                await replies.WriteAsync(RecordMapping.ToWire(change, target.Patient, context.Documents), ct);
                cursor = change.Item.Sequence;
            }

            if (cursor < page.Last)
                continue;
            if (await pulse.WaitAsync(session.Expires, page.PermittedUntil, ct) == Pulse.Heartbeat)
            {
                await replies.WriteAsync(
                    new Wire.RecordChange
                    {
                        Sequence = cursor,
                        At = WireTimes.Of(context.Now),
                        Code = RecordMapping.Heartbeat,
                    },
                    ct);
            }
        }
    }

    /// <summary>Whether the next item of a page may be sent on the page's answer.</summary>
    private async ValueTask<bool> MayStillLeaveAsync(Change change, RecordTarget target, long answered, CancellationToken ct)
    {
        // Nobody takes a right from the person; what the page shows only must not be old.
        if (target.By.Kind == ActorKind.Patient)
            return context.Time.GetElapsedTime(answered) <= ServiceLimits.RecheckAfter;
        var shown = change.Document?.Entry.Id;
        PatientCommand<bool> question = target.By.Kind == ActorKind.Delegate
            ? new MayDelegateStillSee(target.By, shown)
            : new MayStillSee(PatientState.ReaderOf(target.By), shown) { Entrance = target.Entrance };
        var may = await context.AskOnlyThereAsync(target.Journal, question, ct);
        return may is { Refusal: null, Value: true };
    }
}
