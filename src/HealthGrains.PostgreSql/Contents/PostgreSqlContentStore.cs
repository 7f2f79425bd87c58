using System.Runtime.CompilerServices;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Contents;
using HealthGrains.Grains.Journal;
using Npgsql;

namespace HealthGrains.PostgreSql.Contents;

/// <summary>Large contents in the database of the journals: an upload is a row, its bytes are rows beside it.</summary>
/// <remarks>
/// <para>Each change is one statement that checks what it builds on, so that it needs no lock beyond its row and can be sent
/// again after a lost connection: where the first one had been done, the second finds another length or state.</para>
/// <para>Changes run without time limit or token, as commits do: one that is cancelled while it waits for a standby is reported
/// as done. A warning during a change means that the wait was given up, so its outcome is unknown.</para>
/// </remarks>
internal sealed class PostgreSqlContentStore(Database database) : IContentStore
{
    private const string Columns = "id, journal, owner, size, sha256, received, state, touched_at";

    public Task<string> Failed { get; } = new TaskCompletionSource<string>().Task;

    public async ValueTask<bool> BeginAsync(
        UploadDeclaration declaration, DateTimeOffset now, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(declaration);
        declaration.Check();
        var sha256 = new byte[Sha256.Length];
        declaration.Sha256.CopyTo(sha256);
        return await ChangeAsync(
            "INSERT INTO upload SELECT $1, $2, $3, $4, $5, 0, 0, $6 "
            + "WHERE (SELECT count(*) FROM upload WHERE owner = $3 AND state IN (0, 1)) < $7 ON CONFLICT (id) DO NOTHING",
            cancellation,
            () =>
            [
                Sql.Uuid(declaration.Id.ToGuid()), Sql.Text(declaration.Journal.Value), Sql.Text(declaration.Owner),
                Sql.Long(declaration.Size), Sql.Blob(sha256), Sql.Long(now.UtcTicks),
                Sql.Integer(ContentLimits.UnsettledPerOwnerMax),
            ]).ConfigureAwait(false) > 0
            || await FindAsync(declaration.Id, cancellation).ConfigureAwait(false) is not null;
    }

    public async ValueTask<UploadStatus?> FindAsync(UploadId upload, CancellationToken cancellation)
    {
        var found = await QueryAsync(
            $"SELECT {Columns} FROM upload WHERE id = $1", cancellation, () => [Sql.Uuid(upload.ToGuid())]).ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }

    public async ValueTask AppendAsync(
        UploadId upload, long offset, ReadOnlyMemory<byte> bytes, DateTimeOffset now, CancellationToken shutdown)
    {
        ContentGuard.CheckChunk(offset, bytes);
        if (await ChangeAsync(
            "WITH grown AS (UPDATE upload SET received = received + $3, touched_at = $4 "
            + "WHERE id = $1 AND received = $2 AND state = 0 AND received + $3 <= size RETURNING id) "
            + "INSERT INTO upload_bytes SELECT id, $2, $5 FROM grown",
            shutdown,
            () =>
            [
                Sql.Uuid(upload.ToGuid()), Sql.Long(offset), Sql.Long(bytes.Length), Sql.Long(now.UtcTicks), Sql.Blob(bytes),
            ]).ConfigureAwait(false) == 0)
        {
            throw ContentGuard.Conflict();
        }
    }

