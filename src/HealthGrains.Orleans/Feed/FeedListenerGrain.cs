using global::Orleans;
using global::Orleans.Runtime;
using global::Orleans.Streams;
using global::Orleans.Streams.Core;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;
using HealthGrains.Orleans.Placement;

namespace HealthGrains.Orleans.Feed;

/// <summary>Wakes the watchers of the silo that its key names. Subscribed by being what it is: nothing is left behind by a
/// silo that died.</summary>
[Alias("healthgrains.listener.v1")]
internal interface IFeedListenerGrain : IGrainWithStringKey;

/// <inheritdoc cref="IFeedListenerGrain"/>
[SiloPlacement]
[ImplicitStreamSubscription(FeedSender.Namespace)]
[GrainType("listener")]
internal sealed class FeedListenerGrain(ChangeFeed feed, ILocalSiloDetails here)
    : Grain, IFeedListenerGrain, IStreamSubscriptionObserver
{
    public async Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory)
    {
        // The silo of the key is gone, and its last wake-ups came here: nobody waits for them.
        if (this.GetPrimaryKeyString() != here.SiloAddress.ToParsableString())
        {
            DeactivateOnIdle();
            return;
        }

        await handleFactory.Create<FeedWake>().ResumeAsync((wake, _) =>
        {
            foreach (var journal in wake.Journals)
                feed.Publish(JournalId.Parse(journal));
            return Task.CompletedTask;
        });
    }
}
