using HealthGrains.Grains.Journal;

namespace HealthGrains.Sqlite.Writing;

/// <summary>What waits for a commit: bounded by count and bytes; beyond that a request is refused at once.</summary>
internal sealed class WriteQueue(int requestsMax, long bytesMax)
{
    private readonly object _gate = new();
    private readonly Queue<WriteRequest> _waiting = [];
    private long _bytes;
    private JournalException? _closed;

    /// <exception cref="JournalUnavailableException">It is full, or the store has stopped.</exception>
    public void Add(WriteRequest request)
    {
        lock (_gate)
        {
            if (_closed is not null)
                throw new JournalUnavailableException(_closed.Message, JournalUnavailableReason.Away);
            if (_waiting.Count >= requestsMax || _bytes + request.Bytes > bytesMax)
                throw new JournalUnavailableException("The queue of turns is full.");
            _waiting.Enqueue(request);
            _bytes += request.Bytes;
            if (_waiting.Count == 1)
                Monitor.Pulse(_gate);
        }
    }

    /// <summary>Waits for the first request and takes what is there by then, up to the size of one commit.</summary>
    /// <returns>False when the queue is closed and empty.</returns>
    public bool Take(List<WriteRequest> batch, int turnsMax, long commitBytesMax)
    {
        batch.Clear();
        lock (_gate)
        {
            while (_waiting.Count == 0)
            {
                if (_closed is not null)
                    return false;
                Monitor.Wait(_gate);
            }

            var bytes = 0L;
            while (batch.Count < turnsMax && bytes < commitBytesMax && _waiting.TryDequeue(out var request))
            {
                batch.Add(request);
                bytes += request.Bytes;
            }

            _bytes -= bytes;
            return true;
        }
    }

    /// <summary>Accepts nothing more; what waits is still taken.</summary>
    public void Close(JournalException reason)
    {
        lock (_gate)
        {
            _closed ??= reason;
            Monitor.PulseAll(_gate);
        }
    }
}
