using HealthGrains.Grains.Journal;
using Npgsql;

namespace HealthGrains.PostgreSql.Writing;

/// <summary>The one loop of this process that writes: it takes what waits, commits it together in two round trips, answers,
/// and looks again.</summary>
/// <remarks>
/// <para>W1. A request is answered with success only after the server answered COMMIT, without a notice. A notice of class 01
/// there means that the wait for a standby was given up, so the outcome is unknown.</para>
/// <para>W2. The first round trip locks the rows of all shards concerned, in their order, and reads heads and checkpoints
/// under these locks. So versions and positions are right with any number of writing processes, and a turn that lost a race
/// is left out alone, before anything is written.</para>
/// <para>W3. The second round trip writes everything and commits. It has no time limit and no token. A refusal of the server
/// inside a live session wrote nothing; whatever else happens after it was sent leaves the outcome unknown.</para>
/// <para>W4. A process that stops between the two holds the shards for a few seconds: then the server ends its session, and
/// what it sends later is refused.</para>
/// </remarks>
internal sealed class Writer : IAsyncDisposable
{
    private readonly Database _database;
    private readonly PostgreSqlStoreOptions _options;
    private readonly StoreState _state;
    private readonly WriteQueue _queue;
    private readonly Task _loop;

    public Writer(Database database, PostgreSqlStoreOptions options, StoreState state)
    {
        _database = database;
        _options = options;
        _state = state;
        _queue = new WriteQueue(options.QueuedTurnsMax, JournalLimits.QueuedBytesMax);
        _loop = Task.Run(RunAsync);
    }

    /// <exception cref="JournalUnavailableException">The queue is full, or the store is closed.</exception>
    public void Enqueue(WriteRequest request)
    {
        try
        {
            _queue.Add(request);
        }
        catch (JournalUnavailableException refused) when (refused.Reason == JournalUnavailableReason.Busy)
        {
            _state.Instruments.TurnRefused();
            throw;
        }
    }

    /// <summary>Commits what waits, then ends the loop.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Close();
        await _loop.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var batch = new List<WriteRequest>();
        while (await _queue.TakeAsync(batch, _options.CommitTurnsMax, JournalLimits.CommitBytesMax).ConfigureAwait(false))
            await WriteAsync(batch).ConfigureAwait(false);
    }

    /// <summary>One commit; where the rows themselves are refused, one for each request, so that damage stops nobody else.</summary>
    private async Task WriteAsync(IReadOnlyList<WriteRequest> batch)
    {
        var phase = new CommitPhase();
        try
        {
            await CommitAsync(batch, phase).ConfigureAwait(false);
        }
        catch (Exception failure) when (Failures.IsDatabase(failure))
        {
            if (Failures.IsConnection(failure))
                _database.Forget();
            if (phase.IsSent && !Failures.IsRolledBack(failure))
            {
                var unknown = new JournalOutcomeUnknownException("The commit was not answered.", failure);
                foreach (var request in batch)
                    request.Fail(request.Refusal ?? unknown);
            }
            else if (Failures.IsDamage(failure) && batch.Count > 1)
            {
                foreach (var request in batch)
                    await WriteAsync([request]).ConfigureAwait(false);
            }
            else
            {
                FailAll(batch, Failures.IsDamage(failure) ? Damaged(batch) : Failures.Unavailable(failure));
            }
        }
    }

    private async Task CommitAsync(IReadOnlyList<WriteRequest> batch, CommitPhase phase)
    {
        await PointAsync(CommitPoint.Taken).ConfigureAwait(false);
        var started = _options.Time.GetTimestamp();
        var (connection, plan) = await LockAsync(batch).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        foreach (var request in batch)
            Decide(request, plan);

        if (batch.All(request => request.Refusal is not null))
        {
            // Closing gives the locks back: the pool rolls back what is open.
            Answer(batch);
            return;
        }

        await PointAsync(CommitPoint.BeforeCommit).ConfigureAwait(false);
        connection.Notice += phase.OnNotice;
        try
        {
            using var commit = plan.Commit(connection);
            phase.IsSent = true;
            await commit.ExecuteNonQueryAsync().ConfigureAwait(false);
            await PointAsync(CommitPoint.AfterCommit).ConfigureAwait(false);
        }
        finally
        {
            connection.Notice -= phase.OnNotice;
        }

        if (phase.Notice is { } notice)
            throw new IOException($"The server confirmed the commit with a notice (SQLSTATE {notice}).");
        foreach (var (shard, position) in plan.Grown)
            _state.Grew(shard, position);
        var turns = batch.Count(request => request.Refusal is null && request is TurnRequest);
        if (turns > 0)
            _state.Instruments.Committed(turns, plan.Entries, _options.Time.GetElapsedTime(started));
        Answer(batch);
    }

    /// <summary>A connection that holds the shards, and what was seen under their locks. Nothing is written, so that a dead
    /// connection costs a second try, not a turn.</summary>
    private async Task<(NpgsqlConnection Connection, CommitPlan Plan)> LockAsync(IReadOnlyList<WriteRequest> batch)
    {
        for (var isSecond = false; ; isSecond = true)
        {
            NpgsqlConnection? connection = null;
            try
            {
                connection = await _database.ConnectAsync().ConfigureAwait(false);
                var plan = new CommitPlan();
                foreach (var request in batch)
                    request.Need(plan);
                await plan.LockAsync(connection).ConfigureAwait(false);
                return (connection, plan);
            }
            catch (Exception failure) when (Failures.IsDatabase(failure))
            {
                if (connection is not null)
                    await connection.DisposeAsync().ConfigureAwait(false);
                if (isSecond || !Failures.IsConnection(failure))
                    throw;
                _database.Forget();
            }
        }
    }

    private void Decide(WriteRequest request, CommitPlan plan)
    {
        request.Refusal = null;
        try
        {
            request.Decide(plan);
        }
        catch (JournalConflictException conflict)
        {
            request.Refusal = conflict;
            _state.Instruments.Conflicted();
        }
        catch (JournalDamagedException damage)
        {
            request.Refusal = damage;
        }
    }

    private Task PointAsync(CommitPoint point) => _options.Fault?.Invoke(point) ?? Task.CompletedTask;

    private static void Answer(IReadOnlyList<WriteRequest> batch)
    {
        foreach (var request in batch)
        {
            if (request.Refusal is { } refusal)
                request.Fail(refusal);
            else
                request.Succeed();
        }
    }

    private static void FailAll(IReadOnlyList<WriteRequest> batch, JournalException exception)
    {
        foreach (var request in batch)
            request.Fail(request.Refusal ?? exception);
    }

    private static JournalDamagedException Damaged(IReadOnlyList<WriteRequest> batch)
    {
        var turn = batch[0] as TurnRequest;
        return new JournalDamagedException(new JournalDamage(
            turn?.Turn.Journal, turn?.Shard ?? -1, 0, 0, "The rows that a turn builds on do not fit each other."));
    }

    /// <summary>How far a commit has come.</summary>
    private sealed class CommitPhase
    {
        private volatile string? _notice;

        /// <summary>From here on the outcome is unknown until the server says it.</summary>
        public bool IsSent { get; set; }

        /// <summary>The SQLSTATE of a warning that came during the commit.</summary>
        public string? Notice => _notice;

        public void OnNotice(object? sender, NpgsqlNoticeEventArgs raised)
        {
            if (raised.Notice.SqlState.StartsWith("01", StringComparison.Ordinal))
                _notice = raised.Notice.SqlState;
        }
    }
}
