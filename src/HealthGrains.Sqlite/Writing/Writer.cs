using HealthGrains.Grains.Journal;
using HealthGrains.Sqlite.Keeping;
using HealthGrains.Sqlite.Native;
using SQLitePCL;

namespace HealthGrains.Sqlite.Writing;

/// <summary>The one thread of this process that writes: it takes what waits, commits it together, answers, and looks again.</summary>
/// <remarks>
/// <para>W1. A request is answered with success only after the commit that holds it has returned, which with
/// <c>synchronous=FULL</c> is after the write-ahead log was synced.</para>
/// <para>W2. Each turn checks everything (head, checkpoint) before it writes anything, so that one that loses a race leaves
/// nothing in the transaction that it shares with others.</para>
/// <para>W3. A failure before the commit, and "disk full" out of the commit, are rolled back: nothing was written. SQLite
/// gives "full" only for a write, and a commit counts only once its last page is written; a failed sync has another
/// code.</para>
/// <para>W4. Any other failure out of the commit leaves the outcome unknown, and any failed sync leaves unknown what the
/// disk holds: the store stops for good (<see cref="StoreState"/>). Nothing is ever synced a second time.</para>
/// <para>W5. The transaction starts with <c>BEGIN IMMEDIATE</c>, so versions and positions are read under the lock that
/// protects their change, also against other processes.</para>
/// </remarks>
internal sealed class Writer : IDisposable
{
    // Turns of one batch that may turn out to stand on damaged rows before the rest is refused as well.
    private const int DamagedTurnsMax = 3;

    private readonly SqliteStoreOptions _options;
    private readonly StoreState _state;
    private readonly Connection _connection;
    private readonly WriteSession _session;
    private readonly WriteQueue _queue;
    private readonly RecentMarks _marks;
    private readonly Thread _thread;
    private readonly List<WriteRequest> _batch = [];
    private int _walPages;

    public Writer(
        Connection connection, int shards, RecentMarks marks, SqliteStoreOptions options, StoreState state)
    {
        _connection = connection;
        _marks = marks;
        _options = options;
        _state = state;
        _session = new WriteSession(connection, shards);
        _queue = new WriteQueue(options.QueuedTurnsMax, JournalLimits.QueuedBytesMax);
        _thread = new Thread(Run) { IsBackground = true, Name = "HealthGrains journal writer" };
        _thread.Start();
    }

    /// <exception cref="JournalUnavailableException">The queue is full, or the store has stopped.</exception>
    public void Enqueue(WriteRequest request)
    {
        try
        {
            _queue.Add(request);
        }
        catch (JournalUnavailableException refused) when (refused.Reason == JournalUnavailableReason.Busy)
        {
            _state.Instruments.TurnRefused();
            throw;
        }
    }

    /// <summary>Commits what waits, then ends the thread.</summary>
    public void Dispose()
    {
        _queue.Close(new JournalUnavailableException("The store is closed.", JournalUnavailableReason.Away));
        _thread.Join();
        if (_state.HasFailed)
            _connection.CloseWithoutCheckpoint();
        _connection.Dispose();
        _marks.Dispose();
    }

    private void Run()
    {
        while (_queue.Take(_batch, _options.CommitTurnsMax, JournalLimits.CommitBytesMax))
        {
            if (_state.Failure is { } stopped)
            {
                FailAll(stopped);
                continue;
            }

            try
            {
                Write();
            }
            catch (SqliteFailure failure)
            {
                Stop(failure);
                FailAll(new JournalUnavailableException(_state.Failure!.Message, JournalUnavailableReason.Away, failure));
            }
        }
    }

    /// <summary>One commit.</summary>
    private void Write()
    {
        var damaged = 0;
        while (_batch.Count > 0)
        {
            if (!TryBegin())
                return;
            var started = _options.Time.GetTimestamp();
            if (!TryApply(ref damaged))
                continue;
            if (_batch.TrueForAll(request => request.Refusal is not null))
            {
                _session.Rollback();
                Answer(commit: null);
                return;
            }

            if (!TryCommit())
                return;
            Mark();
            Answer(_options.Time.GetElapsedTime(started));
            CheckpointIfLong();
            return;
        }
    }

    private bool TryBegin()
    {
        try
        {
            _session.Begin();
            _options.Fault?.Invoke(SqliteFaultPoint.Begun);
            return true;
        }
        catch (SqliteFailure failure) when (!failure.IsSync)
        {
            _session.Rollback();
            FailAll(failure.IsBusy
                ? new JournalUnavailableException("Another process holds the database for writing.")
                : Unavailable(failure));
            return false;
        }
    }

