using HealthGrains.Grains.Journal;
using HealthGrains.Sqlite.Contents;
using HealthGrains.Sqlite.Keeping;
using HealthGrains.Sqlite.Native;
using HealthGrains.Sqlite.Reading;
using SQLitePCL;

namespace HealthGrains.Sqlite;

/// <summary>What opening found.</summary>
internal sealed record OpenedStore(Guid StoreId, int Shards, HighWaterMarks Marks);

/// <summary>Creates or opens the database file and refuses what cannot be trusted.</summary>
internal static class StoreOpening
{
    public const string FileName = "healthgrains.db";

    public static string PathOf(SqliteStoreOptions options) => Path.Combine(options.Directory, FileName);

    /// <summary>A connection for the writer.</summary>
    public static Connection ForWriting(SqliteStoreOptions options)
    {
        var connection = new Connection(PathOf(options), create: true);
        connection.BusyTimeout(SqliteLimits.WriterWaitMax);
        return connection;
    }

    /// <summary>A connection for readers and keeper.</summary>
    public static Connection ForReading(SqliteStoreOptions options)
    {
        var connection = new Connection(PathOf(options), create: false);
        connection.BusyTimeout(SqliteLimits.WriterWaitMax);
        Configure(connection, cacheKibibytes: 8 * 1024);
        return connection;
    }

    /// <summary>Brings the file to a known state: created or recognised, recovered, not behind its marks.</summary>
    /// <exception cref="JournalDamagedException">It ends before its high-water marks.</exception>
    /// <exception cref="JournalUnavailableException">It is not a store that this version can open.</exception>
    public static OpenedStore Prepare(Connection connection, SqliteStoreOptions options)
    {
        connection.Execute($"PRAGMA page_size = {options.PageBytes}");
        if (connection.QueryText("PRAGMA journal_mode = WAL") != "wal")
        {
            throw new JournalUnavailableException(
                $"'{PathOf(options)}' cannot have a write-ahead log: its file system shares no memory. Use a local disk.",
                JournalUnavailableReason.Away);
        }

        Configure(connection, cacheKibibytes: 64 * 1024);
        var isNew = CreateIfEmpty(connection, options);
        CheckFormat(connection, options);
        UploadRows.Create(connection);

        // After a failed sync and a restart, what the kernel still shows of the log may never have reached the disk, and
        // everything added behind it would be lost with it. Copying the whole log into the database writes it anew. When
        // another process is in the way, it has the file open and has done this itself.
        connection.Checkpoint(raw.SQLITE_CHECKPOINT_TRUNCATE);

        // SQLite syncs the directory when it makes its files, but does not look whether that worked.
        Posix.SyncDirectory(options.Directory);

        var (storeId, shards) = ReadStore(connection);
        var session = new ReadSession(connection, shards);
        var file = MarksFile.Read(options.Directory);
        var marks = Keeper.Measure(session, storeId);
        if (isNew)
            marks.Write(options.Directory);
        else
            CheckMarks(session, marks, file, options);
        return new OpenedStore(storeId, shards, marks);
    }

    /// <summary>Compares the database with the marks beside it.</summary>
    /// <param name="session">In a read transaction that began after the marks were read.</param>
    /// <param name="now">What the database holds.</param>
    /// <param name="file">What the marks say.</param>
    /// <returns>What is missing, null if nothing is.</returns>
    public static JournalDamage? FindLoss(ReadSession session, HighWaterMarks now, MarksFile file)
    {
        if (file.Marks is not { } marks)
            return new JournalDamage(null, -1, 0, 0, file.Problem);
        if (marks.StoreId != now.StoreId || marks.Shards.Count != now.Shards.Count)
            return new JournalDamage(null, -1, 0, 0, "The high-water marks are those of another store.");
        for (var shard = 0; shard < now.Shards.Count; shard++)
        {
            var mark = marks.Shards[shard];
            var end = now.Shards[shard].Position;
            if (end < mark.Position)
            {
                return new JournalDamage(null, shard, end + 1, 0,
                    $"Shard {shard} ends at position {end}, but had come to position {mark.Position}: "
                    + $"{mark.Position - end} acknowledged entries are gone.");
            }

            if (mark.Position > 0 && session.StoredHash(shard, mark.Position) != mark.Hash)
            {
                return new JournalDamage(null, shard, mark.Position, 0,
                    $"Shard {shard} has another entry at position {mark.Position} than it once had.");
            }
        }

        return null;
    }

