using System.Collections.Concurrent;
using HealthGrains.Domain.Documents;

namespace HealthGrains.Services.DocumentExchange;

/// <summary>Which stream of this process works on which upload: the newest takes over, and only once the one before it has ended.</summary>
/// <remarks>A caller whose line broke comes back before the server has heard of it. What the old stream still held is kept before
/// the new one is told where to go on, so its answer is final. Two processes are kept apart by the store alone.</remarks>
internal sealed class LiveUploads
{
    private readonly ConcurrentDictionary<UploadId, Visit> _visits = new();

    /// <summary>Ends the stream before this one, and waits for its end.</summary>
    /// <returns>To be disposed at the end of the stream.</returns>
    public async ValueTask<Visit> EnterAsync(UploadId upload, CancellationToken ct)
    {
        var visit = new Visit(this, upload, CancellationTokenSource.CreateLinkedTokenSource(ct));
        while (!_visits.TryAdd(upload, visit))
        {
            if (!_visits.TryGetValue(upload, out var before))
                continue;
            before.Yield();
            await before.Ended.WaitAsync(ct);
        }

        return visit;
    }

    /// <summary>One stream's time with its upload.</summary>
    internal sealed class Visit(LiveUploads uploads, UploadId upload, CancellationTokenSource working) : IDisposable
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The call's own, and ended when another stream takes over.</summary>
        public CancellationToken Token { get; } = working.Token;

        public bool IsTakenOver { get; private set; }

        public Task Ended => _ended.Task;

        public void Yield()
        {
            IsTakenOver = true;
            try
            {
                working.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has just ended by itself.
            }
        }

        public void Dispose()
        {
            uploads._visits.TryRemove(KeyValuePair.Create(upload, this));
            _ended.TrySetResult();
            working.Dispose();
        }
    }
}
