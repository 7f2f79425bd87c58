using SQLitePCL;

namespace HealthGrains.Sqlite.Native;

/// <summary>SQLite answered with an error code.</summary>
/// <param name="code">The extended result code.</param>
/// <param name="message">SQLite's own words; they can hold names of tables, never a journal id.</param>
internal sealed class SqliteFailure(int code, string message) : Exception($"SQLite error {code}: {message}")
{
    public int Code { get; } = code;

    /// <summary>The primary result code: the low byte.</summary>
    public int Primary => Code & 0xFF;

    public bool IsBusy => Primary is raw.SQLITE_BUSY or raw.SQLITE_LOCKED;

    public bool IsFull => Primary == raw.SQLITE_FULL;

    public bool IsDamage => Primary is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;

    /// <summary>A sync failed: what the kernel had not yet written may be gone, and a second sync would not tell.</summary>
    public bool IsSync => Code is raw.SQLITE_IOERR_FSYNC or raw.SQLITE_IOERR_DIR_FSYNC;
}
