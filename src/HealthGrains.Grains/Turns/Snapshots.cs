using System.Threading.Channels;
using HealthGrains.Grains.Journal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthGrains.Grains.Turns;

/// <summary>Takes snapshots outside the turn. Losing one costs time, never facts.</summary>
/// <remarks>
/// <para>A grain asks when its tail has grown enough. One worker reads the journal again, folds a state of its own and
/// writes that: a grain's state is never touched from outside its turn, and a snapshot holds only what is durable.</para>
/// <para>The queue is bounded by <see cref="GrainLimits.SnapshotQueueMax"/> and holds a journal once; what does not fit is
/// forgotten and asked for again at the grain's next turn. A failure is logged and forgotten in the same way.</para>
/// </remarks>
public sealed class Snapshots : IAsyncDisposable
{
    private readonly IJournalStore? _store;
    private readonly GrainModels? _models;
    private readonly ILogger _log;
    private readonly GrainsInstruments _instruments;
    private readonly CancellationTokenSource _shutdown = new();
    private readonly Lock _gate = new();
    private readonly HashSet<JournalId> _waiting = [];
    private readonly Channel<JournalId> _queue = Channel.CreateBounded<JournalId>(
        new BoundedChannelOptions(GrainLimits.SnapshotQueueMax) { SingleReader = true });

    // Started by the first request, so that a process that takes no snapshot runs no worker. Under _gate.
    private Task _worker = Task.CompletedTask;
    private bool _started;

    // Under _gate, and read outside of it to keep the common "no" cheap: a late "yes" is refused under the lock.
    private volatile bool _ended;
    private int _disposed;

    /// <param name="store">Read and written by the worker alone.</param>
    /// <param name="models">How each kind of journal is folded.</param>
    /// <param name="log">Told of failures, without data.</param>
    /// <param name="instruments">Null for the process's own.</param>
    public Snapshots(IJournalStore store, GrainModels models, ILogger log, GrainsInstruments? instruments = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(models);
        ArgumentNullException.ThrowIfNull(log);
        _store = store;
        _models = models;
        _log = log;
        _instruments = instruments ?? GrainsInstruments.Shared;
    }

    private Snapshots()
    {
        _log = NullLogger.Instance;
        _instruments = GrainsInstruments.Shared;
        _ended = true;
    }

    /// <summary>Takes none: every request is forgotten.</summary>
    public static Snapshots None { get; } = new();

    /// <summary>A snapshot is worth its cost when the tail has grown with the journal: the whole cost stays linear.</summary>
    public static bool IsDue(long version, long snapshotVersion) =>
        version - snapshotVersion >= Math.Max(64, snapshotVersion / 2);

    /// <summary>The same for one kind of journal: a ledger's snapshot is small whatever its length, so it is taken after a fixed
    /// number of entries, and a start reads a bounded tail; an inbox's is bounded too.</summary>
    public static bool IsDue(JournalKind kind, long version, long snapshotVersion) => kind switch
    {
        JournalKind.Sender => version - snapshotVersion >= GrainLimits.LedgerEntriesPerSnapshot,
        JournalKind.Inbox when version - snapshotVersion >= GrainLimits.InboxEntriesPerSnapshotMax => true,
        _ => IsDue(version, snapshotVersion),
    };

    /// <summary>Asks for a snapshot of a journal, soon. Never waits.</summary>
    /// <returns>False when too many wait: ask again later.</returns>
    public bool Request(JournalId journal)
    {
        if (_ended)
            return false;
        lock (_gate)
        {
            if (_ended)
                return false;
            if (!_waiting.Add(journal))
                return true;
            if (!_queue.Writer.TryWrite(journal))
            {
                _waiting.Remove(journal);
                _instruments.SnapshotDropped(journal.Kind);
                return false;
            }

            if (!_started)
            {
                _started = true;
                _worker = Task.Run(WorkAsync);
            }

            return true;
        }
    }

    /// <summary>Takes the snapshots that wait, refuses further ones, and returns.</summary>
    /// <param name="cancellation">Ends the waiting; the rest is forgotten when this is disposed.</param>
    public async ValueTask DrainAsync(CancellationToken cancellation)
    {
        Task worker;
        lock (_gate)
        {
            _ended = true;
            _queue.Writer.TryComplete();
            worker = _worker;
        }

        await worker.WaitAsync(cancellation);
    }

    /// <summary>Forgets what waits and ends the one under way.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_store is null || Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _shutdown.CancelAsync();
        await DrainAsync(CancellationToken.None);
        _shutdown.Dispose();
    }

    private async Task WorkAsync()
    {
        await foreach (var journal in _queue.Reader.ReadAllAsync(CancellationToken.None))
        {
            lock (_gate)
                _waiting.Remove(journal);
            if (!_shutdown.IsCancellationRequested)
                await TakeAsync(journal);
        }
    }

    private async ValueTask TakeAsync(JournalId journal)
    {
        try
        {
            Invariant.Hold(_store is not null && _models is not null, "A worker has a store and models.");
            if (await _models.SnapshotAsync(journal, _store, _shutdown.Token) > 0)
                _instruments.SnapshotWritten(journal.Kind);
        }
        catch (OperationCanceledException) when (_shutdown.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            // Like a turn's, this loop outlives what it runs: the snapshot is lost, no fact is.
            _instruments.SnapshotFailed(journal.Kind);
            _log.SnapshotFailed(JournalPseudonym.Process.Of(journal), e.GetType().Name, e.StackTrace);
        }
    }
}
