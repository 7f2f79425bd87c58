using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Turns;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Grains.Engine;

/// <summary>The engine of one process: an activation table, a mailbox for each grain, and nothing to install.</summary>
/// <remarks>
/// <para><b>A call.</b> It is counted in (<see cref="Admission"/>), finds its grain or makes it, and begins its turn on the
/// caller's thread if the grain is idle; most grains are. A turn that ends without waiting is answered on the spot. If the
/// grain is busy the call waits in its mailbox, which the thread pool empties, a few turns at a time.</para>
/// <para><b>Two owners of one grain in this process</b> cannot be: finding and making busy is one step under the lock of the
/// grain's stripe, and so is seeing it idle and letting it go. Another engine may own the same grain; then the store
/// decides (E5).</para>
/// <para><b>Giving up</b> takes a call out of the mailbox, or comes too late and only ends the waiting: no token of a caller
/// is given to a turn (E2).</para>
/// <para><b>A bug in a turn</b> fails its call, is logged once, and costs the grain its memory: the next turn recovers. The
/// mailbox stays, and so does the order of what waits in it.</para>
/// <para><b>The end.</b> Draining refuses what comes and what waits, and lets turns that have begun end. Disposing also
/// ends their waiting for a place in the store's queue, never a commit.</para>
/// </remarks>
public sealed class StandaloneEngine : IGrainEngine
{
    private const int LooksPerAdmissionWait = 4;
    private const int LooksPerIdle = 8;

    private readonly IGrainFactory _grains;
    private readonly StandaloneEngineOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly GrainsInstruments _instruments;
    private readonly Admission _admission;
    private readonly ActivationTable _table;
    private readonly CancellationTokenSource _shutdownSource = new();
    private readonly CancellationToken _shutdown;
    private readonly ITimer _lateTimer;
    private readonly ITimer _idleTimer;

    // One of each at a time: a timer does not wait for its own last round.
    private int _sheddingLate;
    private int _lettingGo;
    private int _disposed;

    public StandaloneEngine(
        IGrainFactory grains,
        TimeProvider time,
        ILogger<StandaloneEngine> log,
        StandaloneEngineOptions? options = null,
        GrainsInstruments? instruments = null)
    {
        ArgumentNullException.ThrowIfNull(grains);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(log);
        _grains = grains;
        _time = time;
        _log = log;
        _options = (options ?? StandaloneEngineOptions.Default).Checked();
        _instruments = instruments ?? GrainsInstruments.Shared;
        _admission = new Admission(_options.CallsMax, _options.AdmissionWaitMax, time);
        _table = new ActivationTable(this, _admission, _instruments, time, _options);
        _shutdown = _shutdownSource.Token;
        var lateLook = _options.AdmissionWaitMax / LooksPerAdmissionWait;
        _lateTimer = time.CreateTimer(_ => ShedLate(), null, lateLook, lateLook);
        var idleLook = _options.IdleMax / LooksPerIdle;
        _idleTimer = time.CreateTimer(_ => LetGoIdle(), null, idleLook, idleLook);
    }

    /// <inheritdoc/>
    public EngineStatus Status => new(_table.Count, _admission.Waiting, _admission.Refused)
    {
        ExpectedWait = _admission.ExpectedWait,
    };

