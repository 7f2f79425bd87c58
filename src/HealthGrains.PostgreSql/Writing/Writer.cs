using HealthGrains.Grains.Journal;
using Npgsql;

namespace HealthGrains.PostgreSql.Writing;

/// <summary>The one loop of this process that writes: it takes what waits, commits it together, answers, and looks again.</summary>
/// <remarks>
/// <para>W0. Where memory knows the heads and positions that the turns stand on, a commit is one call of the function
/// <c>commit_turns</c>, which writes only if they still are what memory said: one round trip, and no lock outlives a process
/// that stops. Where memory does not know, was wrong, or the line broke, the commit is made in two, as W2 and W3 say. A turn
/// whose call broke and whose version has gone on by then may be in the journal: its outcome is unknown.</para>
/// <para>W1. A request is answered with success only after the server answered COMMIT, without a notice. A notice of class 01
/// there means that the wait for a standby was given up, so the outcome is unknown.</para>
/// <para>W2. The first round trip locks the rows of all shards concerned, in their order, and reads heads and checkpoints
/// under these locks. So versions and positions are right with any number of writing processes, and a turn that lost a race
/// is left out alone, before anything is written.</para>
/// <para>W3. The second round trip writes everything and commits. It has no time limit and no token. A refusal of the server
/// inside a live session wrote nothing; whatever else happens after it was sent leaves the outcome unknown. Only when the
/// server, asked on another line, no longer works on it, is the line given up: then it is dead.</para>
/// <para>W4. A process that stops between the two holds the shards for a few seconds: then the server ends its session, and
/// what it sends later is refused.</para>
/// <para>W5. A position that under its shard's lock is below what this process knows was lost by the database: nothing is written on it,
/// and the store stops for good, since grains here may stand on what is gone.</para>
/// </remarks>
internal sealed class Writer : IAsyncDisposable
{
    private readonly Database _database;
    private readonly PostgreSqlStoreOptions _options;
    private readonly StoreState _state;
    private readonly CommitMemory _memory;
    private readonly WriteQueue _queue;
    private readonly KeptConnection _connection;
    private readonly Task _loop;

    // When the commit under way was sent; 0 while none is.
    private long _sentAt;
    private int _lockedCommits;

    public Writer(Database database, PostgreSqlStoreOptions options, StoreState state, CommitMemory memory)
    {
        _database = database;
        _options = options;
        _state = state;
        _memory = memory;
        _connection = new KeptConnection(database);
        _queue = new WriteQueue(options.QueuedTurnsMax, JournalLimits.QueuedBytesMax);
        _loop = Task.Run(RunAsync);
    }

    /// <exception cref="JournalUnavailableException">The queue is full, the database does not answer a commit, or the store is
    /// closed.</exception>
    public void Enqueue(WriteRequest request)
    {
        _state.ThrowIfFailed();
        if (Volatile.Read(ref _sentAt) is not 0 and var sent
            && _options.Time.GetElapsedTime(sent) > PostgreSqlLimits.CommitWaitMax)
        {
            throw new JournalUnavailableException("The database does not answer a commit.", JournalUnavailableReason.Away);
        }

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
        await _connection.DisposeAsync().ConfigureAwait(false);
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
            await LoseAsync(failure).ConfigureAwait(false);
            if (phase.MayBeWritten || (phase.IsSent && !Failures.IsRolledBack(failure)))
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
        if (_lockedCommits > 0)
            _lockedCommits--;
        else if (!_options.AlwaysLock && await TryCommitFromMemoryAsync(batch, phase).ConfigureAwait(false))
            return;
        await CommitUnderLocksAsync(batch, phase).ConfigureAwait(false);
    }

    /// <summary>The commit of one round trip.</summary>
    /// <returns>False when it is to be made under locks; then either nothing was written, or the phase says that it may be.</returns>
    private async Task<bool> TryCommitFromMemoryAsync(IReadOnlyList<WriteRequest> batch, CommitPhase phase)
    {
        var plan = PlanOf(batch);
        if (!plan.TryRemember(_memory, _state))
            return false;
        foreach (var request in batch)
        {
            // Memory may be behind: who lost is decided under locks.
            if (Refused(request, plan) is not null)
                return false;
        }

        if (!plan.FitsOneCall)
            return false;
        var started = _options.Time.GetTimestamp();
        await PointAsync(CommitPoint.BeforeCommit).ConfigureAwait(false);
        try
        {
            var connection = await _connection.OpenAsync().ConfigureAwait(false);
            using var call = plan.CommitInOneCall(connection);
            await SendAsync(connection, phase, call.ExecuteNonQueryAsync).ConfigureAwait(false);
        }
        catch (Exception failure) when (Failures.IsBehind(failure))
        {
            plan.Forget(_memory);
            phase.IsSent = false;
            _lockedCommits = PostgreSqlLimits.LockedCommitsAfterAnother;
            return false;
        }
        catch (Exception failure) when (Failures.IsDatabase(failure) && !Failures.IsRolledBack(failure))
        {
            plan.Forget(_memory);
            await LoseAsync(failure).ConfigureAwait(false);
            if (!phase.IsSent)
                return false;

            // A commit that was given up is in doubt for good; one whose line broke is asked for, under locks.
            phase.MayBeWritten = true;
            if (phase.Notice is not null)
                throw;
            return false;
        }

        Committed(batch, plan, started);
        return true;
    }

