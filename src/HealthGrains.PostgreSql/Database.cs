using System.Diagnostics.CodeAnalysis;
using HealthGrains.Grains.Journal;
using Npgsql;

namespace HealthGrains.PostgreSql;

/// <summary>The connections of one store: a bounded pool with bounded waiting that heals by itself.</summary>
internal sealed class Database : IAsyncDisposable
{
    /// <summary>First statement of a transaction that reads: all of it sees one state of the database.</summary>
    public const string BeginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

    /// <summary>Every query here finds its rows by a key. A plan that was made while the tables were small must not go on
    /// reading whole tables once they are not.</summary>
    public const string ByKeyOnly = "SET LOCAL enable_seqscan = off";

    private readonly NpgsqlDataSource _source;
    private readonly SemaphoreSlim _slots = new(PostgreSqlLimits.ReadSlots);
    private volatile bool _closed;

    public Database(string connection)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection)
        {
            MaxPoolSize = PostgreSqlLimits.ConnectionsMax,
            Timeout = (int)PostgreSqlLimits.ConnectWaitMax.TotalSeconds,
            CommandTimeout = (int)PostgreSqlLimits.ReadWaitMax.TotalSeconds,
            IncludeErrorDetail = false,

            // Every statement here is one of a few dozen texts; sessions have no state beyond transactions that would need a reset.
            MaxAutoPrepare = PostgreSqlLimits.PreparedStatementsMax,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
        };

        // Hosts that are to be told apart in the database's views name themselves.
        settings.ApplicationName ??= "healthgrains";

        // A host that vanished sends nothing, not even a refusal. A Unix socket, named by its folder, has no such options.
        if (settings.Host?.StartsWith('/') != true)
            (settings.TcpKeepAlive, settings.TcpKeepAliveTime, settings.TcpKeepAliveInterval) = (true, 10, 2);
        _source = new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
    }

    /// <summary>A connection outside the slots, for a loop that has only one.</summary>
    public async Task<NpgsqlConnection> ConnectAsync() => await _source.OpenConnectionAsync().ConfigureAwait(false);

    /// <summary>The idle connections lead to a server that is gone: each would fail once.</summary>
    public void Forget() => _source.Clear();

    /// <summary>Whether the server still works on what a session was sent. A session that has answered, or was never told, is idle
    /// or gone.</summary>
    /// <returns>True also when the server could not be asked, or when a pooler gives sessions numbers of its own, by which they are
    /// not found: a commit that works on must not be taken for one on a dead line, because giving it up cancels it.</returns>
    public async Task<bool> IsAtWorkAsync(int session)
    {
        try
        {
            var connection = await ConnectAsync().ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                // One that waits for its client is not at work, though it be active: it has a part of what was sent, and the rest is lost.
                using var command = new NpgsqlCommand(
                    "SELECT pg_backend_pid() <> $2 OR EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND state <> 'idle' "
                    + "AND wait_event IS DISTINCT FROM 'ClientRead')",
                    connection)
                {
                    CommandTimeout = (int)PostgreSqlLimits.LookWaitMax.TotalSeconds,
                    Parameters =
                    {
                        new NpgsqlParameter<int> { TypedValue = session },
                        new NpgsqlParameter<int> { TypedValue = connection.ProcessID },
                    },
                };
                return await command.ExecuteScalarAsync().ConfigureAwait(false) is not false;
            }
        }
        catch (Exception failure) when (Failures.IsDatabase(failure))
        {
            // The idle connections may be as dead as that one.
            Forget();
            return true;
        }
    }

    /// <summary>Runs a read in a slot; if a connection turns out to be dead, once more on a new one.</summary>
    /// <exception cref="JournalException">It could not be read, or is damaged.</exception>
    [SuppressMessage("Reliability", "MA0040", Justification = "The caller's token ends the waiting.")]
    public async Task<T> ReadAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> read, CancellationToken cancellation)
    {
        ThrowIfClosed();
        if (!await _slots.WaitAsync(PostgreSqlLimits.SlotWaitMax, cancellation).ConfigureAwait(false))
            throw new JournalUnavailableException("All connections for reading are in use.");
        try
        {
            return await OnceOrTwiceAsync(
                async () =>
                {
                    var connection = await _source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
                    await using (connection.ConfigureAwait(false))
                        return await read(connection, cancellation).ConfigureAwait(false);
                },
                cancellation).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Does what changes nothing, or may be done twice.</summary>
    public async Task<T> OnceOrTwiceAsync<T>(Func<Task<T>> read, CancellationToken cancellation)
    {
        for (var isSecond = false; ; isSecond = true)
        {
            try
            {
                return await read().ConfigureAwait(false);
            }
            catch (Exception failure) when (Failures.IsDatabase(failure))
            {
                cancellation.ThrowIfCancellationRequested();
                ThrowIfClosed();
                if (!Failures.IsConnection(failure) || isSecond)
                    throw Failures.IsDamage(failure) ? Damaged(failure) : Failures.Unavailable(failure);
                Forget();
            }
        }
    }

    public void Close() => _closed = true;

    public void ThrowIfClosed()
    {
        if (_closed)
            throw new JournalUnavailableException("The store is closed.", JournalUnavailableReason.Away);
    }

    public async ValueTask DisposeAsync()
    {
        Close();
        await _source.DisposeAsync().ConfigureAwait(false);
    }

    private static JournalDamagedException Damaged(Exception failure) => new(new JournalDamage(
        null, -1, 0, 0, $"The database cannot read its own pages (SQLSTATE {((PostgresException)failure).SqlState})."));
}
