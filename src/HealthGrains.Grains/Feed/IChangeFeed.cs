using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Feed;

/// <summary>Wakes who waits for a journal to grow. It may lose, repeat and reorder: a watcher reads by its cursor.</summary>
public interface IChangeFeed
{
    /// <summary>Never waits and never fails.</summary>
    void Publish(JournalId journal);

    /// <summary>From here on, growth of the journal is remembered until it is waited for. Dispose to end.</summary>
    IChangeSubscription Subscribe(JournalId journal);
}

/// <summary>One watcher's wake-ups.</summary>
public interface IChangeSubscription : IDisposable
{
    /// <summary>Completes when the journal was published since the last wait, or after <paramref name="atMost"/>.</summary>
    /// <returns>True if it was published.</returns>
    ValueTask<bool> WaitAsync(TimeSpan atMost, CancellationToken cancellation);
}
