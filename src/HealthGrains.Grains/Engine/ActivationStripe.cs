using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Engine;

/// <summary>A part of the activation table with a lock of its own: the grains in it, their mailboxes and states, and which
/// of them are idle, the longest first.</summary>
/// <remarks>The lock is held for a few dozen instructions, over no await, no callback and no other stripe's lock. Inside
/// it, the lists of <see cref="Admission"/> may be locked, never the other way round.</remarks>
internal sealed class ActivationStripe
{
    /// <summary>The race between letting a grain go and calling it is decided here: finding an activation and making it
    /// busy (or queueing on it) is one step under this lock, seeing that it is idle and removing it is another. A call
    /// therefore either makes the grain busy first, and it stays, or comes second, does not find it, and makes a new one.
    /// For the same reason a journal has at most one activation in an engine, and a queued call is always in the mailbox
    /// of an activation whose owner will look there before it becomes idle.</summary>
    public readonly Lock Gate = new();

    private readonly Dictionary<JournalId, Activation> _activations = [];
    private Activation? _idleFirst;
    private Activation? _idleLast;
    private long _idleSince = long.MaxValue;

    /// <summary>Since when the grain is idle that is so the longest; the greatest number when none is. Read without the
    /// lock it is a hint.</summary>
    public long IdleSince => Volatile.Read(ref _idleSince);

    public bool TryFind(JournalId journal, out Activation? activation) =>
        _activations.TryGetValue(journal, out activation);

    public void Add(Activation activation) => _activations.Add(activation.Journal, activation);

    public void BecomeBusy(Activation activation)
    {
        Invariant.Hold(!activation.IsBusy, "A turn begins on an idle grain.");
        activation.IsBusy = true;
        RemoveIdle(activation);
    }

    public void BecomeIdle(Activation activation, long now)
    {
        Invariant.Hold(activation.IsBusy && activation.Waiting.Depth == 0, "A grain is idle once nothing waits for it.");
        activation.IsBusy = false;
        activation.IdleSince = now;
        activation.IdlePrevious = _idleLast;
        activation.IdleNext = null;
        if (_idleLast is null)
            _idleFirst = activation;
        else
            _idleLast.IdleNext = activation;
        _idleLast = activation;
        TellIdleSince();
    }

    /// <summary>Removes the grain that is idle the longest, if it is so since <paramref name="until"/> or before.</summary>
    /// <returns>It, or null. Its state is the journal's, so nothing is left to do.</returns>
    public Activation? LetGoIdle(long until)
    {
        lock (Gate)
        {
            if (_idleFirst is not { } idle || idle.IdleSince > until)
                return null;
            RemoveIdle(idle);
            _activations.Remove(idle.Journal);
            return idle;
        }
    }

    private void RemoveIdle(Activation activation)
    {
        if (activation.IdlePrevious is { } before)
            before.IdleNext = activation.IdleNext;
        else
            _idleFirst = activation.IdleNext;
        if (activation.IdleNext is { } after)
            after.IdlePrevious = activation.IdlePrevious;
        else
            _idleLast = activation.IdlePrevious;
        activation.IdlePrevious = null;
        activation.IdleNext = null;
        TellIdleSince();
    }

    private void TellIdleSince() => Volatile.Write(ref _idleSince, _idleFirst?.IdleSince ?? long.MaxValue);
}
