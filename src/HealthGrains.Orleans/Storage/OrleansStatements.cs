namespace HealthGrains.Orleans.Storage;

/// <summary>The statements, by the keys under which the providers look for them. Parameters and columns have the providers'
/// names; every change is one statement, so it is all done or not at all.</summary>
internal static class OrleansStatements
{
    // Dead, in Orleans' numbering of a silo's states.
    private const string Dead = "6";

    private const string ThisMember =
        "cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation";

    private const string MemberColumns = """
        m.address AS "Address", m.port AS "Port", m.generation AS "Generation", m.silo_name AS "SiloName",
        m.host_name AS "HostName", m.status AS "Status", m.proxy_port AS "ProxyPort", m.suspicions AS "SuspectTimes",
        m.started_at AS "StartTime", m.alive_at AS "IAmAliveTime", v.version AS "Version"
        """;

    private const string ReminderColumns = """
        grain AS "GrainId", name AS "ReminderName", start_at AS "StartTime", period AS "Period", version AS "Version"
        """;

    private const string ThisState = """
        service = @ServiceId AND id_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND id_0 = @GrainIdN0
        AND id_1 = @GrainIdN1 AND type = @GrainTypeString AND extension = coalesce(@GrainIdExtensionString::text, '')
        """;

    /// <summary>Those of the first step of the schema.</summary>
    /// <remarks>A change of members takes the version's row first: of two silos that read the same version one changes it, and
    /// the other finds no row of that version any more and changes nothing.</remarks>
    public static readonly IReadOnlyDictionary<string, string> First = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["InsertMembershipVersionKey"] = """
            WITH made AS (
                INSERT INTO cluster_version (cluster, version) VALUES (@DeploymentId, 0) ON CONFLICT DO NOTHING RETURNING 1)
            SELECT count(*) = 1 FROM made
            """,
        ["InsertMembershipKey"] = $"""
            WITH bumped AS (
                UPDATE cluster_version SET version = version + 1, changed_at = now()
                WHERE cluster = @DeploymentId AND version = @Version
                    AND NOT EXISTS (SELECT FROM cluster_member WHERE {ThisMember})
                RETURNING cluster),
            added AS (
                INSERT INTO cluster_member
                SELECT cluster, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, NULL,
                    @StartTime, @IAmAliveTime
                FROM bumped RETURNING 1)
            SELECT count(*) = 1 FROM added
            """,
        ["UpdateMembershipKey"] = $"""
            WITH bumped AS (
                UPDATE cluster_version SET version = version + 1, changed_at = now()
                WHERE cluster = @DeploymentId AND version = @Version
                    AND EXISTS (SELECT FROM cluster_member WHERE {ThisMember})
                RETURNING 1),
            changed AS (
                UPDATE cluster_member SET status = @Status, suspicions = @SuspectTimes::text, alive_at = @IAmAliveTime
                FROM bumped WHERE {ThisMember} RETURNING 1)
            SELECT count(*) = 1 FROM changed
            """,
        ["UpdateIAmAlivetimeKey"] = $"UPDATE cluster_member SET alive_at = @IAmAliveTime WHERE {ThisMember}",
        ["MembershipReadRowKey"] = $"""
            SELECT {MemberColumns} FROM cluster_version v LEFT JOIN cluster_member m
                ON m.cluster = v.cluster AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
            WHERE v.cluster = @DeploymentId
            """,
        ["MembershipReadAllKey"] = $"""
            SELECT {MemberColumns} FROM cluster_version v LEFT JOIN cluster_member m ON m.cluster = v.cluster
            WHERE v.cluster = @DeploymentId
            """,
        ["DeleteMembershipTableEntriesKey"] = "DELETE FROM cluster_version WHERE cluster = @DeploymentId",
        ["CleanupDefunctSiloEntriesKey"] =
            $"DELETE FROM cluster_member WHERE cluster = @DeploymentId AND status = {Dead} AND alive_at < @IAmAliveTime",
        ["GatewaysQueryKey"] = """
            SELECT address AS "Address", proxy_port AS "ProxyPort", generation AS "Generation" FROM cluster_member
            WHERE cluster = @DeploymentId AND status = @Status AND proxy_port > 0
            """,
        ["ReadReminderRowsKey"] =
            $"SELECT {ReminderColumns} FROM cluster_reminder WHERE service = @ServiceId AND grain = @GrainId",
        ["ReadReminderRowKey"] = $"""
            SELECT {ReminderColumns} FROM cluster_reminder
            WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName
            """,

        // A part of the ring of hashes: what lies between, or, past the end of the ring, what does not lie between.
        ["ReadRangeRows1Key"] = $"""
            SELECT {ReminderColumns} FROM cluster_reminder
            WHERE service = @ServiceId AND grain_hash > @BeginHash AND grain_hash <= @EndHash
            """,
        ["ReadRangeRows2Key"] = $"""
            SELECT {ReminderColumns} FROM cluster_reminder
            WHERE service = @ServiceId AND (grain_hash > @BeginHash OR grain_hash <= @EndHash)
            """,
        ["UpsertReminderRowKey"] = """
            INSERT INTO cluster_reminder AS r (service, grain, name, grain_hash, start_at, period, version)
            VALUES (@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period, 0)
            ON CONFLICT (service, grain, name) DO UPDATE
                SET grain_hash = excluded.grain_hash, start_at = excluded.start_at, period = excluded.period,
                    version = r.version + 1
            RETURNING version AS "Version"
            """,
        ["DeleteReminderRowKey"] = """
            WITH gone AS (
                DELETE FROM cluster_reminder
                WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName AND version = @Version RETURNING 1)
            SELECT count(*) = 1 FROM gone
            """,
        ["DeleteReminderRowsKey"] = "DELETE FROM cluster_reminder WHERE service = @ServiceId",
        ["ReadFromStorageKey"] =
            $"SELECT payload AS \"PayloadBinary\", version AS \"Version\" FROM cluster_state WHERE {ThisState}",

        // No row comes back to who had another version: it has lost the race.
        ["WriteToStorageKey"] = $"""
            WITH changed AS (
                UPDATE cluster_state SET payload = @PayloadBinary, version = version + 1, changed_at = now()
                WHERE {ThisState} AND version = @GrainStateVersion::integer RETURNING version),
            added AS (
                INSERT INTO cluster_state (service, id_hash, type_hash, id_0, id_1, type, extension, version, payload)
                SELECT @ServiceId, @GrainIdHash, @GrainTypeHash, @GrainIdN0, @GrainIdN1, @GrainTypeString,
                    coalesce(@GrainIdExtensionString::text, ''), 1, @PayloadBinary
                WHERE @GrainStateVersion::integer IS NULL ON CONFLICT DO NOTHING RETURNING version)
            SELECT version AS "NewGrainStateVersion" FROM changed UNION ALL SELECT version FROM added
            """,
        ["ClearStorageKey"] = $"""
            UPDATE cluster_state SET payload = NULL, version = version + 1, changed_at = now()
            WHERE {ThisState} AND version = @GrainStateVersion::integer RETURNING version AS "NewGrainStateVersion"
            """,
        ["DeleteStorageKey"] = $"""
            DELETE FROM cluster_state WHERE {ThisState} AND version = @GrainStateVersion::integer
            RETURNING version + 1 AS "NewGrainStateVersion"
            """,
    };
}
