namespace HealthGrains.Grains.Journal;

/// <summary>Makes the next calls of a <see cref="MemoryJournalStore"/> fail or wait, in the order in which they were asked
/// for; for tests of what stands on a store.</summary>
/// <remarks>A fault is used up by the first turn that it fits. Faults are asked before the version is checked.</remarks>
public sealed class JournalFaults
{
    private readonly Lock _gate = new();
    private readonly List<(Func<JournalTurn, bool> Fits, JournalFault Fault, JournalHold? Hold)> _appends = [];
    private readonly Queue<JournalException> _reads = [];

    /// <summary>Turns that met a fault or a hold, to prove that it took place.</summary>
    public int Met { get; private set; }

    /// <summary>The next turn that fits fails in this way.</summary>
    /// <param name="fault">How.</param>
    /// <param name="fits">Which turn; null for any.</param>
    public void FailNextAppend(JournalFault fault, Func<JournalTurn, bool>? fits = null)
    {
        lock (_gate)
            _appends.Add((fits ?? (static _ => true), fault, null));
    }

    /// <summary>The next turn that fits waits before it is looked at, until it is released.</summary>
    public JournalHold HoldNextAppend(Func<JournalTurn, bool>? fits = null)
    {
        var hold = new JournalHold();
        lock (_gate)
            _appends.Add((fits ?? (static _ => true), JournalFault.None, hold));
        return hold;
    }

    /// <summary>The next read of a journal fails with this.</summary>
    public void FailNextRead(JournalException exception)
    {
        lock (_gate)
            _reads.Enqueue(exception);
    }

    internal (JournalFault Fault, JournalHold? Hold) Take(JournalTurn turn)
    {
        lock (_gate)
        {
            var index = _appends.FindIndex(armed => armed.Fits(turn));
            if (index < 0)
                return (JournalFault.None, null);
            var (_, fault, hold) = _appends[index];
            _appends.RemoveAt(index);
            Met++;
            return (fault, hold);
        }
    }

    internal JournalException? TakeRead()
    {
        lock (_gate)
            return _reads.TryDequeue(out var exception) ? exception : null;
    }
}

/// <summary>How an append fails.</summary>
public enum JournalFault
{
    /// <summary>It does not.</summary>
    None,

    /// <summary><see cref="JournalUnavailableException"/>, <see cref="JournalUnavailableReason.Busy"/>.</summary>
    Busy,

    /// <summary><see cref="JournalUnavailableException"/>, <see cref="JournalUnavailableReason.DiskFull"/>.</summary>
    DiskFull,

    /// <summary><see cref="JournalUnavailableException"/>, <see cref="JournalUnavailableReason.Away"/>.</summary>
    Away,

    /// <summary><see cref="JournalOutcomeUnknownException"/>, and the turn is in the journal.</summary>
    UnknownWritten,

    /// <summary><see cref="JournalOutcomeUnknownException"/>, and nothing was written.</summary>
    UnknownNotWritten,
}

/// <summary>A place at which a turn waits for a test.</summary>
public sealed class JournalHold
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a turn waits here.</summary>
    public Task Reached => _reached.Task;

    /// <summary>Lets the turn go on.</summary>
    public void Release() => _released.TrySetResult();

    internal Task PassAsync()
    {
        _reached.TrySetResult();
        return _released.Task;
    }
}
