using HealthGrains.Grains.Journal;

namespace HealthGrains.Sqlite.Reading;

/// <summary>A read that waits for a reader. It is answered exactly once.</summary>
internal abstract class ReadRequest
{
    public abstract void Answer(ReadSession session);

    public abstract void Fail(JournalException exception);
}

/// <summary>One read, as a function of the session.</summary>
internal sealed class ReadRequest<T>(Func<ReadSession, T> read) : ReadRequest
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Done => _done.Task;

    public override void Answer(ReadSession session) => _done.SetResult(read(session));

    public override void Fail(JournalException exception) => _done.SetException(exception);
}

/// <summary>Reads waiting for a reader: bounded; beyond that a read is refused at once.</summary>
internal sealed class ReadQueue
{
    private readonly object _gate = new();
    private readonly Queue<ReadRequest> _waiting = [];
    private bool _closed;

    /// <exception cref="JournalUnavailableException">It is full, or the store is closed.</exception>
    public void Add(ReadRequest request)
    {
        lock (_gate)
        {
            if (_closed)
                throw new JournalUnavailableException("The store is closed.", JournalUnavailableReason.Away);
            if (_waiting.Count >= JournalLimits.QueuedReadsMax)
                throw new JournalUnavailableException("The queue of reads is full.");
            _waiting.Enqueue(request);
            if (_waiting.Count == 1)
                Monitor.Pulse(_gate);
        }
    }

    /// <summary>Waits for the first read and takes what is there by then.</summary>
    /// <returns>False when the queue is closed and empty.</returns>
    public bool Take(List<ReadRequest> batch)
    {
        batch.Clear();
        lock (_gate)
        {
            while (_waiting.Count == 0)
            {
                if (_closed)
                    return false;
                Monitor.Wait(_gate);
            }

            while (batch.Count < JournalLimits.SharedReadsMax && _waiting.TryDequeue(out var request))
                batch.Add(request);
            if (_waiting.Count > 0)
                Monitor.Pulse(_gate);
            return true;
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }
}
