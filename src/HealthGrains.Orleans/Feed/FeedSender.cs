using global::Orleans;
using global::Orleans.Hosting;
using global::Orleans.Runtime;
using global::Orleans.Streams;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Orleans.Feed;

/// <summary>The feed of a cluster, as the routers of this silo see it: what they publish wakes the watchers of every silo.</summary>
/// <remarks>
/// <para>A watcher waits on the silo that it is connected to (<see cref="ChangeFeed"/>). A grain wakes those of its own silo at
/// once; those of the others are woken by the router of the shard, which sees every entry, by one stream for each silo.</para>
/// <para>The batch is whatever was published while the previous one was sent: at most one is under way to each silo. It may be
/// lost, in a queue that dies with its silo or because too much waits: a watcher looks for itself now and then (F1).</para>
/// </remarks>
internal sealed class FeedSender(ChangeFeed local, IServiceProvider services, ILogger<FeedSender> log) : IChangeFeed
{
    public const string Provider = "feed";
    public const string Namespace = "healthgrains.wakes";

    private readonly Lock _gate = new();
    private readonly HashSet<JournalId> _waiting = [];
    private IStreamProvider? _streams;
    private bool _sending;

    /// <summary>The other silos: kept up to date by who follows the members.</summary>
    public IReadOnlyList<SiloAddress> Silos { get; set; } = [];

    public void Publish(JournalId journal)
    {
        local.Publish(journal);
        if (Silos.Count == 0)
            return;
        lock (_gate)
        {
            if (_waiting.Count >= OrleansLimits.WakesWaitingMax)
                return;
            _waiting.Add(journal);
            if (_sending)
                return;
            _sending = true;
        }

        _ = Task.Run(SendAsync);
    }

    public IChangeSubscription Subscribe(JournalId journal) => local.Subscribe(journal);

    private async Task SendAsync()
    {
        while (Take() is { } wake)
        {
            try
            {
                _streams ??= services.GetRequiredService<IClusterClient>().GetStreamProvider(Provider);
                await Task.WhenAll(Silos.Select(silo => _streams
                    .GetStream<FeedWake>(StreamId.Create(Namespace, silo.ToParsableString())).OnNextAsync(wake)));
            }
            catch (Exception e)
            {
                // The feed may lose: whoever is not woken looks for itself.
                OrleansLog.WakeLost(log, wake.Journals.Length, e.GetType().Name);
            }
        }
    }

    private FeedWake? Take()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _sending = false;
                return null;
            }

            var journals = _waiting.Take(OrleansLimits.WakeJournalsMax).ToArray();
            _waiting.ExceptWith(journals);
            return new FeedWake { Journals = [.. journals.Select(journal => journal.Value)] };
        }
    }
}