    /// <summary>The commit of two round trips: what the turns stand on is read under the locks that protect it.</summary>
    private async Task CommitUnderLocksAsync(IReadOnlyList<WriteRequest> batch, CommitPhase phase)
    {
        var started = _options.Time.GetTimestamp();
        var (connection, plan) = await LockAsync(batch).ConfigureAwait(false);
        foreach (var request in batch)
            Decide(request, plan, phase.MayBeWritten);

        if (batch.All(request => request.Refusal is not null))
        {
            using var giveBack = new NpgsqlBatch(connection).With("ROLLBACK");
            await giveBack.ExecuteNonQueryAsync().ConfigureAwait(false);
            plan.Remember(_memory);
            Answer(batch);
            return;
        }

        await PointAsync(CommitPoint.BeforeCommit).ConfigureAwait(false);
        using var commit = plan.Commit(connection);
        await SendAsync(connection, phase, commit.ExecuteNonQueryAsync).ConfigureAwait(false);
        Committed(batch, plan, started);
    }

    private async Task SendAsync(NpgsqlConnection connection, CommitPhase phase, Func<CancellationToken, Task<int>> send)
    {
        using var lineIsDead = new CancellationTokenSource();
        connection.Notice += phase.OnNotice;
        phase.IsSent = true;
        Volatile.Write(ref _sentAt, Math.Max(1, _options.Time.GetTimestamp()));
        try
        {
            var answer = send(lineIsDead.Token);
            await WhileAtWorkAsync(answer, connection.ProcessID, lineIsDead).ConfigureAwait(false);
            await answer.ConfigureAwait(false);
            await PointAsync(CommitPoint.AfterCommit).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _sentAt, 0);
            connection.Notice -= phase.OnNotice;
        }

        if (lineIsDead.IsCancellationRequested)
            throw new IOException("The line of a commit was given up.");
        if (phase.Notice is { } notice)
            throw new IOException($"The server confirmed the commit with a notice (SQLSTATE {notice}).");
    }

    /// <summary>A commit may last as long as it must, but a line that lost its other end says nothing either. Whether the server
    /// still works on it is asked on another line, twice, because the answer may be on its way.</summary>
    private async Task WhileAtWorkAsync(Task answer, int session, CancellationTokenSource lineIsDead)
    {
        for (var idle = 0; idle < 2;)
        {
            try
            {
                await answer.WaitAsync(PostgreSqlLimits.CommitLookEvery, _options.Time).ConfigureAwait(false);
                return;
            }
            catch (TimeoutException)
            {
                // It may have been answered in this very moment; what it was is the caller's to see.
                if (answer.IsCompleted)
                    return;
                idle = await _database.IsAtWorkAsync(session).ConfigureAwait(false) ? 0 : idle + 1;
            }
        }

        await lineIsDead.CancelAsync().ConfigureAwait(false);
    }

    private void Committed(IReadOnlyList<WriteRequest> batch, CommitPlan plan, long started)
    {
        plan.Remember(_memory);
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
            try
            {
                var connection = await _connection.OpenAsync().ConfigureAwait(false);
                var plan = PlanOf(batch);
                await plan.LockAsync(connection).ConfigureAwait(false);
                foreach (var (shard, position) in plan.Positions)
                {
                    if (!_state.StillReaches(shard, position))
                        throw new IOException("A log ends before what is known of it.");
                    _state.Grew(shard, position);
                }

                return (connection, plan);
            }
            catch (Exception failure) when (Failures.IsDatabase(failure))
            {
                await LoseAsync(failure).ConfigureAwait(false);
                if (isSecond || !Failures.IsConnection(failure))
                    throw;
            }
        }
    }

    /// <summary>The session may be in the middle of something: another one goes on.</summary>
    private async Task LoseAsync(Exception failure)
    {
        await _connection.DropAsync().ConfigureAwait(false);
        if (Failures.IsConnection(failure))
            _database.Forget();
    }

    private static CommitPlan PlanOf(IReadOnlyList<WriteRequest> batch)
    {
        var plan = new CommitPlan();
        foreach (var request in batch)
            request.Need(plan);
        return plan;
    }

    private static JournalException? Refused(WriteRequest request, CommitPlan plan)
    {
        try
        {
            request.Refusal = null;
            request.Decide(plan);
            return null;
        }
        catch (Exception refusal) when (refusal is JournalConflictException or JournalDamagedException)
        {
            return (JournalException)refusal;
        }
    }

    private void Decide(WriteRequest request, CommitPlan plan, bool mayBeWritten)
    {
        request.Refusal = Refused(request, plan);
        if (request.Refusal is not JournalConflictException)
            return;
        if (mayBeWritten)
            request.Refusal = new JournalOutcomeUnknownException("The commit was not answered.", null);
        else
            _state.Instruments.Conflicted();
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

        /// <summary>An earlier try was sent and not answered: whatever fails from here on, the turns may be in the journals.</summary>
        public bool MayBeWritten { get; set; }

        /// <summary>The SQLSTATE of a warning that came during the commit.</summary>
        public string? Notice => _notice;

        public void OnNotice(object? sender, NpgsqlNoticeEventArgs raised)
        {
            if (raised.Notice.SqlState.StartsWith("01", StringComparison.Ordinal))
                _notice = raised.Notice.SqlState;
        }
    }
}
