namespace HealthGrains.PostgreSql.Migrating;

/// <summary>Tables and functions by which the processes on one store share its shards. Released text: a change is a further
/// migration.</summary>
/// <remarks>Each function is one statement of its caller, so a process that stops holds nothing here. Time is the database's.
/// </remarks>
internal static class LeaseFunctions
{
    public const string Text = """
        CREATE TABLE process (
            owner uuid PRIMARY KEY,
            name text NOT NULL,
            expires timestamptz NOT NULL);
        CREATE TABLE lease (
            shard integer PRIMARY KEY,
            owner uuid,
            epoch bigint NOT NULL,
            expires timestamptz NOT NULL) WITH (fillfactor = 20);

        CREATE FUNCTION renew_leases(me uuid, term interval) RETURNS TABLE (held_shard integer, held_epoch bigint)
        LANGUAGE plpgsql SET lock_timeout = '5s' AS $renew$
        DECLARE
            moment timestamptz;
            part bigint;
        BEGIN
            -- One at a time: parts are counted and shards taken in one look.
            PERFORM pg_advisory_xact_lock(hashtext('healthgrains leases'), hashtext(current_schema()));
            moment := clock_timestamp();
            INSERT INTO process VALUES (me, current_setting('application_name'), moment + term)
                ON CONFLICT (owner) DO UPDATE SET expires = excluded.expires;
            DELETE FROM process WHERE expires < moment;
            INSERT INTO lease SELECT s.shard, NULL, 0, moment FROM shard s
                WHERE NOT EXISTS (SELECT FROM lease l WHERE l.shard = s.shard);
            SELECT ceil((SELECT count(*) FROM lease)::numeric / (SELECT count(*) FROM process)) INTO part;

            UPDATE lease SET expires = moment + term WHERE owner = me;
            UPDATE lease SET owner = NULL WHERE shard IN (
                SELECT shard FROM lease WHERE owner = me ORDER BY shard OFFSET part);
            UPDATE lease SET owner = me, epoch = epoch + 1, expires = moment + term WHERE shard IN (
                SELECT shard FROM lease WHERE owner IS NULL OR (owner <> me AND expires < moment) ORDER BY shard
                LIMIT greatest(0, part - (SELECT count(*) FROM lease WHERE owner = me)));
            RETURN QUERY SELECT shard, epoch FROM lease WHERE owner = me;
        END
        $renew$;

        CREATE FUNCTION release_leases(me uuid) RETURNS void LANGUAGE sql AS $release$
            UPDATE lease SET owner = NULL WHERE owner = me;
            DELETE FROM process WHERE owner = me;
        $release$;

        -- 0: moved; 1: the checkpoint stands elsewhere; 2: another process holds the shard.
        CREATE FUNCTION move_checkpoint(
            in_name text, in_shard integer, in_from bigint, in_to bigint, in_seal bigint, me uuid, in_epoch bigint)
        RETURNS integer LANGUAGE plpgsql SET lock_timeout = '5s' SET enable_seqscan = off AS $move$
        BEGIN
            PERFORM FROM lease WHERE shard = in_shard AND owner = me AND epoch = in_epoch FOR SHARE;
            IF NOT FOUND THEN
                RETURN 2;
            END IF;
            IF in_from = 0 THEN
                INSERT INTO checkpoint (name, shard, position, seal) VALUES (in_name, in_shard, in_to, in_seal)
                ON CONFLICT (name, shard) DO UPDATE SET position = excluded.position, seal = excluded.seal
                WHERE checkpoint.position = 0;
            ELSE
                UPDATE checkpoint SET position = in_to, seal = in_seal
                WHERE name = in_name AND shard = in_shard AND position = in_from;
            END IF;
            RETURN CASE WHEN FOUND THEN 0 ELSE 1 END;
        END
        $move$;
        """;
}
