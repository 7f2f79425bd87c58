using HealthGrains.Grains.Journal;

namespace HealthGrains.PostgreSql;

/// <summary>What writer and poller know of the logs' ends, and who waits for them.</summary>
internal sealed class StoreState(IReadOnlyList<long> positions, JournalInstruments instruments)
{
    private readonly Lock _gate = new();
    private readonly long[] _positions = [.. positions];
    private readonly TaskCompletionSource?[] _grown = new TaskCompletionSource?[positions.Count];
    private readonly TaskCompletionSource<string> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waiters;

    public JournalInstruments Instruments { get; } = instruments;

    public int Shards => _positions.Length;

    public bool HasWaiters => Volatile.Read(ref _waiters) > 0;

    /// <summary>Completes with one line for the operator when the store stops itself.</summary>
    public Task<string> Failed => _failed.Task;

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

    /// <summary>Whether a log reaches as far as is known of it. One that does not has lost entries: what grains and readers here know
    /// of them is not so any more, and the store stops.</summary>
    /// <param name="shard">From 0.</param>
    /// <param name="position">As it was read under the shard's lock, so that nobody could be further.</param>
    public bool StillReaches(int shard, long position)
    {
        if (position >= PositionOf(shard))
            return true;
        _failed.TrySetResult(
            $"The log of shard {shard} ends at {position}, and went as far as {PositionOf(shard)}: the database has lost commits, "
            + "as after the promotion of a standby that was behind. Start again to go on from what it has.");
        return false;
    }

    public void ThrowIfFailed()
    {
        if (_failed.Task.IsCompleted)
            throw new JournalUnavailableException("The database has lost commits.", JournalUnavailableReason.Away);
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
