using HealthGrains.Grains.Journal;
using HealthGrains.Sqlite.Native;
using HealthGrains.Sqlite.Reading;
using SQLitePCL;

namespace HealthGrains.Sqlite.Keeping;

/// <summary>The thread for what must happen beside the commits: it copies the write-ahead log into the database, writes the
/// high-water marks, and looks for what other processes committed.</summary>
internal sealed class Keeper : IDisposable
{
    private readonly SqliteStoreOptions _options;
    private readonly StoreState _state;
    private readonly Connection _connection;
    private readonly ReadSession _session;
    private readonly Guid _storeId;
    private readonly Thread _thread;
    private readonly ITimer _timer;
    private readonly object _gate = new();
    private HighWaterMarks _written;
    private long _writtenAt;
    private long _seen;
    private bool _woken;
    private bool _closing;

    public Keeper(Connection connection, Guid storeId, HighWaterMarks written, SqliteStoreOptions options, StoreState state)
    {
        _connection = connection;
        _session = new ReadSession(connection, state.Shards);
        _storeId = storeId;
        _written = written;
        _options = options;
        _state = state;
        _writtenAt = options.Time.GetTimestamp();
        _thread = new Thread(Run) { IsBackground = true, Name = "HealthGrains journal keeper" };
        _thread.Start();
        _timer = options.Time.CreateTimer(
            static keeper => ((Keeper)keeper!).Wake(), // ! the state below
            this, SqliteLimits.KeeperTick, SqliteLimits.KeeperTick);
    }

    /// <summary>The newest entries of all shards, as committed by whatever process.</summary>
    public static HighWaterMarks Measure(ReadSession session, Guid storeId) =>
        session.Within(() => MeasureWithin(session, storeId));

    /// <summary>The same, in the caller's read transaction.</summary>
    public static HighWaterMarks MeasureWithin(ReadSession session, Guid storeId)
    {
        var marks = new HighWaterMark[session.Shards];
        for (var shard = 0; shard < marks.Length; shard++)
        {
            var position = session.Position(shard);

            // The hash as it stands in the row: that one entry is damaged is no reason to stop everything else.
            marks[shard] = position == 0
                ? default
                : new HighWaterMark(position, session.StoredHash(shard, position) ?? throw new JournalDamagedException(
                    new JournalDamage(null, shard, position, 0, "The newest entry of the log is missing.")));
        }

        return new HighWaterMarks(storeId, marks);
    }

    /// <summary>Looks soon whether there is something to do.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            _woken = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Ends the thread and writes the marks a last time. The writer has ended before.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_gate)
        {
            _closing = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
        if (_state.HasFailed)
            _connection.CloseWithoutCheckpoint();
        else
            Try(WriteMarks);
        _connection.Dispose();
    }

    private void Run()
    {
        while (WaitForWork())
        {
            if (_state.HasFailed)
                return;
            Try(Checkpoint);
            Try(NoticeOthers);
            if (_options.Time.GetElapsedTime(_writtenAt) >= SqliteLimits.MarksInterval)
                Try(WriteMarks);
        }
    }

    private bool WaitForWork()
    {
        lock (_gate)
        {
            while (!_woken && !_closing)
                Monitor.Wait(_gate);
            _woken = false;
            return !_closing;
        }
    }

    private void Try(Action work)
    {
        try
        {
            work();
        }
        catch (SqliteFailure failure) when (failure.IsBusy || failure.IsFull)
        {
            // Nothing was lost: the log stays longer, or the marks older, until the next time.
        }
        catch (PosixFailure failure) when (failure.IsFull)
        {
            // As above.
        }
        catch (Exception failure) when (failure is SqliteFailure or IOException or JournalDamagedException)
        {
            _state.Fail($"The journal store has stopped: '{_options.Directory}' failed ({failure.Message}). "
                + "Restart it once the disk is sound; what was acknowledged is kept.");
        }
    }

    /// <summary>Copies what the log holds into the database while the writer goes on; it only ever waits for the disk.</summary>
    private void Checkpoint()
    {
        if (_state.TakeWalPages(_options.CheckpointPages) > 0)
            _connection.Checkpoint(raw.SQLITE_CHECKPOINT_PASSIVE);
    }

    private void NoticeOthers()
    {
        if (_state.Waiters == 0)
            return;
        var version = _connection.DataVersion();
        if (version == _seen)
            return;
        _seen = version;
        for (var shard = 0; shard < _state.Shards; shard++)
            _state.Grew(shard, _session.Position(shard));
    }

    private void WriteMarks()
    {
        _writtenAt = _options.Time.GetTimestamp();
        var marks = Measure(_session, _storeId);
        if (marks.Shards.SequenceEqual(_written.Shards))
            return;
        marks.Write(_options.Directory);
        _written = marks;
    }
}
