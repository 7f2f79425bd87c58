namespace HealthGrains.PostgreSql.Migrating;

/// <summary>The function that writes a commit whose versions and positions its writer knew beforehand. Released text: a change
/// is a further migration that replaces the function.</summary>
/// <remarks>It takes the shards' rows in their order, and raises <see cref="Failures.AnotherWroteState"/>, thus writes nothing,
/// unless every shard, every head and every checkpoint stands where the caller said that it stands.</remarks>
internal static class CommitFunction
{
    public const string Text = """
        CREATE FUNCTION commit_turns(
            in_shard integer[], in_shard_from bigint[], in_shard_to bigint[],
            in_entry_shard integer[], in_entry_position bigint[], in_entry_journal text[], in_entry_version bigint[],
            in_entry_hash bytea[], in_entry_seal bigint[], in_entry_body bytea[],
            in_new_journal text[], in_new_version bigint[], in_new_position bigint[], in_new_hash bytea[], in_new_seal bigint[],
            in_head_journal text[], in_head_from bigint[], in_head_from_seal bigint[],
            in_head_version bigint[], in_head_position bigint[], in_head_hash bytea[], in_head_seal bigint[],
            in_content_journal text[], in_content_sha256 bytea[], in_content_size bigint[], in_content_bytes bytea[],
            in_chunk_journal text[], in_chunk_sha256 bytea[], in_chunk_number integer[], in_chunk_bytes bytea[],
            in_name text[], in_name_shard integer[], in_name_from bigint[], in_name_to bigint[], in_name_seal bigint[])
        RETURNS void LANGUAGE plpgsql
        SET lock_timeout = '5s' SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
        AS $commit$
        DECLARE
            found bigint;
        BEGIN
            IF current_setting('synchronous_commit') = 'off' THEN
                PERFORM set_config('synchronous_commit', 'on', true);
            END IF;

            SELECT count(*) INTO found FROM (
                SELECT FROM shard s JOIN unnest(in_shard, in_shard_from) w(shard, position)
                ON s.shard = w.shard AND s.position = w.position ORDER BY s.shard FOR UPDATE OF s) locked;
            IF found <> cardinality(in_shard) THEN
                RAISE EXCEPTION 'a shard is not where it was' USING ERRCODE = 'HG001';
            END IF;

            UPDATE shard s SET position = w.position FROM unnest(in_shard, in_shard_to) w(shard, position)
            WHERE s.shard = w.shard AND s.position <> w.position;
            INSERT INTO entry (shard, position, journal, version, hash, seal, body)
            SELECT * FROM unnest(in_entry_shard, in_entry_position, in_entry_journal, in_entry_version,
                in_entry_hash, in_entry_seal, in_entry_body);

            IF cardinality(in_new_journal) > 0 THEN
                INSERT INTO head (journal, version, position, hash, seal)
                SELECT * FROM unnest(in_new_journal, in_new_version, in_new_position, in_new_hash, in_new_seal);
            END IF;
            IF cardinality(in_head_journal) > 0 THEN
                UPDATE head h SET version = w.version, position = w.position, hash = w.hash, seal = w.seal
                FROM unnest(in_head_journal, in_head_from, in_head_from_seal,
                    in_head_version, in_head_position, in_head_hash, in_head_seal)
                    w(journal, from_version, from_seal, version, position, hash, seal)
                WHERE h.journal = w.journal AND h.version = w.from_version AND h.seal = w.from_seal;
                GET DIAGNOSTICS found = ROW_COUNT;
                IF found <> cardinality(in_head_journal) THEN
                    RAISE EXCEPTION 'a head is not where it was' USING ERRCODE = 'HG001';
                END IF;
            END IF;

            IF cardinality(in_content_journal) > 0 THEN
                INSERT INTO content (journal, sha256, size, bytes)
                SELECT * FROM unnest(in_content_journal, in_content_sha256, in_content_size, in_content_bytes)
                ON CONFLICT DO NOTHING;
            END IF;
            IF cardinality(in_chunk_journal) > 0 THEN
                INSERT INTO chunk (journal, sha256, number, bytes)
                SELECT * FROM unnest(in_chunk_journal, in_chunk_sha256, in_chunk_number, in_chunk_bytes)
                ON CONFLICT DO NOTHING;
            END IF;

            IF cardinality(in_name) > 0 THEN
                UPDATE checkpoint c SET position = w.next, seal = w.seal
                FROM unnest(in_name, in_name_shard, in_name_from, in_name_to, in_name_seal) w(name, shard, position, next, seal)
                WHERE c.name = w.name AND c.shard = w.shard AND c.position = w.position;
                GET DIAGNOSTICS found = ROW_COUNT;
                IF found <> cardinality(in_name) THEN
                    RAISE EXCEPTION 'a checkpoint is not where it was' USING ERRCODE = 'HG001';
                END IF;
            END IF;
        END
        $commit$;
        """;
}