    /// <inheritdoc/>
    public ValueTask<TurnResult<TAnswer>> AskAsync<TState, TEvent, TAnswer>(
        JournalId grain, Command<TState, TEvent, TAnswer> command, CancellationToken waiting)
        where TState : class
        where TEvent : class
    {
        ArgumentNullException.ThrowIfNull(command);
        if (grain.Value is null)
            throw new ArgumentException("A grain has an id.", nameof(grain));
        if (waiting.IsCancellationRequested)
            return ValueTask.FromCanceled<TurnResult<TAnswer>>(waiting);
        if (_admission.TryEnter(command.Priority) is { } limit)
            return Refused<TAnswer>(command.Priority, limit);

        Call<TState, TEvent, TAnswer>? call = null;
        while (true)
        {
            switch (_table.Enter(grain, call, out var activation, out var displaced))
            {
                case Entrance.TurnBegun:
                    Invariant.Hold(activation is not null, "A turn has begun on a grain.");
                    return Begin(activation, command, waiting);
                case Entrance.Busy:
                    call = new Call<TState, TEvent, TAnswer>(this, command);
                    continue;
                case Entrance.Queued:
                    if (displaced is not null)
                        Refuse(displaced, RefusedBy.Mailbox);
                    Invariant.Hold(call is not null, "What waits is a call.");
                    return call.AnswerTo(waiting);
                case Entrance.MailboxFull:
                    _admission.Leave();
                    return Refused<TAnswer>(command.Priority, RefusedBy.Mailbox);
                default:
                    _admission.Leave();
                    return Refused<TAnswer>(command.Priority, RefusedBy.Activations);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DrainAsync(TimeSpan atMost)
    {
        _admission.Drain();
        var refused = 0;
        foreach (var call in _admission.AllWaiting())
            refused += TryRefuse(call, RefusedBy.Draining) ? 1 : 0;
        _log.EngineDraining(refused, _admission.UnderWay);

        try
        {
            await _admission.Drained.WaitAsync(atMost, _time);
            _log.EngineDrained();
        }
        catch (TimeoutException)
        {
            _log.EngineDrainTimedOut(_admission.UnderWay, atMost);
        }
    }

    /// <summary>Drains, ends the waiting of turns for the store's queue, and waits for them, at most
    /// <see cref="GrainLimits.DisposeWaitMax"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _lateTimer.DisposeAsync();
        await _idleTimer.DisposeAsync();
        _admission.Drain();
        await _shutdownSource.CancelAsync();
        await DrainAsync(GrainLimits.DisposeWaitMax);
        _shutdownSource.Dispose();
    }

    /// <summary>One turn of a busy activation, whose owner the caller is.</summary>
    /// <param name="activation">Stays busy, unless <paramref name="isFirst"/>: then this ends its turn too.</param>
    /// <param name="command">It was let in, and is counted out here.</param>
    /// <param name="isFirst">The turn began on its caller's thread, not from the mailbox.</param>
    internal async ValueTask<TurnResult<TAnswer>> TurnAsync<TState, TEvent, TAnswer>(
        Activation activation, Command<TState, TEvent, TAnswer> command, bool isFirst)
        where TState : class
        where TEvent : class
    {
        try
        {
            activation.Grain ??= _grains.Create(activation.Journal);
            var grain = activation.Grain as IGrain<TState, TEvent>;
            Invariant.Hold(grain is not null, "A command is asked of the aggregate that it is for.");
            return await grain.TurnAsync(command, _shutdown);
        }
        catch (JournalDamagedException e)
        {
            _instruments.TurnFailed(activation.Journal.Kind, e);
            _log.JournalDamaged(
                JournalPseudonym.Process.Of(activation.Journal),
                e.Damage.Shard, e.Damage.Position, e.Damage.Version, e.Damage.What);
            throw;
        }
        catch (JournalException e)
        {
            _instruments.TurnFailed(activation.Journal.Kind, e);
            throw;
        }
        catch (OperationCanceledException) when (_shutdown.IsCancellationRequested)
        {
            // The store let it go before it was written, or it was still recovering.
            throw new EngineDrainingException();
        }
        catch (Exception e)
        {
            activation.Grain = null;
            _instruments.TurnHadBug(activation.Journal.Kind);
            _log.TurnBug(
                JournalPseudonym.Process.Of(activation.Journal),
                e.GetType().Name,
                e is InvariantException ? e.Message : "",
                e.StackTrace);
            throw;
        }
        finally
        {
            _instruments.TurnRan(activation.Journal.Kind);
            _admission.TurnEnded();
            if (isFirst)
                _table.EndTurn(activation);
            _admission.Leave();
        }
    }

    internal Call? TakeNext(Activation activation) => _table.TakeNext(activation);

    /// <summary>The caller gave up: the call is dropped, unless its turn has begun.</summary>
    internal void Withdraw(Call call)
    {
        _instruments.CallGivenUp();
        if (_table.TryWithdraw(call))
            _admission.Leave();
    }

    private static Exception ExceptionOf(RefusedBy limit) => limit switch
    {
        RefusedBy.Draining => new EngineDrainingException(),
        RefusedBy.Calls => new EngineOverloadedException("Too many calls of this priority are under way."),
        RefusedBy.Mailbox => new EngineOverloadedException("Too many calls wait for this grain."),
        RefusedBy.Activations => new EngineOverloadedException("Too many grains are busy."),
        RefusedBy.ExpectedWait => new EngineOverloadedException("The turns under way take too long already."),
        RefusedBy.Late => new EngineOverloadedException("The call waited too long for its turn."),
        _ => throw new ArgumentOutOfRangeException(nameof(limit)),
    };

    private ValueTask<TurnResult<TAnswer>> Begin<TState, TEvent, TAnswer>(
        Activation activation, Command<TState, TEvent, TAnswer> command, CancellationToken waiting)
        where TState : class
        where TEvent : class
    {
        var turn = TurnAsync(activation, command, isFirst: true);
        if (turn.IsCompleted || !waiting.CanBeCanceled)
            return turn;

        // The caller may stop waiting, the turn goes on: two lives, so two objects.
        var call = new Call<TState, TEvent, TAnswer>(this, command);
        _ = call.FollowAsync(turn);
        return call.AnswerTo(waiting);
    }

    private ValueTask<TurnResult<TAnswer>> Refused<TAnswer>(TurnPriority priority, RefusedBy limit)
    {
        CountRefused(priority, limit);
        return ValueTask.FromException<TurnResult<TAnswer>>(ExceptionOf(limit));
    }

    private bool TryRefuse(Call call, RefusedBy limit)
    {
        if (!_table.TryWithdraw(call))
            return false;
        Refuse(call, limit);
        return true;
    }

    /// <param name="call">It is in no mailbox any more.</param>
    /// <param name="limit">Why.</param>
    private void Refuse(Call call, RefusedBy limit)
    {
        CountRefused(call.Priority, limit);
        _admission.Leave();
        call.Refuse(ExceptionOf(limit));
    }

    private void CountRefused(TurnPriority priority, RefusedBy limit)
    {
        _admission.CountRefused();
        _instruments.CallRefused(priority, limit);
    }

    private void ShedLate()
    {
        _admission.LookAtPace();
        if (_admission.Waiting == 0 || Interlocked.Exchange(ref _sheddingLate, 1) != 0)
            return;
        try
        {
            // Late is who would be so before the next look: nobody waits longer than the limit says.
            var late = _options.AdmissionWaitMax * (LooksPerAdmissionWait - 1) / LooksPerAdmissionWait;
            var shed = 0;
            foreach (var call in _admission.Late(_time.GetTimestamp() - TimestampsIn(late)))
                shed += TryRefuse(call, RefusedBy.Late) ? 1 : 0;
            if (shed > 0)
                _log.LateCallsShed(shed, _admission.UnderWay);
        }
        finally
        {
            Volatile.Write(ref _sheddingLate, 0);
        }
    }

    private void LetGoIdle()
    {
        if (Interlocked.Exchange(ref _lettingGo, 1) != 0)
            return;
        try
        {
            _table.LetGoIdle(_time.GetTimestamp() - TimestampsIn(_options.IdleMax));
        }
        finally
        {
            Volatile.Write(ref _lettingGo, 0);
        }
    }

    private long TimestampsIn(TimeSpan span) => (long)(span.TotalSeconds * _time.TimestampFrequency);
}