    /// <summary>Applies the batch.</summary>
    /// <returns>False when the transaction was rolled back, and the batch holds what is to be tried again.</returns>
    private bool TryApply(ref int damaged)
    {
        WriteRequest? current = null;
        try
        {
            foreach (var request in _batch)
            {
                current = request;
                Apply(request);
            }

            current = null;
            _session.Complete();
            _options.Fault?.Invoke(SqliteFaultPoint.BeforeCommit);
            return true;
        }
        catch (SqliteFailure failure) when (!failure.IsSync)
        {
            _session.Rollback();
            var isDamage = failure.IsDamage || failure.Primary == raw.SQLITE_CONSTRAINT;
            if (current is not null && isDamage && ++damaged <= DamagedTurnsMax)
            {
                // One damaged page must not stop everybody: what stands on it fails alone.
                _batch.Remove(current);
                current.Fail(new JournalDamagedException(
                    new JournalDamage(null, (current as TurnRequest)?.Shard ?? -1, 0, 0, "The database is damaged here.")));
            }
            else
            {
                FailAll(Unavailable(failure));
            }

            return false;
        }
    }

    private void Apply(WriteRequest request)
    {
        request.Refusal = null;
        try
        {
            request.Apply(_session);
        }
        catch (JournalConflictException conflict)
        {
            request.Refusal = conflict;
            _state.Instruments.Conflicted();
        }
        catch (JournalDamagedException damage)
        {
            request.Refusal = damage;
        }
    }

    private bool TryCommit()
    {
        try
        {
            _session.Commit();
            _options.Fault?.Invoke(SqliteFaultPoint.AfterCommit);
            return true;
        }
        catch (SqliteFailure failure) when (failure.IsFull)
        {
            _session.Rollback();
            FailAll(Unavailable(failure));
            return false;
        }
        catch (SqliteFailure failure)
        {
            Stop(failure);
            foreach (var request in _batch)
            {
                request.Fail(request.Refusal
                    ?? new JournalOutcomeUnknownException("The commit failed, and the store has stopped itself.", failure));
            }

            _batch.Clear();
            return false;
        }
    }

    /// <summary>Says outside the database how far it has come, before anybody is told.</summary>
    private void Mark()
    {
        foreach (var shard in _session.Touched)
            _marks.Set(shard, _session.PositionOf(shard), _session.HashAt(shard));

        try
        {
            _marks.Write();
        }
        catch (IOException)
        {
            // They are a second line of defence: the commit is durable without them, and the synced marks follow.
        }
    }

    private void Answer(TimeSpan? commit)
    {
        var turns = 0;
        foreach (var request in _batch)
        {
            if (request.Refusal is null && request is TurnRequest)
                turns++;
        }

        if (commit is { } duration)
        {
            _state.Committed(_session.Touched, _session.PositionOf);
            if (turns > 0)
                _state.Instruments.Committed(turns, _session.Entries, duration);
        }

        foreach (var request in _batch)
        {
            if (request.Refusal is { } refusal)
                request.Fail(refusal);
            else
                request.Succeed();
        }

        _batch.Clear();
    }

    /// <summary>Keeps the write-ahead log bounded: mostly the keeper's work, the rest between two commits.</summary>
    private void CheckpointIfLong()
    {
        var pages = _connection.TakePagesWritten();
        _walPages += pages;
        _state.WalGrew(pages);
        if (_walPages < _options.CheckpointPages * SqliteLimits.WriterCheckpointFactor)
            return;
        try
        {
            // By now the keeper has copied nearly everything: this copies the rest, and with nobody else writing the next
            // commit finds the whole log copied and starts it again from its beginning.
            var (left, copied) = _connection.Checkpoint(raw.SQLITE_CHECKPOINT_PASSIVE);
            if (left > _options.CheckpointPages * SqliteLimits.RestartFactor)
                (left, copied) = _connection.Checkpoint(raw.SQLITE_CHECKPOINT_RESTART);
            _walPages = Math.Max(0, left - copied);
        }
        catch (SqliteFailure failure) when (failure.IsFull)
        {
            // The log stays until there is room in the database; the next commits try again.
            _walPages = 0;
        }
    }

    private void Stop(SqliteFailure failure) => _state.Fail(
        $"The journal store has stopped: the disk under '{_options.Directory}' failed ({failure.Message}). "
        + "Restart it once the disk is sound; what was acknowledged is kept.");

    private void FailAll(JournalException exception)
    {
        foreach (var request in _batch)
            request.Fail(exception);
        _batch.Clear();
    }

    private static JournalUnavailableException Unavailable(SqliteFailure failure) => failure.IsFull
        ? new JournalUnavailableException("The disk is full.", JournalUnavailableReason.DiskFull, failure)
        : new JournalUnavailableException("The database cannot be written now.", JournalUnavailableReason.Away, failure);
}
