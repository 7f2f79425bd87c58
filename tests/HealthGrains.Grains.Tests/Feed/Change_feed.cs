using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;
using HealthGrains.Testing.Clocks;
using Xunit;

namespace HealthGrains.Grains.Tests.Feed;

/// <summary>F1 to F3 of <see cref="ChangeFeed"/>.</summary>
public sealed class Change_feed
{
    private static readonly JournalId Watched = new(JournalKind.Patient, "watched");
    private static readonly JournalId Other = new(JournalKind.Patient, "other");
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ManualTimeProvider _time = new();
    private readonly ChangeFeed _feed;

    public Change_feed() => _feed = new ChangeFeed(_time);

    [Fact]
    public async Task A_publish_wakes_every_watcher_of_its_journal_and_no_other()
    {
        using var first = _feed.Subscribe(Watched);
        using var second = _feed.Subscribe(Watched);
        using var other = _feed.Subscribe(Other);
        var waits = new[] { first, second, other }
            .Select(watcher => watcher.WaitAsync(Minute, CancellationToken.None).AsTask()).ToArray();

        _feed.Publish(Watched);

        Assert.True(await waits[0].Within("waking the first"));
        Assert.True(await waits[1].Within("waking the second"));
        Assert.False(waits[2].IsCompleted);
        _time.Advance(Minute);
        Assert.False(await waits[2].Within("letting the other wait"));
    }

    [Fact]
    public async Task A_publish_between_subscribing_and_waiting_is_remembered_once()
    {
        using var watcher = _feed.Subscribe(Watched);
        _feed.Publish(Watched);
        _feed.Publish(Watched);

        var first = watcher.WaitAsync(Minute, CancellationToken.None);
        Assert.True(first.IsCompletedSuccessfully);
        Assert.True(await first);

        var second = watcher.WaitAsync(Minute, CancellationToken.None).AsTask();
        Assert.False(second.IsCompleted);
        _feed.Publish(Watched);
        Assert.True(await second.Within("waking"));
    }

    [Fact]
    public async Task A_wait_ends_at_its_time_and_not_at_that_of_an_earlier_one()
    {
        using var watcher = _feed.Subscribe(Watched);
        var first = watcher.WaitAsync(Minute, CancellationToken.None).AsTask();
        _time.Advance(Minute / 2);
        _feed.Publish(Watched);
        Assert.True(await first.Within("waking"));

        var second = watcher.WaitAsync(Minute, CancellationToken.None).AsTask();
        _time.Advance(Minute * 0.75);
        Assert.False(second.IsCompleted);
        _time.Advance(Minute * 0.25);
        Assert.False(await second.Within("ending in time"));
    }

    [Fact]
    public async Task A_wait_of_no_time_only_looks()
    {
        using var watcher = _feed.Subscribe(Watched);
        Assert.False(await watcher.WaitAsync(TimeSpan.Zero, CancellationToken.None));
        _feed.Publish(Watched);
        Assert.True(await watcher.WaitAsync(TimeSpan.Zero, CancellationToken.None));
    }

    [Fact]
    public async Task A_watcher_who_gives_up_can_wait_again()
    {
        using var watcher = _feed.Subscribe(Watched);
        using var source = new CancellationTokenSource();
        var first = watcher.WaitAsync(Timeout.InfiniteTimeSpan, source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Within("giving up"));

        var second = watcher.WaitAsync(Timeout.InfiniteTimeSpan, CancellationToken.None).AsTask();
        _feed.Publish(Watched);
        Assert.True(await second.Within("waking"));
    }

    [Fact]
    public async Task A_disposed_watcher_waits_no_more_and_leaves_nothing_behind()
    {
        var watchers = Enumerable.Range(0, 5).Select(_ => _feed.Subscribe(Watched)).ToList();
        var waits = watchers.Select(watcher => watcher.WaitAsync(Minute, CancellationToken.None).AsTask()).ToList();
        Assert.Equal(5, _time.TimersSet);

        foreach (var index in (int[])[2, 0, 4])
        {
            watchers[index].Dispose();
            watchers[index].Dispose();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => waits[index].Within("ending"));
        }

        Assert.Equal((2, 2), (_feed.Watchers, _feed.WatchersListed));
        _feed.Publish(Watched);
        Assert.True(await waits[1].Within("waking"));
        Assert.True(await waits[3].Within("waking"));
        watchers.ForEach(watcher => watcher.Dispose());
        Assert.Equal((0, 0), (_feed.Watchers, _feed.WatchersListed));
        Assert.Equal(0, _time.TimersSet);
    }

    [Fact]
    public void Too_many_watchers_are_refused_until_one_leaves()
    {
        var feed = new ChangeFeed(_time, watchersMax: 3);
        var watchers = Enumerable.Range(0, 3).Select(_ => feed.Subscribe(Watched)).ToList();
        Assert.Throws<EngineOverloadedException>(() => feed.Subscribe(Other));

        watchers[0].Dispose();
        feed.Subscribe(Other).Dispose();
    }

    [Fact]
    public async Task No_publish_is_lost_between_waits_while_threads_race()
    {
        const int Publishes = 20_000;
        using var watcher = _feed.Subscribe(Watched);
        var written = 0;
        var seen = 0;
        var woken = 0;
        var publisher = Task.Run(() =>
        {
            for (var number = 1; number <= Publishes; number++)
            {
                Volatile.Write(ref written, number);
                _feed.Publish(Watched);
            }
        });

        while (seen < Publishes)
        {
            Assert.True(await watcher.WaitAsync(Minute, CancellationToken.None).Within("watching", $"after {seen}"));
            seen = Volatile.Read(ref written);
            woken++;
        }

        await publisher.Within("publishing");
        Assert.InRange(woken, 1, Publishes);
    }

    [Fact]
    public void Ten_thousand_watchers_cost_less_than_a_kilobyte_each()
    {
        const int Count = 10_000;
        var feed = new ChangeFeed(TimeProvider.System);
        var watchers = new List<IChangeSubscription>(Count);
        var waits = new List<ValueTask<bool>>(Count);
        var journals = Enumerable.Range(0, Count).Select(number => new JournalId(JournalKind.Patient, $"{number}")).ToList();
        var before = GC.GetAllocatedBytesForCurrentThread();

        foreach (var journal in journals)
        {
            watchers.Add(feed.Subscribe(journal));
            waits.Add(watchers[^1].WaitAsync(TimeSpan.FromMinutes(10), CancellationToken.None));
        }

        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / Count;
        Assert.InRange(each, 1, 1_000);
        journals.ForEach(feed.Publish);
        Assert.All(waits, wait => Assert.True(wait.IsCompletedSuccessfully));
        watchers.ForEach(watcher => watcher.Dispose());
    }
}
