using System.Text;
using SQLitePCL;

namespace HealthGrains.Sqlite.Native;

/// <summary>One prepared statement, used by one thread at a time. Parameters are numbered from 1, columns from 0.</summary>
internal sealed class Statement : IDisposable
{
    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _handle;

    public Statement(sqlite3 connection, string sql)
    {
        _connection = connection;
        var code = raw.sqlite3_prepare_v3(connection, sql, raw.SQLITE_PREPARE_PERSISTENT, out _handle);
        if (code != raw.SQLITE_OK)
            throw Failure();
    }

    public Statement Bind(int index, long value)
    {
        Check(raw.sqlite3_bind_int64(_handle, index, value));
        return this;
    }

    public Statement BindText(int index, ReadOnlySpan<byte> ascii)
    {
        Check(raw.sqlite3_bind_text(_handle, index, ascii));
        return this;
    }

    public Statement BindText(int index, string text) => BindText(index, Encoding.UTF8.GetBytes(text));

    /// <param name="bytes">Copied by SQLite. An empty span is an empty blob, not NULL.</param>
    public Statement BindBlob(int index, ReadOnlySpan<byte> bytes)
    {
        Check(bytes.IsEmpty
            ? raw.sqlite3_bind_zeroblob(_handle, index, 0)
            : raw.sqlite3_bind_blob(_handle, index, bytes));
        return this;
    }

    /// <summary>True when there is a row. After false, or an exception, the statement is ready for its next use.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(_handle);
        if (code == raw.SQLITE_ROW)
            return true;
        if (code == raw.SQLITE_DONE)
        {
            _ = raw.sqlite3_reset(_handle);
            return false;
        }

        var failure = Failure();
        _ = raw.sqlite3_reset(_handle);
        throw failure;
    }

    /// <summary>Runs a statement that gives no rows.</summary>
    public void Run()
    {
        if (Step())
            Reset();
    }

    /// <summary>Ends a statement that may have more rows.</summary>
    public void Reset() => _ = raw.sqlite3_reset(_handle);

    public long Integer(int column) => raw.sqlite3_column_int64(_handle, column);

    /// <summary>Valid until the next step.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(_handle, column);

    /// <summary>Valid until the next step. Text is stored as UTF-8, so its bytes are those of the text.</summary>
    public ReadOnlySpan<byte> Text(int column) => raw.sqlite3_column_blob(_handle, column);

    public void Dispose() => _handle.Dispose();

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
            throw Failure();
    }

    private SqliteFailure Failure() =>
        new(raw.sqlite3_extended_errcode(_connection), raw.sqlite3_errmsg(_connection).utf8_to_string());
}
