using HealthGrains.Sqlite.Native;

namespace HealthGrains.Sqlite;

/// <summary>The tables of format 1. The page docs/formats/sqlite-v1.md says what they mean and changes with them.</summary>
internal static class Schema
{
    /// <summary>In <c>PRAGMA application_id</c>: "HGJ1" as four bytes.</summary>
    public const long ApplicationId = 0x48474A31;

    /// <summary>In <c>PRAGMA user_version</c>.</summary>
    public const long Version = 1;

    public static string Log(int shard) => $"log_{shard}";

    /// <summary>Makes the tables, inside the caller's transaction.</summary>
    public static void Create(Connection connection, Guid storeId, int shards)
    {
        connection.Execute("CREATE TABLE store (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), "
            + "store_id TEXT NOT NULL, shards INTEGER NOT NULL) STRICT");
        connection.Execute("CREATE TABLE shard (shard INTEGER PRIMARY KEY, position INTEGER NOT NULL) STRICT");
        connection.Execute("CREATE TABLE head (journal TEXT PRIMARY KEY, version INTEGER NOT NULL, "
            + "position INTEGER NOT NULL, hash BLOB NOT NULL, seal INTEGER NOT NULL) STRICT, WITHOUT ROWID");
        connection.Execute("CREATE TABLE content (journal TEXT NOT NULL, sha256 BLOB NOT NULL, size INTEGER NOT NULL, "
            + "first_chunk INTEGER NOT NULL, PRIMARY KEY (journal, sha256)) STRICT, WITHOUT ROWID");
        connection.Execute("CREATE TABLE chunk (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT");
        connection.Execute("CREATE TABLE checkpoint (name TEXT NOT NULL, shard INTEGER NOT NULL, "
            + "position INTEGER NOT NULL, seal INTEGER NOT NULL, PRIMARY KEY (name, shard)) STRICT, WITHOUT ROWID");
        connection.Execute("CREATE TABLE snapshot (number INTEGER PRIMARY KEY, journal TEXT NOT NULL UNIQUE, "
            + "version INTEGER NOT NULL, entry_hash BLOB NOT NULL, sha256 BLOB NOT NULL, body BLOB NOT NULL) STRICT");
        for (var shard = 0; shard < shards; shard++)
        {
            // A table for each log: its rows are only ever added at its end, which fills pages to the brim.
            connection.Execute($"CREATE TABLE {Log(shard)} (position INTEGER PRIMARY KEY, journal TEXT NOT NULL, "
                + "version INTEGER NOT NULL, previous INTEGER NOT NULL, hash BLOB NOT NULL, seal INTEGER NOT NULL, "
                + "body BLOB NOT NULL) STRICT");
            connection.Execute($"INSERT INTO shard VALUES ({shard}, 0)");
        }

        connection.Execute($"INSERT INTO store VALUES (1, '{storeId:D}', {shards})");
        connection.Execute($"PRAGMA application_id = {ApplicationId}");
        connection.Execute($"PRAGMA user_version = {Version}");
    }
}
