using HealthGrains.Grains.Journal;

namespace HealthGrains.PostgreSql.Writing;

/// <summary>What waits for a commit: bounded by count and bytes; beyond that a request is refused at once.</summary>
internal sealed class WriteQueue(int requestsMax, long bytesMax)
{
    private readonly Lock _gate = new();
    private readonly Queue<WriteRequest> _waiting = [];
    private TaskCompletionSource? _wake;
    private long _bytes;
    private bool _closed;

    /// <exception cref="JournalUnavailableException">It is full, or the store is closed.</exception>
    public void Add(WriteRequest request)
    {
        TaskCompletionSource? wake;
        lock (_gate)
        {
            if (_closed)
                throw new JournalUnavailableException("The store is closed.", JournalUnavailableReason.Away);
            if (_waiting.Count >= requestsMax || _bytes + request.Bytes > bytesMax)
                throw new JournalUnavailableException("The queue of turns is full.");
            _waiting.Enqueue(request);
            _bytes += request.Bytes;
            (wake, _wake) = (_wake, null);
        }

        wake?.TrySetResult();
    }

    /// <summary>Waits for the first request and takes what is there by then, up to the size of one commit.</summary>
    /// <returns>False when the queue is closed and empty.</returns>
    public async Task<bool> TakeAsync(List<WriteRequest> batch, int turnsMax, long commitBytesMax)
    {
        batch.Clear();
        while (true)
        {
            Task waiting;
            lock (_gate)
            {
                var bytes = 0L;
                while (batch.Count < turnsMax && bytes < commitBytesMax && _waiting.TryDequeue(out var request))
                {
                    batch.Add(request);
                    bytes += request.Bytes;
                }

                _bytes -= bytes;
                if (batch.Count > 0)
                    return true;
                if (_closed)
                    return false;
                _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                waiting = _wake.Task;
            }

            await waiting.ConfigureAwait(false);
        }
    }

    /// <summary>Accepts nothing more; what waits is still taken.</summary>
    public void Close()
    {
        TaskCompletionSource? wake;
        lock (_gate)
        {
            _closed = true;
            (wake, _wake) = (_wake, null);
        }

        wake?.TrySetResult();
    }
}
