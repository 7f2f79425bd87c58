using System.Text;
using SQLitePCL;

namespace HealthGrains.Sqlite.Native;

/// <summary>One connection to the database file, used by one thread at a time.</summary>
/// <remarks>SQLite is called through the thin binding and not through ADO.NET: a turn's three statements cost 6.7 µs of processor time
/// against 8.5 µs (150,000 turns of 180 bytes, 500 a commit, 2 cores), and checkpoints answer with their result and extended
/// codes tell a failed sync from a failed write, which the writer's promise stands on.</remarks>
internal sealed class Connection : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly List<Statement> _statements = [];
    private Statement? _dataVersion;

    static Connection() => Batteries_V2.Init();

    /// <exception cref="SqliteFailure">The file cannot be opened.</exception>
    public Connection(string path, bool create)
    {
        // NOMUTEX: each connection belongs to one thread. PRIVATECACHE: readers never wait for the writer.
        var flags = raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX | raw.SQLITE_OPEN_PRIVATECACHE
            | (create ? raw.SQLITE_OPEN_CREATE : 0);
        var code = raw.sqlite3_open_v2(path, out _handle, flags, null);
        if (code != raw.SQLITE_OK)
        {
            var failure = new SqliteFailure(code, raw.sqlite3_errstr(code).utf8_to_string());
            _handle.Dispose();
            throw failure;
        }

        _ = raw.sqlite3_extended_result_codes(_handle, 1);

        // A file that cannot be opened for writing is opened for reading instead, without a word: whoever writes would only find
        // out later, in the middle of its work.
        if (raw.sqlite3_db_readonly(_handle, "main") != 0)
        {
            _handle.Dispose();
            throw new SqliteFailure(raw.SQLITE_CANTOPEN, "unable to open database file for writing");
        }
    }

    public bool InTransaction => raw.sqlite3_get_autocommit(_handle) == 0;

    /// <summary>Prepares a statement that lives as long as the connection.</summary>
    public Statement Prepare(string sql)
    {
        var statement = new Statement(_handle, sql);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Prepares a statement that the caller disposes.</summary>
    public Statement PrepareOnce(string sql) => new(_handle, sql);

    /// <summary>Runs SQL without parameters, ignoring rows.</summary>
    public void Execute(string sql)
    {
        using var statement = new Statement(_handle, sql);
        while (statement.Step())
        {
            // Some pragmas answer with a row.
        }
    }

    /// <summary>The first column of the first row; 0 when there is none.</summary>
    public long Query(string sql)
    {
        using var statement = new Statement(_handle, sql);
        var value = statement.Step() ? statement.Integer(0) : 0;
        Finish(statement);
        return value;
    }

    /// <summary>The first column of the first row as text; empty when there is none.</summary>
    public string QueryText(string sql)
    {
        using var statement = new Statement(_handle, sql);
        var value = statement.Step() ? Encoding.UTF8.GetString(statement.Text(0)) : "";
        Finish(statement);
        return value;
    }

    // Outside a transaction the commit comes after the last row, and with it the error of a failed sync.
    private static void Finish(Statement statement)
    {
        while (statement.Step())
        {
            // Further rows were not asked for.
        }
    }

    public void BusyTimeout(TimeSpan atMost) => _ = raw.sqlite3_busy_timeout(_handle, (int)atMost.TotalMilliseconds);

    public int Changes() => raw.sqlite3_changes(_handle);

    /// <summary>Changes when another connection has committed.</summary>
    public long DataVersion()
    {
        _dataVersion ??= Prepare("PRAGMA data_version");
        var version = _dataVersion.Step() ? _dataVersion.Integer(0) : 0;
        _dataVersion.Reset();
        return version;
    }

    /// <summary>Pages that this connection has written to the write-ahead log since the last time it was asked.</summary>
    public int TakePagesWritten()
    {
        _ = raw.sqlite3_db_status(_handle, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, 1);
        return pages;
    }

    /// <summary>Copies the write-ahead log into the database.</summary>
    /// <param name="mode">One of SQLite's checkpoint modes.</param>
    /// <returns>Pages in the log, and how many of them are copied; -1 when another connection was in the way.</returns>
    /// <exception cref="SqliteFailure">Writing or syncing failed.</exception>
    public (int Pages, int Copied) Checkpoint(int mode)
    {
        var code = raw.sqlite3_wal_checkpoint_v2(_handle, "main", mode, out var pages, out var copied);
        return (code & 0xFF) is raw.SQLITE_OK or raw.SQLITE_BUSY or raw.SQLITE_LOCKED
            ? (pages, copied)
            : throw new SqliteFailure(
                raw.sqlite3_extended_errcode(_handle), raw.sqlite3_errmsg(_handle).utf8_to_string());
    }

    /// <summary>Leaves the write-ahead log alone when the connection closes: after a failed sync nobody may trust it.</summary>
    public void CloseWithoutCheckpoint() =>
        _ = raw.sqlite3_db_config(_handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);

    public void Dispose()
    {
        foreach (var statement in _statements)
            statement.Dispose();
        _handle.Dispose();
    }
}
