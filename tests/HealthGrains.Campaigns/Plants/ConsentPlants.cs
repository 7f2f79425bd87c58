using System.Collections.Concurrent;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Campaigns.Plants;

/// <summary>Planted bugs of consent, one at a time: each is a shortcut that somebody could take in good faith.</summary>
internal sealed class ConsentPlants(IGrainEngine inner, string plant) : IGrainEngine
{
    /// <summary>What a professional has read is answered again from memory for a while.</summary>
    public const string StaleCache = "stale-cache";

    /// <summary>Whoever brings a page token was let in once, and is not asked about again.</summary>
    public const string PageToken = "page-token";

    /// <summary>A stream is let in once, and goes on.</summary>
    public const string OpenStream = "open-stream";

    /// <summary>What is routed to an inbox is shown, whatever was decided since.</summary>
    public const string InboxUnchecked = "inbox-unchecked";

    /// <summary>Anybody may follow anybody.</summary>
    public const string FollowUnchecked = "follow-unchecked";

    /// <summary>A block does not stop an emergency.</summary>
    public const string GlassOverBlock = "glass-over-block";

    /// <summary>A revocation is acknowledged first and carried out a little later.</summary>
    public const string LateRevocation = "late-revocation";

    /// <summary>A closing stops deposits, and lets readers go on.</summary>
    public const string ClosedReadable = "closed-readable";

    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(30);

    private readonly ConcurrentDictionary<(JournalId, object), (object Result, long At)> _kept = new();
    private readonly ConcurrentDictionary<(JournalId, string), long> _streams = new();

    public static IReadOnlyList<string> Names { get; } =
        [StaleCache, PageToken, OpenStream, InboxUnchecked, FollowUnchecked, GlassOverBlock, LateRevocation, ClosedReadable];

    public EngineStatus Status => inner.Status;

    public async ValueTask<TurnResult<TAnswer>> AskAsync<TState, TEvent, TAnswer>(
        JournalId grain, Command<TState, TEvent, TAnswer> command, CancellationToken waiting)
        where TState : class
        where TEvent : class
    {
        switch (plant, (object)command)
        {
            case (StaleCache, ReadDocument { By.Kind: ActorKind.Professional }):
                return await KeptAsync(grain, command, command, waiting);

            case (ClosedReadable, ReadDocument { By.Kind: ActorKind.Professional }):
            {
                // Only what the closing refuses is answered from what was read before it.
                var result = await inner.AskAsync(grain, command, waiting);
                if (result.Refusal is null)
                    _kept[(grain, command)] = (result, 0);
                return result.Refusal?.Code == Domain.Refusals.RefusalCode.RecordClosed
                    && _kept.TryGetValue((grain, command), out var kept)
                        ? (TurnResult<TAnswer>)kept.Result
                        : result;
            }

            case (PageToken, ListDocuments { After: not null, By.Kind: ActorKind.Professional } list):
                return As<TAnswer>(await inner.AskAsync(grain, list with { By = Actor.Patient }, waiting));

            case (OpenStream, ChangesSince { By.Kind: ActorKind.Professional } changes):
            {
                var result = await inner.AskAsync(grain, command, waiting);
                if (As<ChangePage>(result) is { Refusal: null, Value: var page })
                    _streams[(grain, changes.By.Id)] = page.Last;

                // Whoever asks from where the last page ended is a stream that waits.
                return result.Refusal is null || _streams.GetValueOrDefault((grain, changes.By.Id), -1) != changes.After
                    ? result
                    : As<TAnswer>(new TurnResult<ChangePage>(new ChangePage([], changes.After), null));
            }

            case (InboxUnchecked, MayKnow may):
                return As<TAnswer>(new TurnResult<IReadOnlyList<bool>>([.. may.Documents.Select(_ => true)], null));

            case (FollowUnchecked, FollowPatient):
            {
                var result = await inner.AskAsync(grain, command, waiting);
                return result.Refusal is null
                    ? result
                    : As<TAnswer>(new TurnResult<FollowAnswer>(new FollowAnswer(DateTimeOffset.UnixEpoch, true), null));
            }

            case (LateRevocation, RevokeAuthorization or BlockProfessional):
                _ = LaterAsync(grain, command);
                return As<TAnswer>(new TurnResult<ConsentChange>(new ConsentChange(DateTimeOffset.UnixEpoch, 1, false), null));

            default:
                return await inner.AskAsync(grain, command, waiting);
        }
    }

    public ValueTask DrainAsync(TimeSpan atMost) => inner.DrainAsync(atMost);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private static TurnResult<TAnswer> As<TAnswer>(object result) => (TurnResult<TAnswer>)result;

    private async ValueTask<TurnResult<TAnswer>> KeptAsync<TState, TEvent, TAnswer>(
        JournalId grain, object question, Command<TState, TEvent, TAnswer> command, CancellationToken waiting)
        where TState : class
        where TEvent : class
    {
        if (_kept.TryGetValue((grain, question), out var kept)
            && TimeProvider.System.GetElapsedTime(kept.At) < KeptFor)
        {
            return (TurnResult<TAnswer>)kept.Result;
        }

        var result = await inner.AskAsync(grain, command, waiting);
        if (result.Refusal is null)
            _kept[(grain, question)] = (result, TimeProvider.System.GetTimestamp());
        return result;
    }

    private async Task LaterAsync<TState, TEvent, TAnswer>(JournalId grain, Command<TState, TEvent, TAnswer> command)
        where TState : class
        where TEvent : class
    {
        await Task.Delay(Late);
        await inner.AskAsync(grain, command, CancellationToken.None);
    }
}
