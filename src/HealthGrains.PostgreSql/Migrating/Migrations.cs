namespace HealthGrains.PostgreSql.Migrating;

/// <summary>All steps in order. The page docs/formats/postgresql-v1.md says what the tables mean and changes with them.</summary>
internal static class Migrations
{
    public static readonly IReadOnlyList<Migration> All =
    [
        new(1, "journals, logs, checkpoints, snapshots, content", """
            CREATE TABLE store (
                only_row boolean PRIMARY KEY CHECK (only_row),
                store_id uuid NOT NULL,
                shards integer NOT NULL CHECK (shards BETWEEN 1 AND 256));
            CREATE TABLE shard (
                shard integer PRIMARY KEY,
                position bigint NOT NULL CHECK (position >= 0)) WITH (fillfactor = 20);
            CREATE TABLE entry (
                shard integer NOT NULL,
                position bigint NOT NULL,
                journal text COLLATE "C" NOT NULL,
                version bigint NOT NULL,
                hash bytea NOT NULL,
                seal bigint NOT NULL,
                body bytea NOT NULL,
                PRIMARY KEY (shard, position));
            CREATE UNIQUE INDEX entry_of_journal ON entry (journal, version);
            CREATE TABLE head (
                journal text COLLATE "C" PRIMARY KEY,
                version bigint NOT NULL,
                position bigint NOT NULL,
                hash bytea NOT NULL,
                seal bigint NOT NULL) WITH (fillfactor = 80);
            CREATE TABLE checkpoint (
                name text COLLATE "C" NOT NULL,
                shard integer NOT NULL,
                position bigint NOT NULL,
                seal bigint NOT NULL,
                PRIMARY KEY (name, shard)) WITH (fillfactor = 50);
            CREATE TABLE snapshot (
                journal text COLLATE "C" PRIMARY KEY,
                version bigint NOT NULL,
                entry_hash bytea NOT NULL,
                sha256 bytea NOT NULL,
                body bytea NOT NULL);
            CREATE TABLE content (
                journal text COLLATE "C" NOT NULL,
                sha256 bytea NOT NULL,
                size bigint NOT NULL,
                PRIMARY KEY (journal, sha256));
            CREATE TABLE chunk (
                journal text COLLATE "C" NOT NULL,
                sha256 bytea NOT NULL,
                number integer NOT NULL,
                bytes bytea NOT NULL,
                PRIMARY KEY (journal, sha256, number));
            ALTER TABLE chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;
            """),
        new(2, "small contents in one row, compression only where it is cheap, a commit in one round trip", """
            ALTER TABLE content ADD COLUMN bytes bytea;
            ALTER TABLE content ALTER COLUMN bytes SET STORAGE EXTERNAL;
            DO $compression$
            BEGIN
                IF (SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression') THEN
                    ALTER TABLE snapshot ALTER COLUMN body SET COMPRESSION lz4;
                    ALTER TABLE entry ALTER COLUMN body SET COMPRESSION lz4;
                ELSE
                    ALTER TABLE snapshot ALTER COLUMN body SET STORAGE EXTERNAL;
                END IF;
            END
            $compression$;
            """ + CommitFunction.Text),
        new(3, "uploads of large contents", """
            CREATE TABLE upload (
                id uuid PRIMARY KEY,
                journal text COLLATE "C" NOT NULL,
                owner text COLLATE "C" NOT NULL,
                size bigint NOT NULL,
                sha256 bytea NOT NULL,
                received bigint NOT NULL,
                state integer NOT NULL,
                touched_at bigint NOT NULL);
            CREATE INDEX upload_of_journal ON upload (journal);
            CREATE INDEX upload_of_owner ON upload (owner) WHERE state < 2;
            CREATE INDEX upload_unsettled ON upload (id) WHERE state <> 2;
            CREATE TABLE upload_bytes (
                id uuid NOT NULL REFERENCES upload ON DELETE CASCADE,
                start bigint NOT NULL,
                bytes bytea NOT NULL,
                PRIMARY KEY (id, start));
            ALTER TABLE upload_bytes ALTER COLUMN bytes SET STORAGE EXTERNAL;
            """),
        new(4, "the processes on one store share its shards by leases", LeaseFunctions.Text),
    ];
}