    public async ValueTask CompleteAsync(UploadId upload, DateTimeOffset now, CancellationToken shutdown)
    {
        if (await ChangeAsync(
            "UPDATE upload SET state = 1, touched_at = $2 WHERE id = $1 AND state = 0 AND received = size",
            shutdown,
            () => [Sql.Uuid(upload.ToGuid()), Sql.Long(now.UtcTicks)]).ConfigureAwait(false) == 0
            && await FindAsync(upload, shutdown).ConfigureAwait(false)
                is not { State: UploadState.Complete or UploadState.Settled })
        {
            throw ContentGuard.Conflict();
        }
    }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        UploadId upload, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // Each chunk is a read of its own, because bytes never change: a slow consumer holds no connection.
        for (var at = 0L; ;)
        {
            var start = at;
            var chunk = await database.ReadAsync(
                async (connection, token) =>
                {
                    using var command = new NpgsqlCommand("SELECT bytes FROM upload_bytes WHERE id = $1 AND start = $2", connection)
                    {
                        Parameters = { Sql.Uuid(upload.ToGuid()), Sql.Long(start) },
                    };
                    return await command.ExecuteScalarAsync(token).ConfigureAwait(false) as byte[];
                },
                cancellation).ConfigureAwait(false);
            if (chunk is null)
                yield break;
            at += chunk.Length;
            yield return chunk;
        }
    }

    public async ValueTask SettleAsync(UploadId upload, CancellationToken shutdown) => await ChangeAsync(
        "UPDATE upload SET state = 2 WHERE id = $1 AND state = 1", shutdown, () => [Sql.Uuid(upload.ToGuid())])
        .ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<UploadStatus>> ListUnsettledAsync(
        DateTimeOffset touchedBefore, UploadId after, CancellationToken cancellation) => await QueryAsync(
        $"SELECT {Columns} FROM upload WHERE state <> 2 AND touched_at < $1 AND id > $2 ORDER BY id LIMIT $3",
        cancellation,
        () =>
        [
            Sql.Long(touchedBefore.UtcTicks), Sql.Uuid(after.ToGuid()), Sql.Integer(ContentLimits.ListMax),
        ]).ConfigureAwait(false);

    public async ValueTask<bool> DiscardOpenAsync(
        UploadId upload, DateTimeOffset? touchedBefore, CancellationToken shutdown) => await ChangeAsync(
        "DELETE FROM upload WHERE id = $1 AND state = 0 AND touched_at < $2",
        shutdown,
        () => [Sql.Uuid(upload.ToGuid()), Sql.Long(touchedBefore?.UtcTicks ?? long.MaxValue)]).ConfigureAwait(false) > 0
        || await FindAsync(upload, shutdown).ConfigureAwait(false) is null;

    public async ValueTask RemoveAsync(UploadId upload, CancellationToken shutdown) => await ChangeAsync(
        "DELETE FROM upload WHERE id = $1", shutdown, () => [Sql.Uuid(upload.ToGuid())]).ConfigureAwait(false);

    public async ValueTask<int> RemoveAllAsync(JournalId journal, CancellationToken shutdown) => await ChangeAsync(
        "DELETE FROM upload WHERE journal = $1", shutdown, () => [Sql.Text(journal.Value)]).ConfigureAwait(false);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <returns>Rows that the statement touched.</returns>
    private async Task<int> ChangeAsync(string sql, CancellationToken waiting, Func<NpgsqlParameter[]> values)
    {
        string? warning = null;
        void OnNotice(object? sender, NpgsqlNoticeEventArgs raised)
        {
            if (raised.Notice.SqlState.StartsWith("01", StringComparison.Ordinal))
                warning = raised.Notice.SqlState;
        }

        var rows = await database.ReadAsync(
            async (connection, _) =>
            {
                using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
                foreach (var value in values())
                    command.Parameters.Add(value);
                connection.Notice += OnNotice;
                try
                {
                    return await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
                }
                finally
                {
                    connection.Notice -= OnNotice;
                }
            },
            waiting).ConfigureAwait(false);
        return warning is null
            ? rows
            : throw new JournalOutcomeUnknownException($"The server confirmed a change with a notice (SQLSTATE {warning}).");
    }

    private Task<IReadOnlyList<UploadStatus>> QueryAsync(
        string sql, CancellationToken cancellation, Func<NpgsqlParameter[]> values) => database.ReadAsync<IReadOnlyList<UploadStatus>>(
        async (connection, token) =>
        {
            using var command = new NpgsqlCommand(sql, connection);
            foreach (var value in values())
                command.Parameters.Add(value);
            var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
            await using var _ = reader.ConfigureAwait(false);
            var found = new List<UploadStatus>();
            while (await reader.ReadAsync(token).ConfigureAwait(false))
                found.Add(StatusAt(reader));
            return found;
        },
        cancellation);

    private static UploadStatus StatusAt(NpgsqlDataReader row)
    {
        if (JournalIdText.TryParse(row.GetString(1)) is not { } journal
            || !Sha256.TryRead(row.GetFieldValue<byte[]>(4), out var sha256))
        {
            throw new JournalDamagedException(new JournalDamage(null, -1, 0, 0, "The row of an upload is damaged."));
        }

        return new UploadStatus(
            new UploadDeclaration(UploadId.Of(row.GetGuid(0)), journal, row.GetString(2), row.GetInt64(3), sha256),
            row.GetInt64(5),
            (UploadState)row.GetInt32(6),
            new DateTimeOffset(row.GetInt64(7), TimeSpan.Zero));
    }
}