    private static void Configure(Connection connection, int cacheKibibytes)
    {
        connection.Execute("PRAGMA synchronous = FULL");
        connection.Execute("PRAGMA wal_autocheckpoint = 0");
        connection.Execute($"PRAGMA journal_size_limit = {SqliteLimits.WalBytesKept}");
        connection.Execute($"PRAGMA cache_size = -{cacheKibibytes}");
        connection.Execute("PRAGMA temp_store = MEMORY");

        // A failing disk under a memory map kills the process with a signal instead of answering with an error.
        connection.Execute("PRAGMA mmap_size = 0");
    }

    private static bool CreateIfEmpty(Connection connection, SqliteStoreOptions options)
    {
        if (connection.Query("PRAGMA user_version") != 0)
            return false;
        connection.Execute("BEGIN IMMEDIATE");
        try
        {
            // Another process may have been quicker; a file with tables of somebody else is left alone.
            if (connection.Query("PRAGMA user_version") == 0 && connection.Query("SELECT count(*) FROM sqlite_schema") == 0)
            {
                RefuseToReplace(options);
                Schema.Create(connection, Guid.NewGuid(), options.Shards);
                connection.Execute("COMMIT");
                return true;
            }
        }
        finally
        {
            if (connection.InTransaction)
                connection.Execute("ROLLBACK");
        }

        return false;
    }

    /// <summary>Marks beside an empty database tell that there was another one, which nobody may replace unseen.</summary>
    private static void RefuseToReplace(SqliteStoreOptions options)
    {
        var file = MarksFile.Read(options.Directory);
        if (options.AcceptLoss || file.IsMissing || file.Marks?.Shards.All(mark => mark.Position == 0) == true)
            return;
        throw new JournalDamagedException(new JournalDamage(null, -1, 0, 0,
            $"The database in '{options.Directory}' is gone, but the high-water marks beside it tell of entries: restore it "
            + "from a backup or a copy, or accept the loss explicitly."));
    }

    private static void CheckFormat(Connection connection, SqliteStoreOptions options)
    {
        var version = connection.Query("PRAGMA user_version");
        if (connection.Query("PRAGMA application_id") != Schema.ApplicationId)
        {
            throw new JournalUnavailableException(
                $"'{PathOf(options)}' is not a journal store.", JournalUnavailableReason.Away);
        }

        if (version != Schema.Version)
        {
            throw new JournalUnavailableException(
                $"'{PathOf(options)}' has format {version}; this version knows format {Schema.Version}. "
                + "Open it with the version that wrote it, or a later one.",
                JournalUnavailableReason.Away);
        }
    }

    private static (Guid StoreId, int Shards) ReadStore(Connection connection)
    {
        using var statement = connection.Prepare("SELECT store_id, shards FROM store");
        if (!statement.Step()
            || !Guid.TryParse(statement.Text(0), out var storeId)
            || statement.Integer(1) is < 1 or > JournalLimits.ShardsMax)
        {
            throw new JournalDamagedException(new JournalDamage(null, -1, 0, 0, "The row that describes the store is damaged."));
        }

        var shards = (int)statement.Integer(1);
        statement.Reset();
        return (storeId, shards);
    }

    private static void CheckMarks(ReadSession session, HighWaterMarks now, MarksFile file, SqliteStoreOptions options)
    {
        // The process that made the store may have ended before it wrote the first marks.
        var isUntouched = file.IsMissing && now.Shards.All(mark => mark.Position == 0);
        if (!isUntouched)
        {
            var loss = session.Within(() => FindLoss(session, now, file));
            if (loss is null)
                return;
            if (!options.AcceptLoss)
            {
                throw new JournalDamagedException(loss with
                {
                    What = loss.What + $" The store in '{options.Directory}' is not opened: restore it from a backup or a "
                        + "copy, or accept the loss explicitly.",
                });
            }
        }

        now.Write(options.Directory);
    }
}
