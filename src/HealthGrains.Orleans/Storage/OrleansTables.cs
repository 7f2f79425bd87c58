using System.Globalization;
using HealthGrains.Grains.Journal;
using Npgsql;

namespace HealthGrains.Orleans.Storage;

/// <summary>The tables in which the cluster keeps its members, its reminders and its streams' subscriptions, and the statements
/// by which Orleans' ADO.NET providers reach them.</summary>
/// <remarks>
/// <para>They stand beside the store's tables, in the same schema, and hold nothing of a patient: addresses of silos, names of
/// routers and of queues. Losing them costs a restart of the cluster, never a fact.</para>
/// <para>The providers ask one table, <c>OrleansQuery</c>, for the text of each statement by its key, bind the parameters that
/// they have for it by name, and read the columns that they know by name. That is the interface that is kept here.</para>
/// <para>The fence. A silo that the others declared dead may go on for some seconds without knowing it: frozen, or cut off from
/// them and not from the database. What it then writes to a journal that another silo has taken over is decided by the version check
/// of the store; that it writes nothing at all from there on is what the fence adds. It is a trigger on the store's tables, put there
/// when the cluster starts and they are there.</para>
/// <para>Steps are numbered and never edited, like those of the store; all that are missing run in one transaction, under a
/// lock that silos starting at the same time wait for.</para>
/// </remarks>
public static class OrleansTables
{
    /// <summary>The variable of a session of the store that names the silo for which it commits, so that the database refuses it
    /// once the silo is dead to the others. A session that names none is not asked.</summary>
    public const string SiloSetting = "healthgrains.silo";

    /// <summary>The SQLSTATE of that refusal; the store knows it.</summary>
    public const string Fenced = "HG003";

    private static readonly IReadOnlyList<(string What, string Text, IReadOnlyDictionary<string, string> Statements)> Steps =
    [
        ("members, reminders, subscriptions", """
            CREATE TABLE OrleansQuery (QueryKey text PRIMARY KEY, QueryText text NOT NULL);
            CREATE TABLE cluster_version (
                cluster text PRIMARY KEY,
                version integer NOT NULL,
                changed_at timestamptz NOT NULL DEFAULT now()) WITH (fillfactor = 50);
            CREATE TABLE cluster_member (
                cluster text NOT NULL REFERENCES cluster_version ON DELETE CASCADE,
                address text NOT NULL,
                port integer NOT NULL,
                generation integer NOT NULL,
                silo_name text NOT NULL,
                host_name text NOT NULL,
                status integer NOT NULL,
                proxy_port integer NOT NULL,
                suspicions text,
                started_at timestamptz NOT NULL,
                alive_at timestamptz NOT NULL,
                PRIMARY KEY (cluster, address, port, generation)) WITH (fillfactor = 50);
            CREATE TABLE cluster_reminder (
                service text NOT NULL,
                grain text NOT NULL,
                name text NOT NULL,
                grain_hash integer NOT NULL,
                start_at timestamptz NOT NULL,
                period bigint NOT NULL,
                version integer NOT NULL,
                PRIMARY KEY (service, grain, name));
            CREATE INDEX cluster_reminder_by_hash ON cluster_reminder (service, grain_hash);
            CREATE TABLE cluster_state (
                service text NOT NULL,
                type_hash integer NOT NULL,
                id_hash integer NOT NULL,
                id_0 bigint NOT NULL,
                id_1 bigint NOT NULL,
                type text NOT NULL,
                extension text NOT NULL,
                version integer NOT NULL,
                payload bytea,
                changed_at timestamptz NOT NULL DEFAULT now(),
                PRIMARY KEY (service, id_hash, type_hash, id_0, id_1, type, extension)) WITH (fillfactor = 50);
            """, OrleansStatements.First),
        ("a silo that is dead to the others commits nothing", $"""
            CREATE INDEX cluster_member_by_name ON cluster_member (silo_name);
            CREATE FUNCTION cluster_fence() RETURNS trigger LANGUAGE plpgsql AS $fence$
            BEGIN
                IF EXISTS (SELECT FROM cluster_member WHERE silo_name = current_setting('{SiloSetting}', true) AND status = 6) THEN
                    RAISE EXCEPTION 'this silo is dead to the others' USING ERRCODE = '{Fenced}';
                END IF;
                RETURN NULL;
            END
            $fence$;
            """, new Dictionary<string, string>(StringComparer.Ordinal)),
    ];

    // On the store's own tables, where they are in the same schema: each commit changes one of the two.
    private const string Fence = """
        DO $fence$
        DECLARE
            fenced text;
        BEGIN
            FOREACH fenced IN ARRAY ARRAY['shard', 'checkpoint'] LOOP
                IF to_regclass(fenced) IS NOT NULL
                    AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass(fenced) AND tgname = 'cluster_fence') THEN
                    EXECUTE format('CREATE TRIGGER cluster_fence BEFORE INSERT OR UPDATE ON %I '
                        'FOR EACH STATEMENT EXECUTE FUNCTION cluster_fence()', fenced);
                END IF;
            END LOOP;
        END
        $fence$
        """;

    /// <summary>Makes what is missing, or nothing.</summary>
    /// <exception cref="JournalUnavailableException">The database is away, or belongs to a newer version.</exception>
    public static async Task MigrateAsync(string connectionString, CancellationToken cancellation)
    {
        try
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync(cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await RunAsync(
                connection, "SELECT pg_advisory_xact_lock(hashtext('healthgrains cluster'), hashtext(current_schema()))");
            await RunAsync(connection, """
                CREATE TABLE IF NOT EXISTS cluster_migration (
                    number integer PRIMARY KEY, what text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
                """);
            var known = await KnownAsync(connection);
            if (known > Steps.Count)
            {
                throw new JournalUnavailableException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The cluster's tables have version {known}; this program knows version {Steps.Count}."),
                    JournalUnavailableReason.Away);
            }

            for (var number = known + 1; number <= Steps.Count; number++)
                await ApplyAsync(connection, number, Steps[number - 1]);
            await RunAsync(connection, Fence);
            await transaction.CommitAsync(cancellation);
        }
        catch (NpgsqlException e)
        {
            throw new JournalUnavailableException(
                "The cluster's tables cannot be made or read.", JournalUnavailableReason.Away, e);
        }
    }

    private static async Task ApplyAsync(
        NpgsqlConnection connection, int number, (string What, string Text, IReadOnlyDictionary<string, string> Statements) step)
    {
        await RunAsync(connection, step.Text);
        foreach (var (key, text) in step.Statements)
        {
            await RunAsync(
                connection,
                "INSERT INTO OrleansQuery VALUES ($1, $2) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText",
                key, text);
        }

        await RunAsync(connection, "INSERT INTO cluster_migration (number, what) VALUES ($1, $2)", number, step.What);
    }

    private static async Task<int> KnownAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("SELECT coalesce(max(number), 0) FROM cluster_migration", connection);
        return (int)(await command.ExecuteScalarAsync())!; // ! an aggregate always gives a row
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync();
    }
}
