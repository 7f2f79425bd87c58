using System.Threading.Tasks.Sources;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Grains.Engine;

/// <summary>A call that could not be answered on the spot: it waits for its turn, or its turn waits for the store.</summary>
/// <remarks>One object is the place in the mailbox, the place in the order of arrival, and what the caller awaits.</remarks>
internal abstract class Call(TurnPriority priority)
{
    public TurnPriority Priority { get; } = priority;

    /// <summary>Whose mailbox it waits in; null until it waits, and again once it has begun, was shed or was given up.
    /// Under the lock of the activation's stripe, where exactly one of these three takes it out: that is what makes
    /// "dropped without running" and "runs to its end" exclude each other.</summary>
    public Activation? WaitsFor { get; set; }

    /// <summary>Which activation it was queued on; set once, before it can be found by anybody else.</summary>
    public Activation? QueuedOn { get; set; }

    // The mailbox's links, under the lock of the activation's stripe.
    public Call? MailboxPrevious { get; set; }

    public Call? MailboxNext { get; set; }

    // The links of the order of arrival, under the lock of its list.
    public Call? ArrivalPrevious { get; set; }

    public Call? ArrivalNext { get; set; }

    /// <summary>A timestamp of the engine's clock.</summary>
    public long ArrivedAt { get; set; }

    /// <summary>Runs its turn. Never fails: what the turn throws is the caller's.</summary>
    public abstract Task RunAsync(StandaloneEngine engine, Activation activation);

    /// <summary>Ends the waiting without a turn.</summary>
    public abstract void Refuse(Exception refusal);
}

/// <inheritdoc cref="Call"/>
internal sealed class Call<TState, TEvent, TAnswer>(
    StandaloneEngine engine, Command<TState, TEvent, TAnswer> command)
    : Call(command.Priority), IValueTaskSource<TurnResult<TAnswer>>
    where TState : class
    where TEvent : class
{
    // A turn that waited runs in its caller's context, as one that begins at once does, and never in its neighbour's.
    private readonly ExecutionContext? _context = ExecutionContext.Capture();
    private ManualResetValueTaskSourceCore<TurnResult<TAnswer>> _answer = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _givingUp;

    // 0 until the caller has an outcome. The turn, the sweeper and the caller's token may all want to give one: the
    // first does, the others come too late and are forgotten.
    private int _told;

    /// <summary>What the caller awaits. Called once, after the call was queued or its turn was begun.</summary>
    public ValueTask<TurnResult<TAnswer>> AnswerTo(CancellationToken waiting)
    {
        if (waiting.CanBeCanceled)
        {
            _givingUp = waiting.UnsafeRegister(
                static (call, token) => ((Call<TState, TEvent, TAnswer>?)call)?.GiveUp(token), this);

            // The outcome may have come before the registration was stored, and then nobody else ends it. The barrier keeps
            // this look behind the store, as the exchange in IsFirstToTell keeps the other one behind its own.
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _told) != 0)
                _givingUp.Unregister();
        }

        return new ValueTask<TurnResult<TAnswer>>(this, _answer.Version);
    }

    public override async Task RunAsync(StandaloneEngine engine, Activation activation)
    {
        if (_context is not null)
            ExecutionContext.Restore(_context);
        await FollowAsync(engine.TurnAsync(activation, command, isFirst: false));
    }

    /// <summary>Tells the caller how a turn ends that is under way already. Never fails.</summary>
    public async Task FollowAsync(ValueTask<TurnResult<TAnswer>> turn)
    {
        TurnResult<TAnswer> result;
        try
        {
            result = await turn;
        }
        catch (Exception e)
        {
            // Part of the turn loop: the turn has logged what is to be logged, the rest is the caller's.
            Refuse(e);
            return;
        }

        if (IsFirstToTell())
            _answer.SetResult(result);
    }

    public override void Refuse(Exception refusal)
    {
        if (IsFirstToTell())
            _answer.SetException(refusal);
    }

    TurnResult<TAnswer> IValueTaskSource<TurnResult<TAnswer>>.GetResult(short token) => _answer.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<TurnResult<TAnswer>>.GetStatus(short token) => _answer.GetStatus(token);

    void IValueTaskSource<TurnResult<TAnswer>>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _answer.OnCompleted(continuation, state, token, flags);

    private void GiveUp(CancellationToken waiting)
    {
        engine.Withdraw(this);
        if (IsFirstToTell())
            _answer.SetException(new OperationCanceledException(waiting));
    }

    private bool IsFirstToTell()
    {
        if (Interlocked.Exchange(ref _told, 1) != 0)
            return false;

        // Not Dispose: it would wait for a callback that may be waiting for us.
        _givingUp.Unregister();
        return true;
    }
}
