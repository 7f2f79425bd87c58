using HealthGrains.Grains.Journal;

namespace HealthGrains.PostgreSql;

/// <summary>What writer and poller know of the logs' ends, and who waits for them.</summary>
internal sealed class StoreState(IReadOnlyList<long> positions, JournalInstruments instruments)
{
    private readonly Lock _gate = new();
    private readonly long[] _positions = [.. positions];
    private readonly TaskCompletionSource?[] _grown = new TaskCompletionSource?[positions.Count];
    private int _waiters;

    public JournalInstruments Instruments { get; } = instruments;

    public int Shards => _positions.Length;

    public bool HasWaiters => Volatile.Read(ref _waiters) > 0;

    /// <summary>The last position that is known of a shard's log.</summary>
    public long PositionOf(int shard)
    {
        lock (_gate)
            return _positions[shard];
    }

    /// <summary>A shard's log is known to reach a position; it never goes back.</summary>
    public void Grew(int shard, long position)
    {
        TaskCompletionSource? grown;
        lock (_gate)
        {
            if (position <= _positions[shard])
                return;
            _positions[shard] = position;
            grown = _grown[shard];
            _grown[shard] = null;
        }

        grown?.TrySetResult();
    }

    /// <summary>See <see cref="IJournalStore.WaitForLogAsync"/>.</summary>
    public async ValueTask WaitAsync(
        int shard, long afterPosition, TimeSpan atMost, TimeProvider time, CancellationToken cancellation)
    {
        Task grown;
        lock (_gate)
        {
            if (_positions[shard] > afterPosition)
                return;
            grown = (_grown[shard] ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        Interlocked.Increment(ref _waiters);
        try
        {
            await grown.WaitAsync(atMost, time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A log that stayed still is no error: the caller looks and waits again.
        }
        finally
        {
            Interlocked.Decrement(ref _waiters);
        }
    }

    /// <summary>Wakes everybody, because the store closes.</summary>
    public void WakeAll()
    {
        lock (_gate)
        {
            foreach (var grown in _grown)
                grown?.TrySetResult();
            Array.Clear(_grown);
        }
    }
}
