using HealthGrains.Grains.Journal;

namespace HealthGrains.Sqlite;

/// <summary>What writer, readers and keeper of one open store share: its positions, who waits for them, and whether it has
/// stopped itself.</summary>
internal sealed class StoreState
{
    private readonly Lock _gate = new();
    private readonly long[] _positions;
    private readonly TaskCompletionSource?[] _grown;
    private readonly TaskCompletionSource<string> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile JournalUnavailableException? _failure;
    private int _walPages;
    private int _waiters;

    public StoreState(IReadOnlyList<long> positions, JournalInstruments instruments)
    {
        _positions = [.. positions];
        _grown = new TaskCompletionSource?[positions.Count];
        Instruments = instruments;
    }

    public JournalInstruments Instruments { get; }

    public int Shards => _positions.Length;

    /// <summary>What every call gets once the store has stopped itself; null while it serves.</summary>
    public JournalUnavailableException? Failure => _failure;

    public bool HasFailed => _failure is not null;

    /// <summary>Completes with one line for the operator when the store stops itself.</summary>
    public Task<string> Failed => _failed.Task;

    /// <summary>Waiters for any log, so that the keeper knows whether other processes matter to somebody.</summary>
    public int Waiters => Volatile.Read(ref _waiters);

    /// <summary>Stops the store for good: nothing is written or read by it any more.</summary>
    public void Fail(string line)
    {
        lock (_gate)
            _failure ??= new JournalUnavailableException(line, JournalUnavailableReason.Away);
        _failed.TrySetResult(line);
        for (var shard = 0; shard < Shards; shard++)
            Wake(shard);
    }

    public void ThrowIfFailed()
    {
        if (_failure is { } failure)
            throw new JournalUnavailableException(failure.Message, failure.Reason);
    }

    /// <summary>Tells of a commit of this process.</summary>
    public void Committed(IReadOnlyList<int> shards, Func<int, long> positionOf)
    {
        foreach (var shard in shards)
            Grew(shard, positionOf(shard));
    }

    /// <summary>A shard's log is known to reach a position.</summary>
    public void Grew(int shard, long position)
    {
        lock (_gate)
        {
            // The writer and the keeper may both tell of it: it never goes back.
            if (position <= _positions[shard])
                return;
            Volatile.Write(ref _positions[shard], position);
        }

        Wake(shard);
    }

    public void WalGrew(int pages) => Interlocked.Add(ref _walPages, pages);

    /// <summary>Takes the count of pages if it has come to a threshold; else 0.</summary>
    public int TakeWalPages(int threshold) =>
        Volatile.Read(ref _walPages) < threshold ? 0 : Interlocked.Exchange(ref _walPages, 0);

    public int WalPages => Volatile.Read(ref _walPages);

    public async ValueTask WaitAsync(
        int shard, long afterPosition, TimeSpan atMost, TimeProvider time, CancellationToken cancellation)
    {
        Task grown;
        lock (_gate)
        {
            // The waiter registers first and looks afterwards; the writer moves the position first and wakes afterwards.
            grown = (_grown[shard] ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        if (Volatile.Read(ref _positions[shard]) > afterPosition || HasFailed)
            return;
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

    private void Wake(int shard)
    {
        TaskCompletionSource? grown;
        lock (_gate)
        {
            grown = _grown[shard];
            _grown[shard] = null;
        }

        grown?.TrySetResult();
    }
}
