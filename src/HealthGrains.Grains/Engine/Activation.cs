using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Engine;

/// <summary>One grain in memory: its object, its mailbox, and who has the turn.</summary>
/// <remarks>Idle or busy; the stripe's lock decides the change. Whoever makes it busy has the turn until the mailbox is
/// empty, or hands it to the thread pool: <see cref="Execute"/> then runs what waits.</remarks>
internal sealed class Activation(StandaloneEngine engine, ActivationStripe stripe, JournalId journal) : IThreadPoolWorkItem
{
    // Under the stripe's lock.
    public Mailbox Waiting;

    public JournalId Journal { get; } = journal;

    public ActivationStripe Stripe { get; } = stripe;

    /// <summary>Null before the first turn and after a bug: the next turn makes a new one, which recovers. Touched by the
    /// owner of the turn alone; the stripe's lock, or the pool's queue, carries it from one owner to the next.</summary>
    public IGrain? Grain { get; set; }

    /// <summary>Under the stripe's lock. A busy activation is in no idle list and is never let go.</summary>
    public bool IsBusy { get; set; }

    /// <summary>Since when it is idle: a timestamp of the engine's clock. Under the stripe's lock.</summary>
    public long IdleSince { get; set; }

    // The links of the stripe's idle list, under its lock.
    public Activation? IdlePrevious { get; set; }

    public Activation? IdleNext { get; set; }

    /// <summary>Gives the turn to a thread of the pool.</summary>
    /// <remarks>To the end of the common queue, so that a grain with many calls does not keep a thread from the others, and
    /// without the context of the caller who happened to be first.</remarks>
    public void Schedule() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    public void Execute() => _ = RunWaitingAsync();

    // Never fails: a call keeps what its turn throws.
    private async Task RunWaitingAsync()
    {
        for (var turns = 0; turns < GrainLimits.TurnsPerSchedulingMax; turns++)
        {
            if (engine.TakeNext(this) is not { } call)
                return;
            await call.RunAsync(engine, this);
        }

        Schedule();
    }
}
